//===- OpenFile.h - Files opened for reading --------------------*- C++ -*-===//
// What readers of whole files and of mapped files share: one sentence for each
// failure, and pipes that do or do not wait.
#ifndef TPU_MLIR_LIB_SUPPORT_OPENFILE_H
#define TPU_MLIR_LIB_SUPPORT_OPENFILE_H

#include "tpu_mlir/Support/Error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tpu_mlir {

[[noreturn]] inline void cannot(const char *verb, const std::string &path, int error) {
  throw UserError(std::string("cannot ") + verb + " '" + path + "': " + std::strerror(error));
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
};

/// Whether to wait until someone writes into a pipe, or to come back at once.
enum class Wait { ForWriter, Never };

/// Opens for reading and reports the size; folders are refused here because read(2) says so only later.
inline int openForReading(const std::string &path, struct stat &info, Wait wait) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (wait == Wait::Never ? O_NONBLOCK : 0));
  if (fd < 0)
    cannot("read", path, errno);
  int error = ::fstat(fd, &info) < 0 ? errno : S_ISDIR(info.st_mode) ? EISDIR : 0;
  if (error) {
    ::close(fd);
    cannot("read", path, error);
  }
  return fd;
}

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_SUPPORT_OPENFILE_H
