//===- InnerAvx512Vnni.cpp - Inner loops for AVX-512 with VNNI ------------===//
// As InnerAvx512.cpp, with the pair product and its sum in one instruction, and
// with the loops on bytes.

#include "Inner.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(                                                                                          \
    __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi")
#endif

namespace tpu_mlir::kernel {
namespace {

constexpr int kLanes = 16, kPanelVectors = 4;
typedef float Floats __attribute__((vector_size(kLanes * 4)));
typedef int32_t Ints __attribute__((vector_size(kLanes * 4)));

inline Floats multiplyAdd(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Ints multiplyPairs(Ints c, Ints a, Ints b) {
  return (Ints)_mm512_dpwssd_epi32((__m512i)c, (__m512i)a, (__m512i)b);
}

#include "Inner.inc"
#include "InnerBytes.inc"
#include "InnerFused.inc"

} // namespace

constinit const InnerLoops kInnerAvx512Vnni = tableOf(CpuLevel::Avx512Vnni, &kFusedLoops, &kByteLoops);

} // namespace tpu_mlir::kernel

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif // __x86_64__
