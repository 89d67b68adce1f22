//===- ElementReader.h - Operands element by element ------------*- C++ -*-===//
// For kinds of arithmetic that are too rare for kernels of their own.
#ifndef TPU_MLIR_LIB_SIM_ELEMENTREADER_H
#define TPU_MLIR_LIB_SIM_ELEMENTREADER_H

#include "Exec.h"

#include <cstring>

namespace tpu_mlir::sim {

/// An element of any integer format, or a half float's bits.
inline int64_t integerAt(const Tensor &t, int64_t i) {
  switch (t.dtype) {
  case DType::I8:
    return t.as<int8_t>()[i];
  case DType::U8:
    return t.as<uint8_t>()[i];
  case DType::I16:
    return t.as<int16_t>()[i];
  case DType::U16:
  case DType::F16:
  case DType::BF16:
    return t.as<uint16_t>()[i];
  case DType::I32:
    return t.as<int32_t>()[i];
  default:
    return t.as<uint32_t>()[i];
  }
}

/// Element access for the rare kinds: value of broadcast operand t at result position i, as raw bits extended by sign.
class Reader {
public:
  Reader(const Tensor &t, const Dims &out) : t(t), out(out) {}
  int64_t index(int64_t i) const {
    if (t.dims == out)
      return i;
    int64_t w = i % out.w, h = i / out.w % out.h, c = i / out.w / out.h % out.c, n = i / out.w / out.h / out.c;
    const Dims &d = t.dims;
    return (((d.n == 1 ? 0 : n) * d.c + (d.c == 1 ? 0 : c)) * d.h + (d.h == 1 ? 0 : h)) * d.w + (d.w == 1 ? 0 : w);
  }
  int64_t integer(int64_t i) const { return integerAt(t, index(i)); }
  float real(int64_t i) const { return t.as<float>()[index(i)]; }

private:
  const Tensor &t;
  Dims out;
};

inline void storeBits(const Tensor &out, int64_t i, int64_t bits) {
  int64_t size = kernel::byteSize(out.dtype);
  std::memcpy(out.as<uint8_t>() + i * size, &bits, size_t(size));
}

template <typename F> void bitwise(const Tensor &out, F f) {
  for (int64_t i = 0, n = out.dims.count(); i < n; ++i)
    storeBits(out, i, f(i));
}

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_ELEMENTREADER_H
