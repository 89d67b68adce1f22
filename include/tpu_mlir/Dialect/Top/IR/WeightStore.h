//===- WeightStore.h - The weight arrays of a context's modules -*- C++ -*-===//
// Maps a weight's name (the location of its top.Weight op) to its bytes: mapped
// from the weight file, or made by a pass. Decides where weight files are found
// and written and whether an array can be what its op says.
#ifndef TPU_MLIR_DIALECT_TOP_IR_WEIGHTSTORE_H
#define TPU_MLIR_DIALECT_TOP_IR_WEIGHTSTORE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"
#include "tpu_mlir/Support/Files.h"
#include "llvm/ADT/StringMap.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tpu_mlir::top {

/// One array: bytes in the order and element type that the weight op's `store` and type say.
struct WeightArray {
  const void *data = nullptr;
  size_t bytes = 0;
  char kind = 'f'; ///< 'f' float, 'i' signed, 'u' unsigned
  int itemBytes = 4;
  std::vector<int64_t> shape; ///< as in the file
  /// The elements of a float array of four bytes each.
  llvm::ArrayRef<float> floats() const {
    assert(kind == 'f' && itemBytes == 4);
    return {static_cast<const float *>(data), bytes / sizeof(float)};
  }
};

/// How an array holds its elements.
struct ElementStorage {
  char kind; ///< as WeightArray has it
  int bytes;
  bool operator==(const ElementStorage &) const = default;
};
/// How the elements of a weight of that type are held; nothing where no array holds such. bf16 is held as its bits.
std::optional<ElementStorage> storageOf(mlir::Type element);

class WeightStore {
public:
  WeightStore();
  ~WeightStore();
  WeightStore(const WeightStore &) = delete;
  WeightStore &operator=(const WeightStore &) = delete;
  /// Opens the weight file named by `module.weight_file`, looked for in `directory`, then in the working directory, and
  /// forgets all earlier arrays. A module without weights needs none. Emits a diagnostic and fails when the file is
  /// missing or broken, or holds no array that fits a weight op. f16 and f64 arrays of an f32 weight are converted.
  mlir::LogicalResult load(mlir::ModuleOp module, llvm::StringRef directory);
  /// The array of that name, or null.
  const WeightArray *find(llvm::StringRef name) const;
  /// Lets go of the memory of an array that is used where its file has it. Whoever walks over all weights does so
  /// behind each, or a network would need as much memory as its weights.
  void release(llvm::StringRef name) const;
  void release(std::span<const uint8_t> bytes) const;
  /// Adds an array and takes over its bytes; the name must be new.
  void add(llvm::StringRef name, std::vector<uint8_t> bytes, char kind, int itemBytes, llvm::ArrayRef<int64_t> shape);
  /// Adds `bytes` of the file at `offset`, which stay where they are; the name must be new. The file must be as long.
  void add(llvm::StringRef name, std::shared_ptr<const MappedFile> file, size_t offset, size_t bytes, char kind,
           int itemBytes, llvm::ArrayRef<int64_t> shape);
  /// Whether there are arrays that no file holds yet.
  bool isDirty() const { return dirty; }
  /// Writes the arrays that `module` refers to as `fileName` (a bare name) into `directory` and notes it in
  /// `module.weight_file`; a module without weights gets no file and no attribute. Fails with a diagnostic when it
  /// cannot be written. A large file whose arrays are exactly those of the file that was loaded is that file under
  /// another name, where the file system can do that.
  mlir::LogicalResult save(mlir::ModuleOp module, llvm::StringRef directory, llvm::StringRef fileName);

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
  bool dirty = false;
};

} // namespace tpu_mlir::top

#endif // TPU_MLIR_DIALECT_TOP_IR_WEIGHTSTORE_H
