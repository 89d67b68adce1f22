//===- InnerAvx512.cpp - Inner loops for AVX-512 --------------------------===//
// Sixteen 32-bit elements per vector; panels of four vectors leave 24 sums in registers.

#include "Inner.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))),                   \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace tpu_mlir::kernel {
namespace {

constexpr int kLanes = 16, kPanelVectors = 4;
typedef float Floats __attribute__((vector_size(kLanes * 4)));
typedef int32_t Ints __attribute__((vector_size(kLanes * 4)));

inline Floats multiplyAdd(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Ints multiplyPairs(Ints c, Ints a, Ints b) {
  return (Ints)_mm512_add_epi32((__m512i)c, _mm512_madd_epi16((__m512i)a, (__m512i)b));
}

#include "Inner.inc"
#include "InnerFused.inc"

} // namespace

constinit const InnerLoops kInnerAvx512 = tableOf(CpuLevel::Avx512, &kFusedLoops);

} // namespace tpu_mlir::kernel

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif // __x86_64__
