//===- Files.h - Whole files in, whole files out ----------------*- C++ -*-===//
// Reading and mapping files, and writing them so that a reader never sees half
// of one: bytes go to an unnamed (or temporary) file in the same folder that
// takes the final name at commit. Errors of the file system are UserErrors.
// Decides nothing about formats.
#ifndef TPU_MLIR_SUPPORT_FILES_H
#define TPU_MLIR_SUPPORT_FILES_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tpu_mlir {

/// The bytes of `path`. UserError when it cannot be read.
std::vector<uint8_t> readFile(const std::string &path);

/// Replaces `path` with `bytes`, or leaves it as it was and throws a UserError.
void writeFileAtomically(const std::string &path, std::span<const uint8_t> bytes);
void writeFileAtomically(const std::string &path, std::string_view text);

/// The absolute path of the file that writing `path` makes or replaces, behind all links. It need not exist.
std::string behindLinks(const std::string &path);

/// Gives the file `from` the name `to` as well, in place of what has that name. Whether the file system could do it;
/// not where `to` is something other than a regular file.
bool linkFile(const std::string &from, const std::string &to);

/// A regular file's bytes: a copy, or where that would be large a mapping. What is cut off a mapped file while it is
/// read reads as zeros from then on; requireWhole() tells.
class MappedFile {
public:
  MappedFile() = default;
  explicit MappedFile(const std::string &path);
  MappedFile(MappedFile &&other) noexcept;
  MappedFile &operator=(MappedFile &&other) noexcept;
  ~MappedFile();
  std::span<const uint8_t> bytes() const { return {static_cast<const uint8_t *>(base), size}; }
  /// Lets go of the memory in which `part` of bytes() lies: it counts for the process no longer and is read again from
  /// the file when it is used again. Parts of a few pages stay.
  void release(std::span<const uint8_t> part) const;

  /// `bytes` in a file without a name, so that they can be let go of; nothing mapped where there is no room for one.
  static MappedFile spilled(std::span<const uint8_t> bytes);

  /// UserError where a mapped file was cut short since the last call: what was computed from it is not to be published.
  static void requireWhole();

private:
  void map(int fd, int flags);
  void *base = nullptr;
  size_t size = 0;
  bool isMapped = false;
};

/// Makes a file that is cut short under a mapping, ours or a library's, a sentence. Mapping a file does it, too.
void guardMappings();

/// Calls use(piece) for one piece of `bytes` after the other, of a size that caches and page tables like.
template <typename F> void inPieces(std::span<const uint8_t> bytes, F use) {
  constexpr size_t kPiece = size_t(8) << 20;
  for (size_t at = 0; at < bytes.size(); at += kPiece)
    use(bytes.subspan(at, std::min(kPiece, bytes.size() - at)));
}

/// A file being written. Without commit() nothing remains of it. A `path` that names a device or a pipe is written in
/// place, since it cannot be replaced.
class AtomicFile {
public:
  explicit AtomicFile(const std::string &path);
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;
  ~AtomicFile();
  void write(const void *data, size_t bytes);
  /// Bytes written so far.
  uint64_t offset() const { return written; }
  void commit();

private:
  void flush();
  void put(const uint8_t *from, size_t left);
  void discard() noexcept;
  [[noreturn]] void fail(int error);
  std::string path, target, temporary;
  std::vector<uint8_t> buffer;
  uint64_t written = 0;
  int fd = -1;
  bool inPlace = false;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_FILES_H
