//===- Reference.h - Slow, obvious arithmetic to test against ---*- C++ -*-===//
// Exact rationals in 128 bits and random tensors. Shares no code with the
// kernels beyond the type names.
#ifndef TPU_MLIR_TEST_UNIT_KERNEL_REFERENCE_H
#define TPU_MLIR_TEST_UNIT_KERNEL_REFERENCE_H

#include "tpu_mlir/Kernel/CpuLevel.h"
#include "tpu_mlir/Kernel/Float.h"
#include "tpu_mlir/Kernel/Kernels.h"

#include <cstring>
#include <random>
#include <vector>

namespace tpu_mlir::test {

using kernel::ConstTensor;
using kernel::Dims;
using kernel::DType;
using kernel::Round;
using kernel::Tensor;
using kernel::Window;
using Int128 = __int128;

constexpr Round kRounds[] = {Round::HalfToEven, Round::HalfAwayFromZero, Round::TowardZero, Round::Floor,
                             Round::Ceil,       Round::HalfUp,           Round::HalfDown};
constexpr DType kIntegers[] = {DType::I8, DType::U8, DType::I16, DType::U16, DType::I32, DType::U32};

/// Rounds numerator / denominator (denominator > 0) to an integer by the textbook definition of each mode.
inline Int128 roundFraction(Int128 numerator, Int128 denominator, Round round) {
  Int128 low = numerator / denominator;
  if (numerator % denominator < 0)
    --low;
  Int128 rest = numerator - low * denominator; // 0 <= rest < denominator
  if (rest == 0)
    return low;
  Int128 toHalf = 2 * rest - denominator; // sign: nearer below, tie, nearer above
  switch (round) {
  case Round::Floor:
    return low;
  case Round::Ceil:
    return low + 1;
  case Round::TowardZero:
    return numerator < 0 ? low + 1 : low;
  default:
    break;
  }
  if (toHalf != 0)
    return toHalf > 0 ? low + 1 : low;
  switch (round) {
  case Round::HalfToEven:
    return low % 2 == 0 ? low : low + 1;
  case Round::HalfAwayFromZero:
    return numerator < 0 ? low : low + 1;
  case Round::HalfUp:
    return low + 1;
  default:
    return low; // half down
  }
}

inline Int128 clamp(Int128 v, DType t) {
  int bits = kernel::bitWidth(t);
  Int128 low = kernel::isSigned(t) ? -(Int128(1) << (bits - 1)) : 0;
  Int128 high = kernel::isSigned(t) ? (Int128(1) << (bits - 1)) - 1 : (Int128(1) << bits) - 1;
  return v < low ? low : v > high ? high : v;
}

/// v · 2^shift in exact arithmetic; left shifts keep the low 64 bits.
inline int64_t shiftExactly(int64_t v, int shift, Round round) {
  if (shift >= 0)
    return shift >= 64 ? 0 : int64_t(uint64_t(v) << shift);
  int amount = shift < -63 ? 63 : -shift;
  return int64_t(roundFraction(v, Int128(1) << amount, round));
}

/// A dense tensor with random or given content.
struct Buffer {
  DType dtype;
  Dims dims;
  std::vector<uint8_t> bytes;
  Buffer(DType dtype, Dims dims) : dtype(dtype), dims(dims), bytes(size_t(dims.count() * kernel::byteSize(dtype))) {}

  Tensor tensor() { return {dtype, dims, bytes.data()}; }
  ConstTensor view() const { return {dtype, dims, bytes.data()}; }
  template <typename T> T *as() { return reinterpret_cast<T *>(bytes.data()); }
  template <typename T> const T *as() const { return reinterpret_cast<const T *>(bytes.data()); }
  int64_t index(int64_t n, int64_t c, int64_t h, int64_t w) const {
    return ((n * dims.c + c) * dims.h + h) * dims.w + w;
  }

  /// Of a float format.
  float real(int64_t i) const {
    return dtype == DType::F32   ? as<float>()[i]
           : dtype == DType::F16 ? kernel::f16ToF32(as<uint16_t>()[i])
                                 : kernel::bf16ToF32(as<uint16_t>()[i]);
  }
  int64_t integer(int64_t i) const {
    switch (dtype) {
    case DType::I8:
      return as<int8_t>()[i];
    case DType::U8:
      return as<uint8_t>()[i];
    case DType::I16:
      return as<int16_t>()[i];
    case DType::U16:
      return as<uint16_t>()[i];
    case DType::I32:
      return as<int32_t>()[i];
    default:
      return as<uint32_t>()[i];
    }
  }
  void setInteger(int64_t i, int64_t v) {
    std::memcpy(bytes.data() + i * kernel::byteSize(dtype), &v, size_t(kernel::byteSize(dtype)));
  }

  /// Random bits for integers with extreme values mixed in; floats in ±4 with a few special magnitudes.
  Buffer &randomise(std::mt19937 &random) {
    if (dtype == DType::F32) {
      std::uniform_real_distribution<float> uniform(-4, 4);
      for (int64_t i = 0; i < dims.count(); ++i)
        as<float>()[i] = random() % 64 ? uniform(random) : std::ldexp(uniform(random), int(random() % 60) - 30);
      return *this;
    }
    if (kernel::isFloat(dtype)) { // the bits of a NaN are not defined, so there is none
      std::uniform_real_distribution<float> uniform(-4, 4);
      for (int64_t i = 0; i < dims.count(); ++i)
        setInteger(i,
                   int64_t(kernel::narrowFloat(
                       random() % 64 ? uniform(random) : std::ldexp(uniform(random), int(random() % 24) - 16), dtype)));
      return *this;
    }
    for (uint8_t &b : bytes)
      b = uint8_t(random());
    int64_t low = int64_t(clamp(-(Int128(1) << 62), dtype)), high = int64_t(clamp(Int128(1) << 62, dtype));
    for (int64_t i = 0; i < dims.count(); ++i)
      if (random() % 16 == 0)
        setInteger(i, random() % 2 ? low : high);
    return *this;
  }
};

/// Random numbers of 8 bits, which every float format holds: in format `t` and in F32.
inline std::pair<Buffer, Buffer> smallFloats(std::mt19937 &random, DType t, Dims dims) {
  std::pair<Buffer, Buffer> out{Buffer(t, dims), Buffer(DType::F32, dims)};
  for (int64_t i = 0; i < dims.count(); ++i) {
    float v = float(int(random() % 255) - 127) / 32;
    out.second.as<float>()[i] = v;
    out.first.setInteger(i, int64_t(kernel::narrowFloat(v, t)));
  }
  return out;
}

inline int64_t between(std::mt19937 &random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

/// A random window, kernels up to `largest`, and an input size that it fits.
inline Window randomWindow(std::mt19937 &random, int64_t largest, Dims &in) {
  Window w;
  w.kh = between(random, 1, largest);
  w.kw = between(random, 1, largest);
  w.strideH = between(random, 1, 3);
  w.strideW = between(random, 1, 3);
  w.dilationH = between(random, 1, 3);
  w.dilationW = between(random, 1, 3);
  w.padTop = between(random, 0, 4);
  w.padLeft = between(random, 0, 4);
  w.padBottom = between(random, 0, 4);
  w.padRight = between(random, 0, 4);
  in.h = std::max<int64_t>(in.h, w.dilationH * (w.kh - 1) + 1 - w.padTop - w.padBottom);
  in.w = std::max<int64_t>(in.w, w.dilationW * (w.kw - 1) + 1 - w.padLeft - w.padRight);
  return w;
}

/// Dimensions for element-wise kernels, and the same with some of them 1.
inline Dims randomDims(std::mt19937 &random) {
  return {between(random, 1, 3), between(random, 1, 5), between(random, 1, 6),
          between(random, 1, random() % 8 ? 20 : 3000)};
}
inline Dims broadcastOf(std::mt19937 &random, Dims d) {
  for (int64_t *dim : {&d.n, &d.c, &d.h, &d.w})
    if (random() % 3 == 0)
      *dim = 1;
  return d;
}
/// Where element o of a result of `out` is in an operand that repeats.
inline int64_t broadcastIndex(const Dims &out, const Dims &in, int64_t o) {
  int64_t w = o % out.w, h = o / out.w % out.h, c = o / out.w / out.h % out.c, n = o / out.w / out.h / out.c;
  return (((in.n == 1 ? 0 : n) * in.c + (in.c == 1 ? 0 : c)) * in.h + (in.h == 1 ? 0 : h)) * in.w + (in.w == 1 ? 0 : w);
}

/// All levels of this machine, for tests that each gives the same bits.
inline std::vector<kernel::CpuLevel> cpuLevels() {
  std::vector<kernel::CpuLevel> levels;
  for (int l = 0; l <= int(kernel::machineCpuLevel()); ++l)
    levels.push_back(kernel::CpuLevel(l));
  return levels;
}

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_KERNEL_REFERENCE_H
