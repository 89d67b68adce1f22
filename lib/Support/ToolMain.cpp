//===- ToolMain.cpp - What every command line tool does around its work ---===//
#include "tpu_mlir/Support/ToolMain.h"
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

void holdStandardStreams() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF)
        // Opened the wrong way round: reading and writing go on to fail. open(2) takes the lowest number that is free.
        [[maybe_unused]]
      int opened = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
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

int toolMain(const char *prefix, const std::function<int()> &work) {
  auto say = [&](const std::string &sentence) { std::fprintf(stderr, "%s%s\n", prefix, shortened(sentence).c_str()); };
  try {
    holdStandardStreams();
    guardMappings();
    int code = work();
    MappedFile::requireWhole();
    if (std::fflush(stdout) || std::ferror(stdout))
      throw UserError(std::string("cannot write to standard output: ") + std::strerror(errno));
    return code;
  } catch (const UserError &error) {
    return say(error.what()), kExitUserError;
  } catch (const std::bad_alloc &) {
    return say("out of memory: this machine has less than the model needs"), kExitUserError;
  } catch (const std::length_error &) {
    return say("out of memory: a size in the model is larger than any memory"), kExitUserError;
  } catch (const std::exception &error) {
    return say(std::string("internal error: ") + error.what()), kExitInternalError;
  }
}

} // namespace tpu_mlir
