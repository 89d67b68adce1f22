//===- InnerPortable.cpp - Inner loops for any CPU ------------------------===//
// Generic vectors and std::fma semantics without special instructions.

#include "Inner.h"

namespace tpu_mlir::kernel {
namespace {

constexpr int kLanes = 4, kPanelVectors = 2;
typedef float Floats __attribute__((vector_size(kLanes * 4)));
typedef int32_t Ints __attribute__((vector_size(kLanes * 4)));
typedef uint32_t Unsigneds __attribute__((vector_size(kLanes * 4)));

inline Floats multiplyAdd(Floats a, Floats b, Floats c) {
  for (int i = 0; i < kLanes; ++i)
    c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
}

inline Ints multiplyPairs(Ints c, Ints a, Ints b) {
  Ints low = ((a << 16) >> 16) * ((b << 16) >> 16), high = (a >> 16) * (b >> 16);
  return (Ints)((Unsigneds)c + (Unsigneds)low + (Unsigneds)high);
}

#include "Inner.inc"

} // namespace

constinit const InnerLoops kInnerPortable = tableOf(CpuLevel::Portable);

} // namespace tpu_mlir::kernel
