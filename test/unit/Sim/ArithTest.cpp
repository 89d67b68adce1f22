//===- ArithTest.cpp - Element-wise arithmetic commands -------------------===//
// Random formats, layouts, broadcasts by zero strides and shifts, against
// 128-bit arithmetic; single IEEE operations for floats.

#include "Bench.h"
#include "tpu_mlir/Kernel/Float.h"

#include <cmath>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

struct Operand {
  Buffer data; ///< as stored
  Place place;
  bool constant = false;
};

/// An operand that repeats along random dimensions, with the strides that say so.
Operand randomOperand(std::mt19937 &random, DType dtype, const Dims &out, int64_t lane, int64_t offset) {
  int form = int(random() % 5);
  Dims d = out;
  if (form == 0) { // a constant
    Operand o{Buffer(dtype, {1, 1, 1, 1}), {}, true};
    o.data.randomise(random);
    return o;
  }
  Place p{Layout::Aligned, lane, offset};
  if (form == 1) {
    p.layout = Layout::Compact;
    p.offset += kernel::byteSize(dtype);
  } else if (form == 2) { // one value per channel, compact: the bias form
    d = {1, out.c, 1, 1};
    p = {Layout::Explicit, lane, offset + kernel::byteSize(dtype), 0, 1, 0, 0};
  } else if (form == 3) { // rows repeat over n and h
    d = {1, out.c, 1, out.w};
    p = {Layout::Explicit, lane, offset, 0, out.w + 3, 0, 1};
  }
  Operand o{Buffer(dtype, d), p};
  o.data.randomise(random);
  return o;
}

int64_t indexIn(const Dims &in, const Dims &out, int64_t o) {
  int64_t w = o % out.w, h = o / out.w % out.h, c = o / out.w / out.h % out.c, n = o / out.w / out.h / out.c;
  return (((in.n == 1 ? 0 : n) * in.c + (in.c == 1 ? 0 : c)) * in.h + (in.h == 1 ? 0 : h)) * in.w + (in.w == 1 ? 0 : w);
}

void describe(isa::SAR &cmd, const Operand &o, bool first) {
  uint32_t bits = 0;
  std::memcpy(&bits, o.data.bytes.data(), std::min<size_t>(4, o.data.bytes.size()));
  uint32_t address = o.constant ? bits | (kernel::byteSize(o.data.dtype) == 1 ? 0x5a5a5a00u : 0) : o.place.address();
  uint32_t layout = o.place.layout == Layout::Compact ? 1 : o.place.layout == Layout::Explicit ? 3 : 0;
  if (first) {
    cmd.opd0_const = o.constant, cmd.opd0_addr = address, cmd.opd0_prec = precision(o.data.dtype),
    cmd.opd0_sign = kernel::isSigned(o.data.dtype);
    cmd.opd0_str = layout, cmd.opd0_n_str = uint32_t(o.place.ns), cmd.opd0_c_str = uint32_t(o.place.cs),
    cmd.opd0_h_str = uint32_t(o.place.hs), cmd.opd0_w_str = uint32_t(o.place.ws);
  } else {
    cmd.opd1_const = o.constant, cmd.opd1_addr = address, cmd.opd1_prec = precision(o.data.dtype),
    cmd.opd1_sign = kernel::isSigned(o.data.dtype);
    cmd.opd1_str = layout, cmd.opd1_n_str = uint32_t(o.place.ns), cmd.opd1_c_str = uint32_t(o.place.cs),
    cmd.opd1_h_str = uint32_t(o.place.hs), cmd.opd1_w_str = uint32_t(o.place.ws);
  }
}

DType withSign(DType t, bool isSigned) {
  switch (kernel::bitWidth(t)) {
  case 8:
    return isSigned ? DType::I8 : DType::U8;
  case 16:
    return isSigned ? DType::I16 : DType::U16;
  default:
    return isSigned ? DType::I32 : DType::U32;
  }
}

struct ArithCase {
  Bench bench;
  Dims d;
  int64_t lane;
  Operand a, b;
  Place outAt;
  isa::SAR cmd;

  ArithCase(std::mt19937 &random, uint32_t kind, DType ta, DType tb, DType to)
      : d{between(random, 1, 2), between(random, 1, 150), between(random, 1, 6), between(random, 1, 12)},
        lane(between(random, 0, 63)), a(randomOperand(random, ta, d, lane, 0)),
        b(randomOperand(random, tb, d, lane, 0x10000)) {
    for (const Operand *o : {&a, &b})
      if (!o->constant)
        bench.put(o->data, o->place);
    outAt = {random() % 2 ? Layout::Aligned : Layout::Compact, lane, 0x20000};
    setResult(cmd, d);
    cmd.tsk_eu_typ = kind, cmd.tsk_opd_num = 2;
    cmd.res0_addr = outAt.address(), cmd.res0_str = outAt.layout == Layout::Compact, cmd.res0_prec = precision(to);
    describe(cmd, a, true);
    describe(cmd, b, false);
  }
  void run(std::mt19937 &random) {
    isa::Command c = isa::encode(bench.table, cmd);
    bench.run(random() % 2 ? c : longForm(bench.table, c, isa::CommandId::AR));
  }
  int64_t intA(int64_t o) const { return a.data.integer(indexIn(a.data.dims, d, o)); }
  int64_t intB(int64_t o) const { return b.data.integer(indexIn(b.data.dims, d, o)); }
  float realA(int64_t o) const { return a.data.as<float>()[indexIn(a.data.dims, d, o)]; }
  float realB(int64_t o) const { return b.data.as<float>()[indexIn(b.data.dims, d, o)]; }
};

TEST(SimArith, IntegerOperationsShiftAndSaturate) {
  std::mt19937 random(81);
  constexpr uint32_t kKinds[] = {isa::kArithAdd, isa::kArithAdds, isa::kArithSub, isa::kArithSubs,
                                 isa::kArithMul, isa::kArithMuls, isa::kArithMax, isa::kArithMin};
  for (int i = 0; i < 400; ++i) {
    uint32_t kind = kKinds[i % 8];
    DType ta = kIntegers[random() % 6], tb = kIntegers[random() % 6];
    bool subtracts = kind == isa::kArithSub || kind == isa::kArithSubs;
    DType to = withSign(kIntegers[random() % 6], subtracts || kernel::isSigned(ta) || kernel::isSigned(tb));
    ArithCase c(random, kind, ta, tb, to);
    int shift = random() % 2 ? 0 : int(between(random, -20, 4));
    Round round = kRounds[random() % 7];
    if (shift) {
      c.cmd.tsk_opd_num = 3;
      c.cmd.opd2_const = 1, c.cmd.opd2_addr = 0x77777700u | uint8_t(shift), c.cmd.opd2_n_str = uint32_t(round);
    }
    c.run(random);
    Buffer out = c.bench.fetch(to, c.d, c.outAt);
    for (int64_t o = 0; o < c.d.count(); ++o) {
      Int128 x = c.intA(o), y = c.intB(o), v = 0;
      bool shifts = true;
      switch (kind) {
      case isa::kArithAdd:
      case isa::kArithAdds:
        v = x + y;
        break;
      case isa::kArithSub:
      case isa::kArithSubs:
        v = x - y;
        break;
      case isa::kArithMul:
      case isa::kArithMuls:
        v = x * y;
        break;
      default:
        v = (kind == isa::kArithMax) == (x > y) ? x : y;
        shifts = false;
      }
      int64_t expected = shifts ? shiftExactly(int64_t(v), shift, round) : int64_t(v);
      ASSERT_EQ(out.integer(o), int64_t(clamp(expected, to))) << "case " << i << " kind " << kind;
    }
  }
}

TEST(SimArith, FloatOperationsAreIeee) {
  std::mt19937 random(82);
  constexpr uint32_t kKinds[] = {isa::kArithAdd, isa::kArithSub, isa::kArithMul, isa::kArithMax,
                                 isa::kArithMin, isa::kArithMac, isa::kArithAbs, isa::kArithFsubabs};
  for (int i = 0; i < 160; ++i) {
    uint32_t kind = kKinds[i % 8];
    ArithCase c(random, kind, DType::F32, DType::F32, DType::F32);
    Buffer old(DType::F32, c.d);
    old.randomise(random);
    c.bench.put(old, c.outAt);
    c.run(random);
    Buffer out = c.bench.fetch(DType::F32, c.d, c.outAt);
    for (int64_t o = 0; o < c.d.count(); ++o) {
      float x = c.realA(o), y = c.realB(o), expected = 0;
      switch (kind) {
      case isa::kArithAdd:
        expected = x + y;
        break;
      case isa::kArithSub:
        expected = x - y;
        break;
      case isa::kArithMul:
        expected = x * y;
        break;
      case isa::kArithMax:
        expected = std::fmax(x, y);
        break;
      case isa::kArithMin:
        expected = std::fmin(x, y);
        break;
      case isa::kArithMac:
        expected = std::fma(x, y, old.as<float>()[o]);
        break;
      case isa::kArithAbs:
        expected = std::fabs(x);
        break;
      case isa::kArithFsubabs:
        expected = std::fabs(x - y);
        break;
      }
      ASSERT_EQ(out.as<float>()[o], expected) << "case " << i << " kind " << kind;
    }
  }
}

TEST(SimArith, HalfPrecisionRoundsOnce) {
  std::mt19937 random(83);
  for (int i = 0; i < 40; ++i) {
    DType t = i % 2 ? DType::F16 : DType::BF16;
    auto widen = [&](uint16_t bits) { return t == DType::F16 ? kernel::f16ToF32(bits) : kernel::bf16ToF32(bits); };
    auto narrow = [&](double v) { return t == DType::F16 ? kernel::f32ToF16(float(v)) : kernel::f32ToBf16(float(v)); };
    ArithCase c(random, i % 4 < 2 ? isa::kArithAdd : isa::kArithMul, t, t, t);
    for (Operand *o : {&c.a, &c.b}) {
      for (int64_t k = 0; k < o->data.dims.count(); ++k)
        o->data.as<uint16_t>()[k] = narrow(double(int(random() % 2001) - 1000) / 16);
      if (!o->constant)
        c.bench.put(o->data, o->place);
      describe(c.cmd, *o, o == &c.a);
    }
    c.run(random);
    Buffer out = c.bench.fetch(t, c.d, c.outAt);
    for (int64_t o = 0; o < c.d.count(); ++o) {
      // Sums and products of these values are exact in double; float conversion then narrowing is checked elsewhere.
      double x = widen(c.a.data.as<uint16_t>()[indexIn(c.a.data.dims, c.d, o)]),
             y = widen(c.b.data.as<uint16_t>()[indexIn(c.b.data.dims, c.d, o)]);
      ASSERT_EQ(out.as<uint16_t>()[o], narrow(i % 4 < 2 ? x + y : x * y));
    }
  }
}

TEST(SimArith, BitOperationsSelectsAndShifts) {
  std::mt19937 random(84);
  constexpr uint32_t kKinds[] = {isa::kArithAnd,        isa::kArithOr,          isa::kArithXor,
                                 isa::kArithNot,        isa::kArithSelectGreat, isa::kArithSelectEqual,
                                 isa::kArithSelectLess, isa::kArithLogicShift,  isa::kArithAshift,
                                 isa::kArithCshift,     isa::kArithCopy};
  for (int i = 0; i < 330; ++i) {
    uint32_t kind = kKinds[i % 11];
    bool shifts = kind == isa::kArithLogicShift || kind == isa::kArithAshift || kind == isa::kArithCshift;
    DType ta = kIntegers[random() % 6], tb = shifts ? DType::I8 : ta, to = ta;
    ArithCase c(random, kind, ta, tb, to);
    int bits = kernel::bitWidth(ta);
    if (shifts) {
      for (int64_t k = 0; k < c.b.data.dims.count(); ++k)
        c.b.data.as<int8_t>()[k] = int8_t(between(random, -bits - 1, bits + 1));
      if (!c.b.constant)
        c.bench.put(c.b.data, c.b.place);
      describe(c.cmd, c.b, false);
    }
    uint32_t chosen = uint32_t(random());
    Round round = kRounds[random() % 7];
    c.cmd.opd2_const = 1, c.cmd.opd2_addr = chosen;
    if (kind == isa::kArithAshift)
      c.cmd.opd2_n_str = uint32_t(round);
    c.run(random);
    Buffer out = c.bench.fetch(to, c.d, c.outAt), expected(to, c.d);
    uint64_t mask = (uint64_t(1) << bits) - 1;
    DType signedTo = withSign(to, kernel::isSigned(ta) || (kind != isa::kArithCopy && kernel::isSigned(tb)));
    for (int64_t o = 0; o < c.d.count(); ++o) {
      int64_t x = c.intA(o), y = c.intB(o), v = 0;
      uint64_t u = uint64_t(x) & mask;
      switch (kind) {
      case isa::kArithAnd:
        v = x & y;
        break;
      case isa::kArithOr:
        v = x | y;
        break;
      case isa::kArithXor:
        v = x ^ y;
        break;
      case isa::kArithNot:
        v = ~x;
        break;
      case isa::kArithSelectGreat:
        v = x > y ? chosen : 0;
        break;
      case isa::kArithSelectEqual:
        v = x == y ? chosen : 0;
        break;
      case isa::kArithSelectLess:
        v = x < y ? chosen : 0;
        break;
      case isa::kArithLogicShift:
        v = y >= bits || y <= -bits ? 0 : int64_t(y >= 0 ? u << y : u >> -y);
        break;
      case isa::kArithAshift:
        v = int64_t(clamp(shiftExactly(x, int(y), round), signedTo));
        break;
      case isa::kArithCshift:
        for (v = int64_t(u); y > 0; --y)
          v = int64_t(((uint64_t(v) << 1) | (uint64_t(v) >> (bits - 1))) & mask);
        for (; y < 0; ++y)
          v = int64_t((uint64_t(v) >> 1) | (uint64_t(v & 1) << (bits - 1)));
        break;
      case isa::kArithCopy:
        v = x;
        break;
      }
      expected.setInteger(o, v);
    }
    ASSERT_EQ(out.bytes, expected.bytes) << "case " << i << " kind " << kind;
  }
}

TEST(SimArith, CastsSayTheirResultsSign) {
  std::mt19937 random(85);
  for (int i = 0; i < 200; ++i) {
    bool fromFloat = random() % 2, toFloat = random() % 4 == 0;
    DType from = fromFloat ? DType::F32 : kIntegers[random() % 6], to = toFloat ? DType::F32 : kIntegers[random() % 6];
    ArithCase c(random, isa::kArithCast, from, DType::I8, to);
    Round round = kRounds[random() % 5];
    c.cmd.tsk_opd_num = 1, c.cmd.opd2_n_str = uint32_t(round), c.cmd.opd2_sign = kernel::isSigned(to);
    if (fromFloat && !c.a.constant) {
      for (int64_t k = 0; k < c.a.data.dims.count(); ++k)
        c.a.data.as<float>()[k] = float(int32_t(random()) >> (random() % 31)) * 0.25f;
      c.bench.put(c.a.data, c.a.place);
    }
    c.run(random);
    Buffer out = c.bench.fetch(to, c.d, c.outAt);
    for (int64_t o = 0; o < c.d.count(); ++o) {
      if (toFloat)
        ASSERT_EQ(out.as<float>()[o], fromFloat ? c.realA(o) : float(c.intA(o))) << "case " << i;
      else
        ASSERT_EQ(out.integer(o), fromFloat ? kernel::floatToInt(c.realA(o), to, round) : int64_t(clamp(c.intA(o), to)))
            << "case " << i;
    }
  }
}

TEST(SimArith, NamesWhatIsWrong) {
  std::mt19937 random(86);
  ArithCase c(random, isa::kArithAdd, DType::I8, DType::I8, DType::I8);
  auto with = [&](auto change) {
    isa::SAR cmd = c.cmd;
    cmd.opd0_const = 0, cmd.opd0_str = 0, cmd.opd0_addr = cmd.res0_addr;
    change(cmd);
    return c.bench.refusal(cmd);
  };
  EXPECT_EQ(with([](auto &) {}), "");
  EXPECT_NE(with([&](auto &x) { x.opd0_addr = (x.res0_addr + (1 << 18)) & 0xffffff; }).find("'opd0' starts in lane "),
            std::string::npos);
  EXPECT_EQ(with([](auto &x) { x.tsk_eu_typ = isa::kArithDiv; }), "this arithmetic is not built into the simulator");
  EXPECT_EQ(with([](auto &x) { x.res0_prec = 2; }), "arithmetic from i8 and i8 to f32 is not built into the simulator");
  EXPECT_EQ(with([](auto &x) { x.tsk_opd_num = 3; }), "a shift per element is not built into the simulator");
  EXPECT_EQ(with([](auto &x) { x.res0_n = 0; }), "shape [0, " + std::to_string(c.d.c) + ", " + std::to_string(c.d.h) +
                                                     ", " + std::to_string(c.d.w) + "] is empty");
}

} // namespace
