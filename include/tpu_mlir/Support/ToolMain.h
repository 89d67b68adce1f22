//===- ToolMain.h - What every command line tool does around its work -*- C++ -*-===//
// Turns errors into one sentence on standard error and an exit code, and closed
// or failing standard streams into such an error. Decides nothing about options.
#ifndef TPU_MLIR_SUPPORT_TOOLMAIN_H
#define TPU_MLIR_SUPPORT_TOOLMAIN_H

#include <functional>
#include <string>

namespace tpu_mlir {

/// Runs `work` and returns its exit code, or that of what it throws. `prefix` stands before a sentence, as "tool: ".
/// Files that a closed standard stream's number would be given to cannot be hit by what is printed.
int toolMain(const char *prefix, const std::function<int()> &work);

/// Opens what is missing of the three standard streams, so that writing to it fails instead of hitting a file.
void holdStandardStreams();

/// The sentence with words of hundreds of characters shortened: names come from the user's file.
std::string shortened(const std::string &sentence);

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_TOOLMAIN_H
