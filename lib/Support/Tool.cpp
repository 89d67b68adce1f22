//===- Tool.cpp - What every command line tool does alike -----------------===//
// Prints sentences and turns exceptions into exit codes, so that no two tools
// word the same trouble differently.
#include "tpu_mlir/Support/Tool.h"
#include "tpu_mlir/Support/Error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

namespace tpu_mlir {

const char *version() { return TPU_MLIR_VERSION; }

std::string versionLine(const std::string &tool) { return tool + " " + version() + "\n"; }

void printOut(const std::string &text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  flushOut();
}

void flushOut() {
  if (std::fflush(stdout) || std::ferror(stdout))
    throw UserError(std::string("cannot write to standard output: ") + std::strerror(errno));
}

void printError(const std::string &sentence) { std::fprintf(stderr, "error: %s\n", sentence.c_str()); }

int runTool(const std::function<int()> &body) {
  try {
    return body();
  } catch (const UserError &error) {
    printError(error.what());
    return kExitUserError;
  } catch (const std::bad_alloc &) {
    printError("out of memory");
    return kExitUserError;
  } catch (const std::exception &error) {
    printError(std::string("internal error: ") + error.what() + "; this is a bug of ours, please report it");
    return kExitInternalError;
  }
}

} // namespace tpu_mlir
