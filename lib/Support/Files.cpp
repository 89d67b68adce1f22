//===- Files.cpp - Whole files in, whole files out ------------------------===//
// POSIX implementation. An unnamed O_TMPFILE is preferred, so that even a
// killed process leaves nothing behind; where the file system has none, a
// hidden temporary name is used and removed on failure.

#include "tpu_mlir/Support/Files.h"
#include "OpenFile.h"
#include "tpu_mlir/Support/Error.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tpu_mlir {
namespace {

constexpr size_t kBufferBytes = 1 << 18;

std::string temporaryName(const std::string &target) {
  static std::atomic<unsigned> counter{0};
  std::filesystem::path p(target);
  std::string name =
      "." + p.filename().string() + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".tmp";
  return (p.parent_path() / name).string();
}

} // namespace

std::vector<uint8_t> readFile(const std::string &path) {
  struct stat info;
  Descriptor file{openForReading(path, info, Wait::ForWriter)};
  std::vector<uint8_t> bytes;
  // Pipes and /proc files report no size, so the size is only a hint.
  bytes.reserve(info.st_size > 0 ? size_t(info.st_size) + 1 : 0);
  for (;;) {
    size_t have = bytes.size();
    bytes.resize(std::max<size_t>(bytes.capacity(), have + 4096));
    ssize_t got = ::read(file.fd, bytes.data() + have, bytes.size() - have);
    int error = errno;
    bytes.resize(have + (got > 0 ? size_t(got) : 0));
    if (got == 0)
      return bytes;
    if (got < 0 && error != EINTR)
      cannot("read", path, error);
  }
}

void writeFileAtomically(const std::string &path, std::span<const uint8_t> bytes) {
  AtomicFile file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

void writeFileAtomically(const std::string &path, std::string_view text) {
  writeFileAtomically(path, std::span(reinterpret_cast<const uint8_t *>(text.data()), text.size()));
}

std::string behindLinks(const std::string &path) {
  namespace fs = std::filesystem;
  fs::path at(path);
  std::error_code error;
  // A link whose target does not exist yet has no canonical path; more links than this are a circle.
  for (int links = 0; links < 40 && fs::is_symlink(fs::symlink_status(at, error)); ++links)
    at = at.parent_path() / fs::read_symlink(at, error);
  fs::path real = fs::weakly_canonical(fs::absolute(at, error), error);
  return error ? path : real.string();
}

bool linkFile(const std::string &from, const std::string &to) {
  struct stat source, target;
  if (::stat(from.c_str(), &source) < 0)
    return false;
  // Of two names of one file, rename(2) would leave the temporary one.
  if (::lstat(to.c_str(), &target) == 0 &&
      (!S_ISREG(target.st_mode) || (target.st_ino == source.st_ino && target.st_dev == source.st_dev)))
    return false;
  std::string temporary = temporaryName(to);
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, temporary.c_str(), AT_SYMLINK_FOLLOW) < 0)
    return false;
  if (::rename(temporary.c_str(), to.c_str()) == 0)
    return true;
  ::unlink(temporary.c_str());
  return false;
}

AtomicFile::AtomicFile(const std::string &path) : path(path), target(path) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode))
      cannot("write", path, EISDIR);
    inPlace = !S_ISREG(info.st_mode);
  } else if (errno == ELOOP) {
    cannot("write", path, errno);
  }
  // The file behind a symbolic link is replaced or made, not the link.
  if (!inPlace && std::filesystem::is_symlink(std::filesystem::symlink_status(path)))
    target = behindLinks(path);
  if (inPlace) {
    fd = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    auto folder = std::filesystem::path(target).parent_path();
    fd = ::open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
      temporary = temporaryName(target);
      fd = ::open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
      if (fd < 0)
        temporary.clear();
    }
  }
  if (fd < 0)
    cannot("write", path, errno);
  buffer.reserve(kBufferBytes);
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (fd >= 0)
    ::close(std::exchange(fd, -1));
  if (!temporary.empty())
    ::unlink(temporary.c_str());
  temporary.clear();
}

void AtomicFile::fail(int error) {
  discard();
  cannot("write", path, error);
}

void AtomicFile::write(const void *data, size_t bytes) {
  auto *from = static_cast<const uint8_t *>(data);
  written += bytes;
  if (bytes >= kBufferBytes) { // needs no copy
    flush();
    return put(from, bytes);
  }
  while (bytes > 0) {
    size_t take = std::min(bytes, kBufferBytes - buffer.size());
    buffer.insert(buffer.end(), from, from + take);
    from += take;
    bytes -= take;
    if (buffer.size() == kBufferBytes)
      flush();
  }
}

void AtomicFile::flush() {
  put(buffer.data(), buffer.size());
  buffer.clear();
}

void AtomicFile::put(const uint8_t *from, size_t left) {
  while (left > 0) {
    ssize_t done = ::write(fd, from, left);
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      fail(errno);
    from += done;
    left -= size_t(done);
  }
}

void AtomicFile::commit() {
  MappedFile::requireWhole();
  flush();
  if (inPlace) {
    if (::close(std::exchange(fd, -1)) < 0)
      cannot("write", path, errno);
    return;
  }
  if (temporary.empty()) {
    // linkat cannot replace an existing name, so the unnamed file gets a short-lived one first.
    std::string name = temporaryName(target);
    std::string self = "/proc/self/fd/" + std::to_string(fd);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) < 0)
      fail(errno);
    temporary = name;
  }
  if (::close(std::exchange(fd, -1)) < 0)
    fail(errno);
  if (::rename(temporary.c_str(), target.c_str()) < 0)
    fail(errno);
  temporary.clear();
}

} // namespace tpu_mlir
