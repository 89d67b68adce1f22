//===- Exec.cpp - Executing one command -----------------------------------===//
// How operands are described, read and written, whatever the command. Which
// executor runs a command is said in Forms.cpp.

#include "Exec.h"
#include "tpu_mlir/Kernel/Visit.h"

#include <cstring>

namespace tpu_mlir::sim {

void *Arena::take(int64_t bytes) {
  if (used == blocks.size())
    blocks.emplace_back();
  Block &block = blocks[used++];
  if (block.size < bytes + 64) {
    block.size = (bytes + 64) * 5 / 4;
    block.bytes.reset(new uint8_t[size_t(block.size)]);
  }
  auto address = reinterpret_cast<uintptr_t>(block.bytes.get());
  return block.bytes.get() + ((address + 63) / 64 * 64 - address);
}

kernel::Round Exec::round() const {
  int64_t mode = get(Field::opd2_n_str);
  if (mode > int64_t(kernel::Round::HalfDown))
    throw UserError("rounding mode " + std::to_string(mode) + " does not exist");
  return kernel::Round(mode);
}

DType Exec::format(Field precision, bool isSigned) const {
  switch (get(precision)) {
  case isa::kTiuPrecInt8:
    return isSigned ? DType::I8 : DType::U8;
  case isa::kTiuPrecFp16:
    return DType::F16;
  case isa::kTiuPrecFp32:
    return DType::F32;
  case isa::kTiuPrecInt16:
    return isSigned ? DType::I16 : DType::U16;
  case isa::kTiuPrecInt32:
    return isSigned ? DType::I32 : DType::U32;
  case isa::kTiuPrecBf16:
    return DType::BF16;
  default:
    notBuilt("number format " + std::to_string(get(precision)) + " of field '" + std::string(isa::name(precision)) +
             "'");
  }
}

LocalTensor Exec::make(const char *operand, Field address, DType dtype, Dims dims) const {
  try {
    return {dtype, dims, memory.placeOfTiu(uint64_t(get(address))), {}};
  } catch (const UserError &error) {
    throw UserError("'" + std::string(operand) + "': " + error.what());
  }
}

LocalTensor Exec::aligned(const char *operand, Field address, DType dtype, Dims dims) const {
  LocalTensor t = make(operand, address, dtype, dims);
  if (t.start.offset % memory.alignBytes() != 0)
    throw UserError("'" + std::string(operand) + "' is in the aligned layout but starts at " +
                    hex(uint64_t(get(address))) + ", which is not a multiple of " +
                    std::to_string(memory.alignBytes()));
  t.strides = alignedStrides(dims, dtype, t.start.lane, memory);
  return t;
}

LocalTensor Exec::compact(const char *operand, Field address, DType dtype, Dims dims) const {
  LocalTensor t = make(operand, address, dtype, dims);
  t.strides = compactStrides(dims, t.start.lane, memory);
  return t;
}

LocalTensor Exec::shared(const char *operand, Field address, DType dtype, Dims dims) const {
  LocalTensor t = make(operand, address, dtype, dims);
  t.strides = sharedStrides(dims);
  return t;
}

LocalTensor Exec::byLayout(const char *operand, Field address, DType dtype, Dims dims, Field selector,
                           Strides stride) const {
  switch (get(selector)) {
  case isa::kLayoutAligned:
    return aligned(operand, address, dtype, dims);
  case isa::kLayoutCompact:
    return compact(operand, address, dtype, dims);
  case isa::kLayoutLaneShared:
    return shared(operand, address, dtype, dims);
  case isa::kLayoutChannelScalar:
    stride = kChannelScalar;
    break;
  case isa::kLayoutExplicit:
    break;
  default:
    throw UserError("'" + std::string(operand) + "' has layout " + std::to_string(get(selector)) +
                    ", which does not exist");
  }
  LocalTensor t = make(operand, address, dtype, dims);
  t.strides = stride;
  return t;
}

void Exec::requireLane(const char *operand, const LocalTensor &t, int64_t lane, const char *why) const {
  if (t.start.lane != lane)
    throw UserError("'" + std::string(operand) + "' starts in lane " + std::to_string(t.start.lane) +
                    " but must start in lane " + std::to_string(lane) + why);
}

void Exec::requirePossible(DType dtype, const Dims &dims) const {
  constexpr double kLargest = double(1 << 30);
  auto text = [&] {
    return "[" + std::to_string(dims.n) + ", " + std::to_string(dims.c) + ", " + std::to_string(dims.h) + ", " +
           std::to_string(dims.w) + "]";
  };
  if (dims.n < 1 || dims.c < 1 || dims.h < 1 || dims.w < 1)
    throw UserError("shape " + text() + " is empty");
  double bytes = double(dims.n) * double(dims.c) * double(dims.h) * double(dims.w) * double(kernel::byteSize(dtype));
  if (bytes > kLargest)
    throw UserError("a tensor of shape " + text() + " is larger than one command can move");
}

Tensor Exec::blank(DType dtype, Dims dims) {
  requirePossible(dtype, dims);
  return {dtype, dims, arena.take(dims.count() * kernel::byteSize(dtype))};
}

Tensor Exec::load(const char *operand, const LocalTensor &t) {
  checkInside(t, operand, memory);
  Tensor dense = blank(t.dtype, t.dims);
  gather(memory, t, dense.data);
  report(operand, t, false, dense.data);
  return dense;
}

void Exec::store(const char *operand, const LocalTensor &t, const kernel::ConstTensor &value) {
  checkInside(t, operand, memory);
  report(operand, t, true, value.data);
  if (!isDry())
    scatter(memory, t, value.data);
}

Tensor Exec::constant(Field value, DType dtype) {
  Tensor t = blank(dtype, {1, 1, 1, 1});
  uint32_t bits = uint32_t(get(value)); // the low bytes count (verified: vendor streams have garbage above them)
  std::memcpy(t.data, &bits, size_t(kernel::byteSize(dtype)));
  return t;
}

int64_t Exec::integerConstant(Field value, DType dtype) const {
  uint32_t bits = uint32_t(get(value));
  return kernel::integerAt(dtype, &bits, 0); // the low bytes come first
}

float Exec::floatConstant(Field value, DType dtype) const {
  uint32_t bits = uint32_t(get(value));
  return kernel::realAt(dtype, &bits, 0);
}

} // namespace tpu_mlir::sim
