//===- Outputs.h - What a tool may write to ---------------------*- C++ -*-===//
// Refuses outputs that would destroy something, before anything is written: an
// input of the same run, another output, or a file of another kind. The same
// rules as python/tpu_mlir/outputs.py.
#ifndef TPU_MLIR_SUPPORT_OUTPUTS_H
#define TPU_MLIR_SUPPORT_OUTPUTS_H

#include <string>
#include <vector>

namespace tpu_mlir {

/// A file of a command line. Empty paths and "-" are no files.
struct NamedPath {
  std::string flag; ///< how the user asked for it, such as "-o"
  std::string path;
  std::string suffixes; ///< of an output: those of its kind, such as ".npz" or ".json .csv"
};

/// UserError for the first output that is one of `inputs` or another output (by file, not by name), or whose suffix
/// says that it is a file of another kind.
void checkOutputs(const std::vector<NamedPath> &outputs, const std::vector<NamedPath> &inputs);

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_OUTPUTS_H
