//===- CopyTest.cpp - Copy programs against loops over elements -----------===//
// Random strided moves, fills and moves within the result, in every element
// size, against one loop that computes both positions of each element.

#include "tpu_mlir/Recipe/Recipe.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;

namespace {

struct Random {
  std::mt19937 engine;
  int64_t pick(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine); }
};

int64_t spanOf(const std::vector<int64_t> &dims, const std::vector<int64_t> &strides) {
  int64_t last = 0;
  for (size_t i = 0; i < dims.size(); ++i)
    last += (dims[i] - 1) * strides[i];
  return last + 1;
}

/// Strides of an array of these dims within a larger one: some axes have gaps, some are reordered.
std::vector<int64_t> randomStrides(Random &random, const std::vector<int64_t> &dims) {
  std::vector<size_t> order(dims.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  if (random.pick(0, 2) == 0)
    std::shuffle(order.begin(), order.end(), random.engine);
  std::vector<int64_t> strides(dims.size());
  int64_t next = 1;
  for (size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = next * (random.pick(0, 2) == 0 ? random.pick(1, 3) : 1);
    next = strides[order[i]] * dims[order[i]];
  }
  return strides;
}

void copyNaively(const CopyProgram &program, const std::vector<std::vector<uint8_t>> &operands,
                 std::vector<uint8_t> &result) {
  int64_t item = kernel::byteSize(program.dtype);
  for (const Move &m : program.moves) {
    int64_t count = 1;
    for (int64_t d : m.dims)
      count *= d;
    for (int64_t i = 0; i < count; ++i) {
      int64_t rest = i, source = m.sourceOffset, target = m.targetOffset;
      for (size_t axis = m.dims.size(); axis-- > 0;) {
        int64_t at = rest % m.dims[axis];
        rest /= m.dims[axis];
        target += at * m.targetStrides[axis];
        if (m.source != -1)
          source += at * m.sourceStrides[axis];
      }
      for (int64_t k = 0; k < item; ++k)
        result[size_t(target * item + k)] = m.source == -1 ? uint8_t(m.value >> (8 * k))
                                            : m.source == kFromResult
                                                ? result[size_t(source * item + k)]
                                                : operands[size_t(m.source)][size_t(source * item + k)];
    }
  }
}

TEST(Copy, RandomMoves) {
  for (uint32_t seed = 0; seed < 2000; ++seed) {
    Random random{std::mt19937(seed)};
    CopyProgram program{random.pick(0, 2) == 0 ? DType::F32 : random.pick(0, 1) ? DType::I8 : DType::I16, {}};
    int64_t item = kernel::byteSize(program.dtype), extent = 4000;
    for (int64_t moves = random.pick(1, 4); moves > 0; --moves) {
      Move m;
      for (int64_t rank = random.pick(1, 6); rank > 0; --rank)
        m.dims.push_back(random.pick(1, 4));
      m.targetStrides = randomStrides(random, m.dims);
      m.source = int(random.pick(-1, 1));
      int64_t span = spanOf(m.dims, m.targetStrides);
      if (m.source != -1) {
        m.sourceStrides = randomStrides(random, m.dims);
        if (random.pick(0, 3) == 0)
          m.sourceStrides[0] = 0; // repeats
        span = std::max(span, spanOf(m.dims, m.sourceStrides));
      }
      if (2 * span > extent)
        continue;
      m.targetOffset = random.pick(extent / 2, extent - span);
      m.sourceOffset = m.source == -1 ? 0 : random.pick(0, extent / 2 - span);
      if (random.pick(0, 3) == 0 && m.source == 0)
        m.source = kFromResult; // reads below the half that is written
      m.value = uint32_t(random.engine());
      program.moves.push_back(m);
    }
    std::vector<std::vector<uint8_t>> operands(2, std::vector<uint8_t>(size_t(extent * item)));
    std::vector<uint8_t> result(size_t(extent * item)), expected;
    for (auto *bytes : {&operands[0], &operands[1], &result})
      for (uint8_t &b : *bytes)
        b = uint8_t(random.engine());
    expected = result;
    copyNaively(program, operands, expected);
    HostOperands host{{}, {program.dtype, {1, 1, 1, extent}, result.data()}};
    for (auto &bytes : operands)
      host.operands.emplace_back(program.dtype, Dims{1, 1, 1, extent}, bytes.data());
    runCopy(program, host);
    ASSERT_EQ(result, expected) << "seed " << seed;
  }
}

// What Pad does: later planes repeat planes that stand already.
TEST(Copy, LaterMovesSeeEarlierOnes) {
  std::vector<int8_t> in = {1, 2, 3}, out(5);
  Move interior{0, 0, 1, {3}, {1}, {1}, 0};
  Move first{kFromResult, 1, 0, {1}, {1}, {1}, 0}, last{kFromResult, 3, 4, {1}, {1}, {1}, 0};
  runCopy({DType::I8, {interior, first, last}},
          {{{DType::I8, {1, 3, 1, 1}, in.data()}}, {DType::I8, {1, 5, 1, 1}, out.data()}});
  EXPECT_EQ(out, (std::vector<int8_t>{1, 1, 2, 3, 3}));
}

} // namespace
