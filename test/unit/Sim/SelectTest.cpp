//===- SelectTest.cpp - Fused linear and fused compare commands -----------===//
// Single commands against the formulas of the instruction's description.

#include "Bench.h"

#include <cmath>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

TEST(SimLinear, ThreeFormulas) {
  std::mt19937 random(131);
  constexpr uint32_t kKinds[] = {isa::kLinMac, isa::kLinSquareSum, isa::kLinSquareDiff};
  for (int i = 0; i < 60; ++i) {
    Bench bench;
    Dims d{between(random, 1, 2), between(random, 1, 130), between(random, 1, 4), between(random, 1, 9)},
        perChannel{1, d.c, 1, 1};
    int64_t lane = between(random, 0, 63);
    Buffer a(DType::F32, d), b(DType::F32, perChannel), c(DType::F32, perChannel);
    for (Buffer *x : {&a, &b, &c})
      x->randomise(random);
    bool constant = random() % 2;
    if (constant)
      for (int64_t k = 0; k < d.c; ++k)
        b.as<float>()[k] = 1.5f;
    Place aAt{Layout::Aligned, lane, 0}, bAt{Layout::Compact, lane, 0x10004}, cAt{Layout::Compact, lane, 0x18004},
        outAt{Layout::Aligned, lane, 0x20000};
    bench.put(a, aAt);
    bench.put(b, bAt);
    bench.put(c, cAt);
    isa::SLIN cmd;
    cmd.tsk_eu_typ = kKinds[i % 3];
    setResult(cmd, d);
    cmd.res0_prec = precision(DType::F32), cmd.res0_addr = outAt.address(), cmd.opd0_addr = aAt.address();
    cmd.opd1_const = constant, cmd.opd1_addr = constant ? 0x3fc00000 : bAt.address(), cmd.opd2_addr = cAt.address();
    bench.run(cmd);
    Buffer out = bench.fetch(DType::F32, d, outAt);
    for (int64_t o = 0; o < d.count(); ++o) {
      int64_t ch = o / d.w / d.h % d.c;
      float x = a.as<float>()[o], y = b.as<float>()[ch], sum = i % 3 == 2 ? x - y : x + y;
      ASSERT_EQ(out.as<float>()[o], i % 3 == 0 ? std::fma(x, y, c.as<float>()[ch]) : sum * sum) << "case " << i;
    }
  }
}

TEST(SimCompare, SelectsByAStrictComparison) {
  std::mt19937 random(132);
  constexpr uint32_t kKinds[] = {isa::kCmpSelGt, isa::kCmpSelEq, isa::kCmpSelLt};
  for (int i = 0; i < 90; ++i) {
    Bench bench;
    Dims d{between(random, 1, 2), between(random, 1, 130), between(random, 1, 4), between(random, 1, 9)},
        lanes{1, 64, 1, 1};
    int64_t lane = between(random, 0, 63);
    DType side =
              std::array{
                  DType::I8, DType::U8, DType::I16, DType::I32, DType::F32, DType::F16, DType::BF16}[random() % 7],
          value = std::array{DType::U8, DType::U32}[random() % 2];
    bool vector = random() % 2, constantNo = random() % 2;
    Buffer a(side, d), b(side, vector ? lanes : d), yes(value, d), no(value, constantNo ? Dims{} : d);
    for (Buffer *x : {&a, &b, &yes, &no})
      x->randomise(random);
    if (random() % 2 && !vector) // equal elements are common
      for (int64_t k = 0; k < d.count(); k += 2)
        std::memcpy(&b.bytes[size_t(k * kernel::byteSize(side))], &a.bytes[size_t(k * kernel::byteSize(side))],
                    size_t(kernel::byteSize(side)));
    Place aAt{Layout::Aligned, lane, 0}, bAt{vector ? Layout::Explicit : Layout::Aligned, lane, 0x8000},
        yesAt{Layout::Aligned, lane, 0x10000}, noAt{Layout::Aligned, lane, 0x18000},
        outAt{Layout::Aligned, lane, 0x20000};
    bench.put(a, aAt);
    bench.put(b, bAt);
    bench.put(yes, yesAt);
    bench.put(no, noAt);
    isa::SCMP cmd;
    cmd.tsk_eu_typ = kKinds[i % 3];
    setResult(cmd, d);
    cmd.opd0_prec = precision(side), cmd.opd0_sign = kernel::isSigned(side), cmd.opd2_prec = precision(value);
    cmd.opd1_str = vector ? isa::kLayoutExplicit : isa::kLayoutAligned;
    cmd.res0_addr = outAt.address(), cmd.opd0_addr = aAt.address(), cmd.opd1_addr = bAt.address(),
    cmd.opd2_addr = yesAt.address();
    cmd.opd3_const = constantNo, cmd.opd3_addr = constantNo ? uint32_t(no.integer(0)) : noAt.address();
    bench.run(cmd);
    Buffer out = bench.fetch(value, d, outAt);
    for (int64_t o = 0; o < d.count(); ++o) {
      int64_t ch = o / d.w / d.h % d.c, bo = vector ? ch % 64 : o;
      double x = kernel::isFloat(side) ? double(a.real(o)) : double(a.integer(o)),
             y = kernel::isFloat(side) ? double(b.real(bo)) : double(b.integer(bo));
      bool holds = i % 3 == 0 ? x > y : i % 3 == 1 ? x == y : x < y;
      ASSERT_EQ(out.integer(o), holds ? yes.integer(o) : no.integer(constantNo ? 0 : o)) << "case " << i;
    }
  }
}

} // namespace
