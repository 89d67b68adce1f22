//===- MatmulTest.cpp - Matrix product commands ---------------------------===//
// Single commands against loops over elements, and the sentences for illegal
// ones.

#include "Bench.h"

#include <array>
#include <cmath>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

TEST(SimMatmul, NormalAndTransposedRight) {
  std::mt19937 random(121);
  for (int i = 0; i < 120; ++i) {
    Bench bench;
    int64_t m = between(random, 1, 90), k = between(random, 1, 150), n = between(random, 1, 150);
    bool transposed = i % 2, floats = i % 3 == 0, constantZero = random() % 2,
         accumulate = !floats && random() % 4 == 0;
    const DType real = std::array{DType::F32, DType::F16, DType::BF16}[random() % 3];
    DType tl = floats         ? real
               : random() % 2 ? DType::I8
                              : DType::U8,
          tr = floats         ? real
               : random() % 2 ? DType::I8
                              : DType::U8,
          to = !floats        ? DType::I32
               : random() % 2 ? real
                              : DType::F32;
    // Matrix r×c lies as [1, r, 1, c], aligned, from lane 0.
    Buffer left(tl, {1, m, 1, k}), right(tr, transposed ? Dims{1, n, 1, k} : Dims{1, k, 1, n}),
        zeros(tr, {1, 64, 1, n}), old(to, {1, m, 1, n});
    for (Buffer *b : {&left, &right, &zeros, &old})
      b->randomise(random);
    if (floats && real != DType::F32) {
      left = smallFloats(random, real, left.dims).first;
      right = smallFloats(random, real, right.dims).first;
    }
    for (int64_t x = 0; x < 64 * n; ++x) // the same in every lane
      zeros.setInteger(x, constantZero ? zeros.integer(0) : zeros.integer(x % n));
    Place leftAt{}, rightAt{Layout::Aligned, 0, 0x8000}, zeroAt{Layout::Aligned, 0, 0x18000},
        outAt{Layout::Aligned, 0, 0x20000};
    bench.put(left, leftAt);
    bench.put(right, rightAt);
    bench.put(zeros, zeroAt);
    bench.put(old, outAt);
    isa::SMM2 cmd;
    cmd.tsk_eu_typ = transposed ? isa::kMm2Nt : isa::kMm2Nn;
    cmd.res0_c = uint32_t(m), cmd.res0_w = uint32_t(n), cmd.opd1_c = uint32_t(transposed ? n : k),
    cmd.opd1_w = uint32_t(transposed ? k : n);
    cmd.opd0_prec = precision(tl), cmd.res0_prec = precision(to), cmd.opd0_sign = tl == DType::I8,
    cmd.opd1_sign = tr == DType::I8;
    cmd.opd0_addr = leftAt.address(), cmd.opd1_addr = rightAt.address(), cmd.res0_addr = outAt.address();
    cmd.opd2_const = floats || constantZero, cmd.opd2_addr = floats         ? 0
                                                             : constantZero ? 0x99999900u | uint8_t(zeros.integer(0))
                                                                            : zeroAt.address();
    cmd.res_add = accumulate;
    isa::Command c = isa::encode(bench.table, cmd);
    bench.run(random() % 2 ? c : longForm(bench.table, c, isa::CommandId::MM2));
    Buffer out = bench.fetch(to, {1, m, 1, n}, outAt);
    for (int64_t r = 0; r < m; ++r)
      for (int64_t col = 0; col < n; ++col) {
        float sum = 0;
        int64_t whole = accumulate ? old.integer(r * n + col) : 0;
        for (int64_t x = 0; x < k; ++x) {
          int64_t at = transposed ? col * k + x : x * n + col;
          if (floats)
            sum = std::fma(left.real(r * k + x), right.real(at), sum);
          else
            whole += left.integer(r * k + x) * (right.integer(at) - zeros.integer(col));
        }
        if (floats)
          ASSERT_EQ(to == DType::F32 ? out.as<uint32_t>()[r * n + col] : out.as<uint16_t>()[r * n + col],
                    kernel::narrowFloat(sum, to))
              << "case " << i;
        else
          ASSERT_EQ(out.integer(r * n + col), int32_t(uint32_t(whole))) << "case " << i;
      }
  }
}

TEST(SimMatmul, NamesWhatIsWrong) {
  Bench bench;
  isa::SMM2 cmd;
  cmd.tsk_eu_typ = isa::kMm2Nn, cmd.res0_prec = precision(DType::I32);
  cmd.res0_c = 4, cmd.res0_w = 5, cmd.opd1_c = 6, cmd.opd1_w = 7, cmd.res0_addr = 0x1000, cmd.opd2_const = 1;
  EXPECT_EQ(bench.refusal(cmd), "the result has 5 columns but the right matrix gives 7");
  cmd.opd1_w = 5, cmd.opd1_addr = 1 << 18;
  EXPECT_EQ(bench.refusal(cmd), "'opd1' starts in lane 1 but must start in lane 0 (matrix product)");
  cmd.tsk_eu_typ = isa::kMm2Tt;
  EXPECT_EQ(
      bench.refusal(cmd),
      "the matrix product of two transposed matrices (its result layout is unknown) is not built into the simulator");
}

} // namespace
