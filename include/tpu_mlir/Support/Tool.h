//===- Tool.h - What every command line tool does alike ---------*- C++ -*-===//
// One version, one way to say what is wrong and one set of exit codes for all
// binaries. What a tool takes and does is its own business.
#ifndef TPU_MLIR_SUPPORT_TOOL_H
#define TPU_MLIR_SUPPORT_TOOL_H

#include <functional>
#include <string>

namespace tpu_mlir {

/// The project's version, such as "1.2.3".
const char *version();

/// `<tool> <version>` with a line end, what `--version` prints.
std::string versionLine(const std::string &tool);

/// Writes to standard output at once; UserError where that fails.
void printOut(const std::string &text);

/// UserError where something that was printed before did not arrive.
void flushOut();

/// Opens what is missing of the three standard streams, so that writing to it fails instead of hitting a file.
void holdStandardStreams();

/// The sentence with words of hundreds of characters shortened: names come from the user's file.
std::string shortened(const std::string &sentence);

/// `error: <sentence>` on standard error, shortened.
void printError(const std::string &sentence);

/// Calls `body` and returns its exit code; what it throws is printed as one sentence and becomes the exit code.
int runTool(const std::function<int()> &body);

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_TOOL_H
