//===- Profile.h - Everything about a timed bmodel as JSON ------*- C++ -*-===//
// One JSON text for whoever draws a bmodel: figures, layers, commands with their
// times and accesses, the life of local memory. Draws nothing.
#ifndef TPU_MLIR_REPORT_PROFILE_H
#define TPU_MLIR_REPORT_PROFILE_H

#include "tpu_mlir/Bmodel/Bmodel.h"

#include <string>

namespace tpu_mlir::report {

/// docs/reference/profile.md describes the text. `path` stands in messages; UserError for a net that cannot be timed.
std::string profileOf(const bmodel::Model &model, const std::string &path, size_t net = 0, size_t stage = 0);

} // namespace tpu_mlir::report

#endif // TPU_MLIR_REPORT_PROFILE_H
