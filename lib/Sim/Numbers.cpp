//===- Numbers.cpp - Tensors of a net as float values ---------------------===//
// Quantising inputs and dequantising outputs by the scales in the file.
// Source: shared ISA notes, bmodel_format.md §3 (inputs hold 1/qscale).

#include "tpu_mlir/Sim/Numbers.h"
#include "tpu_mlir/Kernel/Float.h"
#include "tpu_mlir/Kernel/Kernels.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Finite.h"

#include <cstring>

namespace tpu_mlir::sim {

using kernel::DType;

NpyType rawType(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return NpyType::F32;
  case DType::F16:
    return NpyType::F16;
  case DType::I8:
    return NpyType::I8;
  case DType::U8:
    return NpyType::U8;
  case DType::I16:
    return NpyType::I16;
  case DType::U16:
  case DType::BF16:
    return NpyType::U16; // numpy has no bfloat16: its bits
  case DType::I32:
    return NpyType::I32;
  default:
    return NpyType::U32;
  }
}

static std::string text(const std::vector<int64_t> &shape) {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    s += (i ? ", " : "") + std::to_string(shape[i]);
  return s + "]";
}

/// Floats to the input's format; to integers by scale and zero point, saturated.
static void quantise(const NetTensor &input, std::vector<float> &values, uint8_t *raw) {
  kernel::Dims dims{1, 1, 1, int64_t(values.size())};
  if (values.empty())
    return;
  kernel::Tensor from{DType::F32, dims, values.data()}, to{input.dtype, dims, raw};
  if (kernel::isFloat(input.dtype))
    return kernel::cast(to, from, kernel::Round::HalfToEven);
  for (float &v : values)
    v *= input.scale;
  std::vector<int32_t> whole(values.size());
  kernel::Tensor integers{DType::I32, dims, whole.data()};
  kernel::cast(integers, from, kernel::Round::HalfAwayFromZero);
  int32_t zero = input.zeroPoint;
  kernel::binary(kernel::BinaryOp::Add, to, integers, {DType::I32, {1, 1, 1, 1}, &zero});
}

std::vector<uint8_t> encodeInput(const NetTensor &input, const NpzArray &array) {
  if (array.shape != input.shape)
    throw UserError("array '" + array.name + "' has shape " + text(array.shape) + " but input '" + input.name +
                    "' has shape " + text(input.shape));
  if (std::string why = nonfiniteText(array); !why.empty())
    throw UserError("input '" + input.name + "' has " + why + "; a network's inputs are finite numbers");
  std::vector<uint8_t> raw(size_t(input.bytes));
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
  quantise(input, values, raw.data());
  return raw;
}

template <typename T> static void dequantise(const TensorValue &t, std::vector<float> &out) {
  for (size_t i = 0; i < out.size(); ++i) {
    T stored;
    std::memcpy(&stored, &t.bytes[i * sizeof(T)], sizeof(T));
    out[i] = float(int64_t(stored) - t.zeroPoint) * t.scale;
  }
}

std::vector<float> decodeTensor(const TensorValue &t) {
  std::vector<float> out(t.bytes.size() / size_t(kernel::byteSize(t.dtype)));
  switch (t.dtype) {
  case DType::F32:
    std::memcpy(out.data(), t.bytes.data(), t.bytes.size());
    break;
  case DType::F16:
  case DType::BF16:
    for (size_t i = 0; i < out.size(); ++i) {
      uint16_t half;
      std::memcpy(&half, &t.bytes[2 * i], 2);
      out[i] = t.dtype == DType::F16 ? kernel::f16ToF32(half) : kernel::bf16ToF32(half);
    }
    break;
  case DType::I8:
    dequantise<int8_t>(t, out);
    break;
  case DType::U8:
    dequantise<uint8_t>(t, out);
    break;
  case DType::I16:
    dequantise<int16_t>(t, out);
    break;
  case DType::U16:
    dequantise<uint16_t>(t, out);
    break;
  case DType::I32:
    dequantise<int32_t>(t, out);
    break;
  default:
    dequantise<uint32_t>(t, out);
  }
  return out;
}

} // namespace tpu_mlir::sim
