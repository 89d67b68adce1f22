//===- Numbers.cpp - Tensors of a net as float values ---------------------===//
// Quantising inputs and dequantising outputs by the scales in the file.
// Source: shared ISA notes, bmodel_format.md §3 (inputs hold 1/qscale).

#include "tpu_mlir/Sim/Numbers.h"
#include "tpu_mlir/Host/Stored.h"
#include "tpu_mlir/Kernel/Quant.h"
#include "tpu_mlir/Kernel/Visit.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Finite.h"

#include <cstring>

namespace tpu_mlir::sim {

using kernel::DType;

NpyType rawType(DType dtype) {
  if (dtype == DType::BF16) // numpy has no bfloat16: its bits
    return NpyType::U16;
  return kernel::visit(dtype, []<typename T>() {
    if constexpr (std::is_same_v<T, kernel::F16>)
      return NpyType::F16;
    else if constexpr (std::is_same_v<T, float>)
      return NpyType::F32;
    else if constexpr (std::is_signed_v<T>)
      return sizeof(T) == 1 ? NpyType::I8 : sizeof(T) == 2 ? NpyType::I16 : NpyType::I32;
    else
      return sizeof(T) == 1 ? NpyType::U8 : sizeof(T) == 2 ? NpyType::U16 : NpyType::U32;
  });
}

static std::string text(const std::vector<int64_t> &shape) {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    s += (i ? ", " : "") + std::to_string(shape[i]);
  return s + "]";
}

std::vector<uint8_t> encodeInput(const NetTensor &input, const NpzArray &array) {
  if (array.shape != input.shape)
    throw UserError("array '" + array.name + "' has shape " + text(array.shape) + " but input '" + input.name +
                    "' has shape " + text(input.shape));
  if (std::string why = nonfiniteText(array); !why.empty())
    throw UserError("input '" + input.name + "' has " + why + "; a network's inputs are finite numbers");
  std::vector<uint8_t> raw(size_t(input.bytes));
  if (input.own != host::Element::F32) {
    if (std::string(name(array.type)) != host::nameOf(input.own))
      throw UserError("array '" + array.name + "' has type " + name(array.type) + " but input '" + input.name +
                      "' takes " + host::nameOf(input.own));
    if (int64_t bad = host::store(input.own, array.data, array.count(), raw.data()); bad >= 0)
      throw UserError("array '" + array.name + "' has " + std::to_string(array.as<int64_t>()[bad]) +
                      " as its element " + std::to_string(bad) + ", which does not fit the chip's 32 bits");
    return raw;
  }
  if (array.type == rawType(input.dtype)) {
    if (!raw.empty())
      std::memcpy(raw.data(), array.data, raw.size());
    return raw;
  }
  bool isFloatArray = array.type == NpyType::F32 || array.type == NpyType::F64 || array.type == NpyType::F16;
  // For an input of floats, integers are numbers like others; for one of integers, they might be raw or real values.
  if (!isFloatArray && !kernel::isFloat(input.dtype))
    throw UserError("array '" + array.name + "' has type " + name(array.type) + " but input '" + input.name + "' is " +
                    kernel::name(input.dtype) + "; give it as that or as float32");
  std::vector<float> values(size_t(array.count()));
  toFloat(array, values.data());
  kernel::quantise(input.dtype, values.data(), int64_t(values.size()), input.scale, input.zeroPoint, raw.data());
  return raw;
}

/// The first indices of an axis, as far as they count.
static void cut(SeenArray &array, int64_t axis, int64_t valid) {
  if (axis < 0)
    return;
  int64_t outer = 1, inner = byteSize(array.type);
  for (int64_t a = 0; a < axis; ++a)
    outer *= array.shape[size_t(a)];
  for (size_t a = size_t(axis) + 1; a < array.shape.size(); ++a)
    inner *= array.shape[a];
  const int64_t row = array.shape[size_t(axis)] * inner;
  for (int64_t o = 0; o < outer; ++o)
    std::memmove(array.bytes.data() + o * valid * inner, array.bytes.data() + o * row, size_t(valid * inner));
  array.shape[size_t(axis)] = valid;
  array.bytes.resize(size_t(outer * valid * inner));
}

SeenArray asSeen(const TensorValue &tensor, bool fixed) {
  SeenArray array{rawType(tensor.dtype), tensor.shape, tensor.bytes};
  if (tensor.own == host::Element::I64) {
    array.type = NpyType::I64;
    array.bytes.resize(tensor.bytes.size() * 2);
    host::load(tensor.own, tensor.bytes.data(), int64_t(tensor.bytes.size() / 4), array.bytes.data());
  } else if (tensor.own == host::Element::Bool) {
    array.type = NpyType::Bool;
  } else if (tensor.own == host::Element::F32 && !fixed) {
    std::vector<float> values = decodeTensor(tensor);
    array.type = NpyType::F32;
    array.bytes.resize(values.size() * sizeof(float));
    if (!values.empty())
      std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  }
  cut(array, tensor.countedAxis, tensor.valid);
  return array;
}

SeenArray knownAsSeen(const TensorValue &tensor) {
  SeenArray array{NpyType::Bool, tensor.shape, tensor.known};
  if (!array.bytes.empty())
    cut(array, tensor.countedAxis, tensor.valid);
  return array;
}

std::vector<float> decodeTensor(const TensorValue &t) {
  std::vector<float> out(t.bytes.size() / size_t(kernel::byteSize(t.dtype)));
  kernel::dequantise(t.dtype, t.bytes.data(), int64_t(out.size()), t.scale, t.zeroPoint, out.data());
  return out;
}

} // namespace tpu_mlir::sim
