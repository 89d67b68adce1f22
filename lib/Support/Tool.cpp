//===- Tool.cpp - What every command line tool does alike -----------------===//
// Prints sentences and turns exceptions into exit codes, so that no two tools
// word the same trouble differently.
#include "tpu_mlir/Support/Tool.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <stdexcept>
#include <unistd.h>

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

void holdStandardStreams() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
      continue;
    // Opened the wrong way round: reading and writing go on to fail. open(2) takes the lowest number that is free.
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
      return;
  }
}

std::string shortened(const std::string &sentence) {
  constexpr size_t kLongest = 300, kHead = 100, kTail = 40;
  std::string out;
  for (size_t at = 0; at < sentence.size();) {
    size_t end = sentence.find_first_of(" \n", at);
    end = end == sentence.npos ? sentence.size() : end;
    size_t length = end - at;
    if (length <= kLongest) {
      out.append(sentence, at, length);
    } else {
      // Not inside a character of several bytes.
      size_t head = kHead, tail = length - kTail;
      auto isInside = [&](size_t i) { return (static_cast<unsigned char>(sentence[at + i]) & 0xc0) == 0x80; };
      while (head > kHead - 3 && isInside(head))
        --head;
      while (tail < length && isInside(tail))
        ++tail;
      out.append(sentence, at, head).append("...(" + std::to_string(length) + " characters)...");
      out.append(sentence, at + tail, length - tail);
    }
    if (end < sentence.size())
      out += sentence[end];
    at = end + 1;
  }
  return out;
}

void printError(const std::string &sentence) { std::fprintf(stderr, "error: %s\n", shortened(sentence).c_str()); }

int runTool(const std::function<int()> &body) {
  try {
    holdStandardStreams();
    guardMappings();
    int code = body();
    MappedFile::requireWhole();
    flushOut();
    return code;
  } catch (const UserError &error) {
    printError(error.what());
    return kExitUserError;
  } catch (const std::bad_alloc &) {
    printError("out of memory: this machine has less than the model needs");
    return kExitUserError;
  } catch (const std::length_error &) {
    printError("out of memory: a size in the model is beyond any memory");
    return kExitUserError;
  } catch (const std::exception &error) {
    printError(std::string("internal error: ") + error.what() + "; this is a bug of ours, please report it");
    return kExitInternalError;
  }
}

} // namespace tpu_mlir
