//===- FindTable.h - The tensor table of a model ----------------*- C++ -*-===//
// Finds the table in the model or beside its file, and holds it against the
// commands that there are.
#ifndef TPU_MLIR_LIB_SIM_FINDTABLE_H
#define TPU_MLIR_LIB_SIM_FINDTABLE_H

#include "Engines.h"

namespace tpu_mlir::sim {

/// `travelling`: the table in the model. Empty where there is neither. UserError for a table that names commands which
/// do not exist.
TensorTable findTable(const bmodel::OptionalBlob &travelling, const std::string &path,
                      const std::vector<Group> &groups);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_FINDTABLE_H
