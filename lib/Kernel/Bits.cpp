//===- Bits.cpp - Operations on bits, shifts, copies ----------------------===//
// What does not care whether bits are integers or floats, and shifts by a number
// for each element.

#include "Strips.h"

namespace tpu_mlir::kernel {

void bitwise(BitOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b) {
  const InnerLoops &loops = inner();
  forStrips(
      out,
      [&](const Strip<2> &s) {
        int64_t x[kStrip], y[kStrip];
        loadStrip(loops, a, s.at[0], s.step[0], x, s.n);
        loadStrip(loops, b, s.at[1], s.step[1], y, s.n);
        for (int64_t i = 0; i < s.n; ++i)
          x[i] = op == BitOp::And   ? x[i] & y[i]
                 : op == BitOp::Or  ? x[i] | y[i]
                 : op == BitOp::Xor ? x[i] ^ y[i]
                                    : ~x[i];
        storeBits(x, out, s.out, s.n);
      },
      a, b);
}

namespace {

/// Within `bits` bits; places may be any number.
int64_t shiftLogical(int64_t v, int64_t places, int bits) {
  const uint64_t mask = (uint64_t(1) << bits) - 1, u = uint64_t(v) & mask;
  return int64_t(places <= -bits || places >= bits ? 0 : places < 0 ? u >> -places : (u << places) & mask);
}

int64_t rotate(int64_t v, int64_t places, int bits) {
  const uint64_t mask = (uint64_t(1) << bits) - 1, u = uint64_t(v) & mask;
  const int amount = int((places % bits + bits) % bits);
  return int64_t(amount ? ((u << amount) | (u >> (bits - amount))) & mask : u);
}

} // namespace

void shiftEach(ShiftOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b, Round round) {
  assert(!isFloat(out.dtype) && !isFloat(a.dtype) && !isFloat(b.dtype));
  const InnerLoops &loops = inner();
  const int bits = bitWidth(a.dtype);
  forStrips(
      out,
      [&](const Strip<2> &s) {
        int64_t v[kStrip], places[kStrip];
        loadStrip(loops, a, s.at[0], s.step[0], v, s.n);
        loadStrip(loops, b, s.at[1], s.step[1], places, s.n);
        for (int64_t i = 0; i < s.n; ++i)
          v[i] = op == ShiftOp::Logical ? shiftLogical(v[i], places[i], bits)
                 : op == ShiftOp::Rotate
                     ? rotate(v[i], places[i], bits)
                     : saturate(shiftRound(v[i], int(std::clamp<int64_t>(places[i], -64, 64)), round), out.dtype);
        storeBits(v, out, s.out, s.n);
      },
      a, b);
}

void copyElements(const Tensor &out, const ConstTensor &a) {
  assert(byteSize(out.dtype) == byteSize(a.dtype));
  visitBits(out.dtype, [&]<typename T>() {
    forStrips(
        out,
        [&](const Strip<1> &s) {
          const T *from = a.as<T>() + s.at[0];
          if (s.step[0])
            std::memcpy(out.as<T>() + s.out, from, size_t(s.n) * sizeof(T));
          else
            std::fill_n(out.as<T>() + s.out, s.n, *from);
        },
        a);
  });
}

} // namespace tpu_mlir::kernel
