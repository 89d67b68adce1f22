//===- WeightStore.cpp - The weight arrays of a context's modules ---------===//
// Finds, checks, keeps and writes weight arrays. Arrays of a weight file stay
// where the file is mapped; the npz format itself is Support/Npz.h's.
#include "tpu_mlir/Dialect/Top/IR/WeightStore.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Npz.h"

#include <deque>
#include <filesystem>
#include <optional>

using namespace mlir;

namespace tpu_mlir::top {

struct WeightStore::Impl {
  std::optional<NpzFile> file;
  std::deque<std::vector<uint8_t>> made;
  size_t madeBytes = 0;
  llvm::StringMap<std::shared_ptr<const MappedFile>> mapped; ///< arrays of files that are no weight files
  llvm::StringMap<WeightArray> arrays;
};

WeightStore::WeightStore() : impl(std::make_unique<Impl>()) {}
WeightStore::~WeightStore() = default;

std::optional<ElementStorage> storageOf(Type element) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(element)) {
    if (isa<quant::CalibratedQuantizedType>(quantized))
      return storageOf(quantized.getExpressedType());
    return ElementStorage{quantized.isSigned() ? 'i' : 'u',
                          static_cast<int>(quantized.getStorageTypeIntegralWidth() + 7) / 8};
  }
  if (element.isBF16())
    return ElementStorage{'u', 2}; // numpy has no bfloat16
  if (isa<FloatType>(element))
    return ElementStorage{'f', static_cast<int>(element.getIntOrFloatBitWidth()) / 8};
  if (auto integer = dyn_cast<IntegerType>(element))
    return ElementStorage{integer.isUnsigned() ? 'u' : 'i', static_cast<int>(integer.getWidth() + 7) / 8};
  return std::nullopt;
}

namespace {

/// From here on a file that need not be written again is not; smaller ones stay files of their own, which a user may
/// change in place.
constexpr uint64_t kLargeFile = uint64_t(64) << 20;

/// Arrays that passes made are kept in memory up to that in all; small ones beyond it too.
constexpr size_t kMadeInMemory = size_t(128) << 20, kSmallArray = size_t(1) << 20;

ElementStorage storageOf(NpyType type) {
  switch (type) {
  case NpyType::F16:
  case NpyType::F32:
  case NpyType::F64:
    return {'f', static_cast<int>(byteSize(type))};
  case NpyType::Bool:
  case NpyType::U8:
  case NpyType::U16:
  case NpyType::U32:
  case NpyType::U64:
    return {'u', static_cast<int>(byteSize(type))};
  default:
    return {'i', static_cast<int>(byteSize(type))};
  }
}

NpyType npyTypeOf(const WeightArray &array) {
  for (NpyType type : {NpyType::I8, NpyType::U8, NpyType::I16, NpyType::U16, NpyType::I32, NpyType::U32, NpyType::I64,
                       NpyType::U64, NpyType::F16, NpyType::F32, NpyType::F64})
    if (storageOf(type) == ElementStorage{array.kind, array.itemBytes})
      return type;
  llvm_unreachable("add() took an array of no numpy type");
}

std::string locate(StringRef directory, StringRef fileName) {
  std::filesystem::path beside = std::filesystem::path(directory.str()) / fileName.str();
  std::error_code ignored;
  return std::filesystem::exists(beside, ignored) ? beside.string() : fileName.str();
}

/// Elements of the array behind an op: those of its shape, a stored filter's input channels padded to `pack`.
int64_t storedCount(WeightOp op) {
  ArrayRef<int64_t> shape = shapeOf(op.getOutput());
  if (!op.getStore())
    return elementCount(shape);
  int64_t pack = op.getPack().value_or(1);
  return elementCount({shape[0], (shape[1] + pack - 1) / pack * pack, shape[2], shape[3]});
}

/// Whether the file's array can be what the op says.
LogicalResult checkArray(WeightOp op, const NpzArray &array, ElementStorage wanted) {
  ArrayRef<int64_t> shape = shapeOf(op.getOutput());
  bool isStored = op.getStore().has_value();
  if (isStored ? array.count() != storedCount(op) : ArrayRef<int64_t>(array.shape) != shape)
    return op.emitOpError("has shape ") << shapeText(shape) << " but the weight file holds " << shapeText(array.shape)
                                        << " under its name '" << array.name << "'";
  ElementStorage have = storageOf(array.type);
  if (have == wanted || (wanted == ElementStorage{'f', 4} && have.kind == 'f'))
    return success();
  return op.emitOpError("has elements of ")
         << cast<TensorType>(op.getType()).getElementType() << " but the weight file holds " << name(array.type)
         << " under its name '" << array.name << "'";
}

} // namespace

LogicalResult WeightStore::load(ModuleOp module, StringRef directory) {
  impl = std::make_unique<Impl>();
  dirty = false;
  SmallVector<WeightOp> weights;
  module.walk([&](WeightOp op) { weights.push_back(op); });
  if (weights.empty())
    return success();
  auto fileName = module->getAttrOfType<StringAttr>("module.weight_file");
  if (!fileName)
    return module.emitError("the module has ") << weights.size() << " weights but no attribute 'module.weight_file'";
  try {
    impl->file.emplace(locate(directory, fileName));
    for (WeightOp op : weights) {
      const NpzArray *array = impl->file->find(nameOf(op).str());
      if (!array)
        return op.emitOpError("has no array in the weight file '")
               << impl->file->path() << "': there is none named '" << nameOf(op) << "'";
      std::optional<ElementStorage> wanted = storageOf(cast<TensorType>(op.getType()).getElementType());
      if (!wanted)
        return op.emitOpError("has elements of ") << op.getType() << ", which no weight file holds";
      if (failed(checkArray(op, *array, *wanted)))
        return failure();
      WeightArray entry{array->data, array->bytes, wanted->kind, wanted->bytes, array->shape};
      if (!(storageOf(array->type) == *wanted)) {
        impl->made.emplace_back(array->count() * sizeof(float));
        toFloat(*array, reinterpret_cast<float *>(impl->made.back().data()));
        entry.data = impl->made.back().data();
        entry.bytes = impl->made.back().size();
      }
      impl->arrays[nameOf(op)] = std::move(entry);
    }
  } catch (const UserError &error) {
    return module.emitError(error.what());
  }
  return success();
}

const WeightArray *WeightStore::find(StringRef name) const {
  auto entry = impl->arrays.find(name);
  return entry == impl->arrays.end() ? nullptr : &entry->second;
}

void WeightStore::release(StringRef name) const {
  const WeightArray *array = find(name);
  if (!array)
    return;
  std::span<const uint8_t> bytes(static_cast<const uint8_t *>(array->data), array->bytes);
  if (auto mapped = impl->mapped.find(name); mapped != impl->mapped.end())
    mapped->second->release(bytes);
  else
    release(bytes);
}

void WeightStore::release(std::span<const uint8_t> bytes) const {
  if (impl->file)
    impl->file->release(bytes);
}

void WeightStore::add(StringRef name, std::vector<uint8_t> bytes, char kind, int itemBytes, ArrayRef<int64_t> shape) {
  assert(static_cast<int64_t>(bytes.size()) == elementCount(shape) * itemBytes);
  if (bytes.size() >= kSmallArray && impl->madeBytes + bytes.size() > kMadeInMemory) {
    auto file = std::make_shared<const MappedFile>(MappedFile::spilled(bytes));
    if (file->bytes().size() == bytes.size())
      return add(name, std::move(file), 0, bytes.size(), kind, itemBytes, shape);
  }
  impl->madeBytes += bytes.size();
  impl->made.push_back(std::move(bytes));
  WeightArray array{impl->made.back().data(), impl->made.back().size(), kind, itemBytes, shape.vec()};
  [[maybe_unused]] bool isNew = impl->arrays.try_emplace(name, std::move(array)).second;
  assert(isNew && "a weight is never replaced: its op would mean another array");
  dirty = true;
}

void WeightStore::add(StringRef name, std::shared_ptr<const MappedFile> file, size_t offset, size_t bytes, char kind,
                      int itemBytes, ArrayRef<int64_t> shape) {
  assert(static_cast<int64_t>(bytes) == elementCount(shape) * itemBytes && offset + bytes <= file->bytes().size());
  WeightArray array{file->bytes().data() + offset, bytes, kind, itemBytes, shape.vec()};
  [[maybe_unused]] bool isNew = impl->arrays.try_emplace(name, std::move(array)).second;
  assert(isNew && "a weight is never replaced: its op would mean another array");
  impl->mapped[name] = std::move(file);
  dirty = true;
}

/// Whether `weights` are all arrays of `file` in its order, as it has them.
static bool isWholeFile(const NpzFile &file, ArrayRef<WeightOp> weights, const WeightStore &store) {
  if (file.arrays().size() != weights.size())
    return false;
  for (auto [array, op] : llvm::zip_equal(file.arrays(), weights)) {
    const WeightArray *wanted = store.find(nameOf(op));
    if (array.name != nameOf(op).str() || !wanted || wanted->data != array.data || wanted->shape != array.shape)
      return false;
  }
  return true;
}

LogicalResult WeightStore::save(ModuleOp module, StringRef directory, StringRef fileName) {
  SmallVector<WeightOp> weights;
  module.walk([&](WeightOp op) { weights.push_back(op); });
  dirty = false;
  if (weights.empty()) {
    module->removeAttr("module.weight_file");
    return success();
  }
  std::string path = (std::filesystem::path(directory.str()) / fileName.str()).string();
  try {
    bool isSame = impl->file && impl->file->bytes() >= kLargeFile && isWholeFile(*impl->file, weights, *this) &&
                  linkFile(impl->file->path(), path);
    if (isSame) {
      module->setAttr("module.weight_file", StringAttr::get(module.getContext(), fileName));
      return success();
    }
    NpzWriter writer(path);
    for (WeightOp op : weights) {
      const WeightArray *array = find(nameOf(op));
      if (!array)
        return op.emitOpError("'") << nameOf(op) << "' has no array to write";
      auto mapped = impl->mapped.find(nameOf(op));
      writer.add(nameOf(op).str(), npyTypeOf(*array), array->shape, array->data, [&](std::span<const uint8_t> bytes) {
        if (mapped != impl->mapped.end())
          mapped->second->release(bytes);
        else if (impl->file)
          impl->file->release(bytes);
      });
    }
    writer.finish();
  } catch (const UserError &error) {
    return module.emitError(error.what());
  }
  module->setAttr("module.weight_file", StringAttr::get(module.getContext(), fileName));
  return success();
}

} // namespace tpu_mlir::top
