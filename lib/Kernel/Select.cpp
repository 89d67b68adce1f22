//===- Select.cpp - Comparisons that choose -------------------------------===//
// Integers are compared in 64 bits and floats in fp32, which hold every number
// of every format, so that formats may be mixed.

#include "tpu_mlir/Kernel/Select.h"
#include "Strips.h"

namespace tpu_mlir::kernel {
namespace {

template <typename T> void compareStrip(Comparison c, const T *a, const T *b, bool *holds, int64_t n) {
  switch (c) {
  case Comparison::Greater:
    for (int64_t i = 0; i < n; ++i)
      holds[i] = a[i] > b[i];
    return;
  case Comparison::Equal:
    for (int64_t i = 0; i < n; ++i)
      holds[i] = a[i] == b[i];
    return;
  case Comparison::Less:
    for (int64_t i = 0; i < n; ++i)
      holds[i] = a[i] < b[i];
    return;
  }
}

} // namespace

void select(Comparison c, const Tensor &out, const ConstTensor &a, const ConstTensor &b, const ConstTensor &yes,
            const ConstTensor &no) {
  assert(isFloat(a.dtype) == isFloat(b.dtype) && byteSize(yes.dtype) == byteSize(out.dtype) &&
         byteSize(no.dtype) == byteSize(out.dtype));
  const InnerLoops &loops = inner();
  visitBits(out.dtype, [&]<typename T>() {
    forStrips(
        out,
        [&](const Strip<4> &s) {
          bool holds[kStrip];
          if (isFloat(a.dtype)) {
            float x[kStrip], y[kStrip];
            loadStrip(a, s.at[0], s.step[0], x, s.n);
            loadStrip(b, s.at[1], s.step[1], y, s.n);
            compareStrip(c, x, y, holds, s.n);
          } else {
            int64_t x[kStrip], y[kStrip];
            loadStrip(loops, a, s.at[0], s.step[0], x, s.n);
            loadStrip(loops, b, s.at[1], s.step[1], y, s.n);
            compareStrip(c, x, y, holds, s.n);
          }
          const T *whenHeld = yes.as<T>() + s.at[2], *otherwise = no.as<T>() + s.at[3];
          T *to = out.as<T>() + s.out;
          for (int64_t i = 0; i < s.n; ++i)
            to[i] = holds[i] ? whenHeld[i * s.step[2]] : otherwise[i * s.step[3]];
        },
        a, b, yes, no);
  });
}

} // namespace tpu_mlir::kernel
