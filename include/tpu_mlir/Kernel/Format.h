//===- Format.h - Number formats, shapes and tensor spans -------*- C++ -*-===//
// The number formats of the chip family, four-dimensional shapes and the dense
// NCHW tensor spans that kernels work on. Decides nothing about layouts in
// local memory.
#ifndef TPU_MLIR_KERNEL_FORMAT_H
#define TPU_MLIR_KERNEL_FORMAT_H

#include <cassert>
#include <cstddef>
#include <cstdint>

namespace tpu_mlir::kernel {

/// Number formats. Values are those of `Tensor.data_type` in a bmodel.
/// Source: shared ISA notes, bmodel_format.md §3.
enum class DType : uint8_t {
  F32 = 0,
  F16 = 1,
  I8 = 2,
  U8 = 3,
  I16 = 4,
  U16 = 5,
  I32 = 6,
  U32 = 7,
  BF16 = 8,
  I4 = 9,
  U4 = 10
};

constexpr int bitWidth(DType t) {
  switch (t) {
  case DType::F32:
  case DType::I32:
  case DType::U32:
    return 32;
  case DType::F16:
  case DType::BF16:
  case DType::I16:
  case DType::U16:
    return 16;
  case DType::I8:
  case DType::U8:
    return 8;
  case DType::I4:
  case DType::U4:
    return 4;
  }
  return 0;
}
/// Bytes of one element where engines compute on it: numbers of 4 bits travel as bytes.
constexpr int64_t byteSize(DType t) { return (bitWidth(t) + 7) / 8; }
/// Bytes of `count` elements in a file: two numbers of 4 bits share a byte (`pack4`).
constexpr int64_t storageBytes(DType t, int64_t count) { return (count * bitWidth(t) + 7) / 8; }
constexpr bool isFloat(DType t) { return t == DType::F32 || t == DType::F16 || t == DType::BF16; }
constexpr bool isSigned(DType t) {
  return isFloat(t) || t == DType::I8 || t == DType::I16 || t == DType::I32 || t == DType::I4;
}
const char *name(DType t);
/// The largest finite number of a float format.
constexpr float largestOf(DType t) {
  assert(isFloat(t));
  return t == DType::F16 ? 65504.0f : t == DType::BF16 ? 0x1.fep127f : 0x1.fffffep127f;
}

/// The least positive number that a float format holds with all its bits.
constexpr float leastNormalOf(DType t) {
  assert(isFloat(t));
  return t == DType::F16 ? 0x1p-14f : 0x1p-126f;
}

/// The numbers that an integer format holds.
struct IntegerRange {
  int64_t low, high;
};
constexpr IntegerRange rangeOf(DType t) {
  assert(!isFloat(t) && "only integer formats have ends");
  int bits = bitWidth(t);
  if (isSigned(t))
    return {-(int64_t(1) << (bits - 1)), (int64_t(1) << (bits - 1)) - 1};
  return {0, (int64_t(1) << bits) - 1};
}

/// Rounding modes; values are the chip's `round_mode` field.
enum class Round : uint8_t {
  HalfToEven = 0,
  HalfAwayFromZero = 1,
  TowardZero = 2,
  Floor = 3,
  Ceil = 4,
  HalfUp = 5,
  HalfDown = 6
};

/// Shape of a tensor, all dimensions at least 1.
struct Dims {
  int64_t n = 1, c = 1, h = 1, w = 1;
  constexpr int64_t count() const { return n * c * h * w; }
  constexpr bool operator==(const Dims &) const = default;
};

/// Where dense planes (n, c) lie that are apart: channels in groups of `perGroup`, distances in elements. Channel 0 is
/// the group's member `first`.
struct Planes {
  int64_t perGroup, first, channel, group, image;
  int64_t at(int64_t n, int64_t c) const {
    return n * image + (first + c) / perGroup * group + (first + c) % perGroup * channel;
  }
};

/// Element offset of the plane with this number, counted over n and c.
inline int64_t planeOffset(const Dims &dims, const Planes *planes, int64_t number) {
  return planes ? planes->at(number / dims.c, number % dims.c) : number * dims.h * dims.w;
}

/// The offsets of an operand's planes while those of a result pass in order, without a division for each. Dimensions n
/// and c of the operand equal the result's or are 1 (broadcast).
class PlaneWalk {
public:
  PlaneWalk(const Dims &result, const Dims &own, const Planes *planes, int64_t number)
      : p(planes ? *planes : Planes{own.c, 0, own.h * own.w, 0, own.c * own.h * own.w}), channels(result.c),
        n(number / result.c), c(number % result.c), repeatsImage(own.n == 1), repeatsChannel(own.c == 1) {
    seek();
  }
  int64_t offset() const { return at; }
  int64_t channel() const { return c; }
  void next() {
    if (++c == channels) {
      c = 0, ++n;
      return seek();
    }
    if (repeatsChannel)
      return;
    at += p.channel;
    if (++member == p.perGroup)
      member = 0, at += p.group - p.perGroup * p.channel;
  }

private:
  void seek() {
    int64_t own = repeatsChannel ? 0 : c;
    at = p.at(repeatsImage ? 0 : n, own), member = (p.first + own) % p.perGroup;
  }
  Planes p;
  int64_t channels, n, c, member = 0, at = 0;
  bool repeatsImage, repeatsChannel;
};

/// Dense NCHW tensor that the kernel writes. The caller owns the bytes. Only kernels that say so take planes apart.
struct Tensor {
  DType dtype;
  Dims dims;
  void *data;
  const Planes *planes = nullptr;
  template <typename T> T *as() const { return static_cast<T *>(data); }
  int64_t bytes() const { return dims.count() * byteSize(dtype); }
};

/// Dense NCHW tensor that the kernel reads.
struct ConstTensor {
  DType dtype;
  Dims dims;
  const void *data;
  const Planes *planes = nullptr;
  ConstTensor(DType dtype, Dims dims, const void *data) : dtype(dtype), dims(dims), data(data) {}
  ConstTensor(const Tensor &t) : dtype(t.dtype), dims(t.dims), data(t.data), planes(t.planes) {}
  template <typename T> const T *as() const { return static_cast<const T *>(data); }
  int64_t bytes() const { return dims.count() * byteSize(dtype); }
};

/// Sliding window of convolutions and pools, in elements.
struct Window {
  int64_t kh = 1, kw = 1, strideH = 1, strideW = 1, dilationH = 1, dilationW = 1;
  int64_t padTop = 0, padLeft = 0, padBottom = 0, padRight = 0;
  constexpr int64_t outH(int64_t h) const { return (h + padTop + padBottom - dilationH * (kh - 1) - 1) / strideH + 1; }
  constexpr int64_t outW(int64_t w) const { return (w + padLeft + padRight - dilationW * (kw - 1) - 1) / strideW + 1; }
};

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_FORMAT_H
