//===- Check.h - Is a bmodel legal ------------------------------*- C++ -*-===//
// Checks a container and every command in it against the instruction table, the
// chip's numbers and the runtime's rules, from the file's bytes alone. Does not
// ask what the network computes, nor whether two commands race.
#ifndef TPU_MLIR_BMODEL_CHECK_H
#define TPU_MLIR_BMODEL_CHECK_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Isa/Command.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir::bmodel {

/// One thing that is wrong: the place, and a sentence.
struct Finding {
  std::string where, sentence;
};

/// A half-open range of global memory.
struct Region {
  std::string_view name;
  uint64_t begin = 0, end = 0;
  bool writable = false;
};

/// The regions of a stage as it was compiled: weights, input and output where they stand alone, and the rest.
std::vector<Region> globalRegions(const NetParameter &parameter, int32_t addrMode, const target::Chip &chip);

/// Rules of single commands: fields, layouts, alignment, addresses.
std::vector<std::string> checkCommand(const isa::Command &command, const target::Chip &chip,
                                      std::span<const Region> regions);

/// Rules of a group of streams: accepted forms, order, ids, dependencies, ends, padding and counts; and of each
/// command.
std::vector<Finding> checkGroup(const CmdGroup &group, const std::string &where, const isa::Table &table,
                                const target::Chip &chip, std::span<const Region> regions);

/// Everything: the container's own rules and all groups.
std::vector<Finding> check(const Model &model, const isa::Table &table, const target::Chip &chip);

} // namespace tpu_mlir::bmodel

#endif // TPU_MLIR_BMODEL_CHECK_H
