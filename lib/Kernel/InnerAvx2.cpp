//===- InnerAvx2.cpp - Inner loops for AVX2 and FMA -----------------------===//
// Eight 32-bit elements per vector; panels of two vectors leave twelve sums in registers.

#include "Inner.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

namespace tpu_mlir::kernel {
namespace {

constexpr int kLanes = 8, kPanelVectors = 2;
typedef float Floats __attribute__((vector_size(kLanes * 4)));
typedef int32_t Ints __attribute__((vector_size(kLanes * 4)));

inline Floats multiplyAdd(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
inline Ints multiplyPairs(Ints c, Ints a, Ints b) {
  return (Ints)_mm256_add_epi32((__m256i)c, _mm256_madd_epi16((__m256i)a, (__m256i)b));
}

#include "Inner.inc"

} // namespace

constinit const InnerLoops kInnerAvx2 = tableOf(CpuLevel::Avx2);

} // namespace tpu_mlir::kernel

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif // __x86_64__
