//===- Streams.h - The command streams of a bmodel --------------*- C++ -*-===//
// Finds and decodes the streams of one net. Lays out no memory and runs nothing,
// so that a stream can be timed without data.
#ifndef TPU_MLIR_LIB_SIM_STREAMS_H
#define TPU_MLIR_LIB_SIM_STREAMS_H

#include "Engines.h"
#include "tpu_mlir/Bmodel/Bmodel.h"

namespace tpu_mlir::sim {

/// One stage of a net; UserError where there is none or it cannot be run. `path` stands in messages.
const bmodel::NetParameter &selectStage(const bmodel::Model &model, const std::string &path, size_t net, size_t stage);

/// Its command groups, decoded and with ids that count.
std::vector<Group> decodeGroups(const bmodel::NetParameter &p, const target::Chip &chip, const std::string &path);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_STREAMS_H
