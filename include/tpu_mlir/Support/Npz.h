//===- Npz.h - Named arrays in numpy's container ----------------*- C++ -*-===//
// Reading any npz (stored or deflated members, .npy versions 1 to 3) and
// writing npz files whose arrays are stored, 64-byte aligned and the same bytes
// for the same content. Reading maps the file: an aligned stored array is used
// where it lies. Decides nothing about what the arrays mean.
#ifndef TPU_MLIR_SUPPORT_NPZ_H
#define TPU_MLIR_SUPPORT_NPZ_H

#include "tpu_mlir/Support/Files.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tpu_mlir {

/// Element types that an array may have.
enum class NpyType : uint8_t { Bool, I8, U8, I16, U16, I32, U32, I64, U64, F16, F32, F64 };

/// Bytes of one element.
int64_t byteSize(NpyType type);
/// Name as numpy prints it: "float32", "int8", "bool" …
const char *name(NpyType type);

/// One array. `data` is C order, belongs to the NpzFile and is aligned to 64 bytes.
struct NpzArray {
  std::string name;
  NpyType type = NpyType::F32;
  std::vector<int64_t> shape;
  const void *data = nullptr;
  size_t bytes = 0;
  int64_t count() const;
  template <typename T> const T *as() const { return static_cast<const T *>(data); }
};

/// An npz file opened for reading. Every broken or unsupported file is a UserError that names it.
class NpzFile {
public:
  explicit NpzFile(const std::string &path);
  NpzFile(NpzFile &&) = default;
  NpzFile &operator=(NpzFile &&) = default;

  const std::string &path() const { return fileName; }
  /// The size of the file.
  uint64_t bytes() const { return mapping.bytes().size(); }
  /// All arrays in the order of the file.
  const std::vector<NpzArray> &arrays() const { return list; }
  /// The array of that name, or null.
  const NpzArray *find(const std::string &name) const;
  /// The array of that name; a UserError that lists close names when there is none.
  const NpzArray &get(const std::string &name) const;
  /// Lets go of the memory of an array that is used where it lies, as MappedFile::release.
  void release(std::span<const uint8_t> bytes) const;

private:
  void parse();
  NpzArray parseNpy(const std::string &member, std::span<const uint8_t> npy);
  const void *own(const uint8_t *data, size_t bytes);
  std::string fileName;
  MappedFile mapping;
  std::deque<std::vector<uint8_t>> copies; ///< inflated, re-ordered or re-aligned members
  std::vector<NpzArray> list;
  std::map<std::string, size_t> index;
};

/// Converts elements of any type to float (f16 exactly, wider types rounded to nearest even). `out` has array.count()
/// items.
void toFloat(const NpzArray &array, float *out);

/// An npz file being written. Nothing appears under `path` before finish().
class NpzWriter {
public:
  explicit NpzWriter(const std::string &path);
  /// Appends an array; a name used twice is a UserError. `done` is told which bytes of `data` were read and will be
  /// read again later or not at all.
  void add(const std::string &name, NpyType type, std::span<const int64_t> shape, const void *data,
           const std::function<void(std::span<const uint8_t>)> &done = nullptr);
  /// Writes the directory and gives the file its name.
  void finish();

private:
  struct Member {
    std::string name;
    uint64_t bytes, offset;
    uint32_t crc;
  };
  AtomicFile file;
  std::vector<Member> members;
  std::map<std::string, bool> names;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_NPZ_H
