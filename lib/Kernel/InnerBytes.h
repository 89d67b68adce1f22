//===- InnerBytes.h - Inner loops on bytes, four products at a time -*- C++ -*-===//
// Loops for machines that add four products of an unsigned and a signed byte to
// each 32-bit sum. A "quad" is four bytes that are multiplied together. Signed
// inputs are turned to unsigned ones by 128 more; who calls subtracts 128 times
// the sum of the weights.
#ifndef TPU_MLIR_LIB_KERNEL_INNERBYTES_H
#define TPU_MLIR_LIB_KERNEL_INNERBYTES_H

#include <cstdint>

namespace tpu_mlir::kernel {

/// Where 16 neighbouring sums go: those of `mask`, one after the other, to `place`.
struct Landing {
  int64_t place;
  uint32_t mask;
};

/// The quad of the input, in bytes from the first pixel's first one, and that of the weights in its row.
struct QuadStep {
  int32_t input, weight;
};

/// Bytes from an output's first one to four taps of a row, and their weights.
struct WindowStep {
  int32_t input, weights;
};

struct ByteLoops {
  static constexpr int kRows = 8, kVectors = 3, kPixels = 16; ///< of a block: rows, vectors of pixels, pixels of each

  /// sum[row][pixel] = start[row] + Σ_s input quad · weight quad, pixels four bytes apart, modulo 2^32. Lands, or is
  /// added if `add`. Up to kRows rows and kVectors vectors.
  void (*block)(int64_t steps, const QuadStep *step, const uint8_t *in, int rows, const int8_t *const *weights,
                const int32_t *start, int vectors, const Landing *landing, int32_t *const *out, bool add);

  /// Quads of n pixels from four rows whose pixels are `step` bytes apart: to[4i + r] = (rows[r][i·step] ^ flip) & keep.
  void (*interleave)(const uint8_t *const *rows, int64_t step, int64_t n, uint32_t flip, uint32_t keep, uint8_t *to);

  /// One channel's window: sum[i] = start + Σ_s of the four bytes at in[i · stride + step] · weights; lands. stride 1 to 4;
  /// 64 bytes behind the first of each vector may be read.
  void (*window)(int64_t steps, const WindowStep *step, const uint8_t *in, int stride, int32_t start, int64_t vectors,
                 const Landing *landing, int32_t *out);

  /// to[i] = from[i] ^ flip.
  void (*copy)(const uint8_t *from, int64_t n, uint8_t flip, uint8_t *to);

  /// out[i] = table[in[i]], a table of 256 bytes.
  void (*lookup)(const uint8_t *in, const uint8_t *table, int64_t n, uint8_t *out);

  /// Σ w[i].
  int32_t (*sum)(const int8_t *w, int64_t n);
};

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_INNERBYTES_H
