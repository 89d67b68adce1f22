//===- PiecesTest.cpp - Reading the pieces of a tensor --------------------===//
// A tensor is cut into random boxes, the boxes are put into memory by the
// formula of the layout, and the whole must come back.

#include "tpu_mlir/Sim/Pieces.h"
#include "tpu_mlir/Support/Error.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using namespace tpu_mlir::sim;

namespace {

constexpr uint64_t kBase = 0x100000000;

const target::Chip &chip() { return target::lookup("BM1684X"); }

/// Calls f(index) for every element of a box.
template <typename F> void forElements(const Axes &size, F f) {
  Axes i{};
  for (i[0] = 0; i[0] < size[0]; ++i[0])
    for (i[1] = 0; i[1] < size[1]; ++i[1])
      for (i[2] = 0; i[2] < size[2]; ++i[2])
        for (i[3] = 0; i[3] < size[3]; ++i[3])
          for (i[4] = 0; i[4] < size[4]; ++i[4])
            f(i);
}

/// Writes a piece of `tensor` to where it says that it lies.
void put(Memory &memory, const TensorEntry &t, const TensorPiece &p, const std::vector<uint8_t> &tensor) {
  int64_t item = kernel::byteSize(t.dtype);
  forElements(p.size, [&](const Axes &i) {
    ElementPlace place = placeOf(t, p, i, memory);
    uint8_t *to = place.isLocal ? memory.lane(place.lane) + place.address : memory.write(place.address, uint64_t(item));
    std::memcpy(to, tensor.data() + elementOf(p, i) * item, size_t(item));
  });
}

std::string refusal(const std::function<void()> &action) {
  try {
    action();
  } catch (const UserError &error) {
    return error.what();
  }
  return "";
}

TEST(Pieces, RandomCutsComeBackWhole) {
  std::mt19937 random(171);
  auto below = [&](int64_t limit) { return int64_t(random() % uint64_t(limit)); };
  const Memory reference(chip().local);
  for (int round = 0; round < 60; ++round) {
    TensorEntry t{"t",
                  round % 3 ? kernel::DType::I8 : kernel::DType::I32,
                  {1 + below(3), 1 + below(150), 1 + below(3), 1 + below(9), 1 + below(9)},
                  1,
                  0,
                  {}};
    std::vector<uint8_t> whole(static_cast<size_t>(t.bytes()));
    for (uint8_t &b : whole)
      b = uint8_t(random());
    // Cut along one axis, with an overlap of up to one.
    int axis = int(below(5));
    int64_t cut = below(t.shape[size_t(axis)]) + 1;
    GatheredTensor gathered(t);
    for (int64_t begin = 0, end; begin < t.shape[size_t(axis)]; begin = end) {
      end = std::min(begin + cut, t.shape[size_t(axis)]);
      TensorPiece p;
      for (size_t a = 0; a < 5; ++a)
        p.whole[a] = p.size[a] = t.shape[a];
      int64_t from = begin - (begin > 0 ? below(2) : 0);
      p.begin[size_t(axis)] = from, p.size[size_t(axis)] = end - from;
      p.layout = PieceLayout(below(4));
      if (p.isLocal()) {
        p.lane = below(64), p.offset = 64 * below(100);
      } else {
        Axes first{};
        p.address = kBase + uint64_t(elementOf(p, first) * kernel::byteSize(t.dtype));
      }
      if (p.layout == PieceLayout::Strided) {
        p.strides = {0, 0, 0, 3 * p.size[4], 3};
        p.strides[2] = p.strides[3] * p.size[3], p.strides[1] = p.strides[2] * p.size[2];
        p.strides[0] = p.strides[1] * 4;
      }
      Memory memory(chip().local);
      memory.addRegion("activations", kBase, 1 << 20);
      put(memory, t, p, whole);
      t.pieces.push_back(p);
      gathered.add(p, readPiece(t, p, memory));
    }
    ASSERT_TRUE(gathered.isComplete());
    TensorValue value = gathered.take();
    EXPECT_EQ(value.bytes, whole) << "round " << round;
    EXPECT_TRUE(value.known.empty());
  }
}

TEST(Pieces, AlignedPlacesAreThoseOfTheNotes) {
  // Element (n, c, h, w) from lane L: lane (L + c) mod 64, group (L + c) div 64; channels at multiples of 64 bytes.
  TensorEntry t{"t", kernel::DType::I8, {2, 70, 5, 7}, 1, 0, {}};
  t.addLocal({2, 70, 5, 7}, {0, 0, 1, 0}, {2, 70, 4, 7}, 60, 1024, PieceLayout::Aligned, {0, false, 1});
  Memory memory(chip().local);
  ElementPlace place = placeOf(t, t.pieces[0], {1, 10, 0, 3, 6}, memory);
  EXPECT_EQ(place.lane, 6);
  EXPECT_EQ(place.address, 1024u + 1 * 3 * 64 + 1 * 64 + 3 * 7 + 6); // 130 channels of lanes: 3 groups
  EXPECT_EQ(elementOf(t.pieces[0], {1, 10, 0, 3, 6}), ((1 * 70 + 10) * 5 + 4) * 7 + 6);
}

TEST(Pieces, WhatNoPieceCoversIsUnknown) {
  TensorEntry t{"t", kernel::DType::U8, {1, 1, 2, 3}, 1, 0, {}};
  t.addGlobal({1, 1, 2, 3}, {0, 0, 0, 1}, {1, 1, 2, 2}, kBase, {});
  GatheredTensor gathered(t);
  gathered.add(t.pieces[0], {1, 2, 3, 4});
  TensorValue value = gathered.take();
  EXPECT_EQ(value.bytes, (std::vector<uint8_t>{0, 1, 2, 0, 3, 4}));
  EXPECT_EQ(value.known, (std::vector<uint8_t>{0, 1, 1, 0, 1, 1}));
}

TEST(Pieces, RefusesWhatCannotBe) {
  TensorEntry t{"t", kernel::DType::U8, {1, 1, 1, 6}, 1, 0, {}};
  t.addGlobal({1, 1, 1, 6}, {0, 0, 0, 0}, {1, 1, 1, 4}, kBase, {0, true, 2});
  t.addGlobal({1, 1, 1, 6}, {0, 0, 0, 3}, {1, 1, 1, 3}, kBase, {0, true, 5});
  GatheredTensor gathered(t);
  gathered.add(t.pieces[0], {1, 2, 3, 4});
  EXPECT_EQ(
      refusal([&] { gathered.add(t.pieces[1], {5, 6, 7}); }),
      "tensor 't': the piece that is complete after gdma 5 has another value at (n, c, d, h, w) = (0, 0, 0, 0, 3) "
      "than an earlier piece; 'bmodel-tool compare' finds the wrong one");
  Memory memory(chip().local);
  EXPECT_EQ(refusal([&] { readPiece(t, t.pieces[0], memory); }).substr(0, 38),
            "tensor 't' of its tensor table: reads ");
  t.addLocal({1, 1, 1, 6}, {0, 0, 0, 0}, {1, 1, 1, 6}, 0, (1 << 18) - 5, PieceLayout::Compact, {});
  EXPECT_EQ(refusal([&] { readPiece(t, t.pieces[2], memory); }),
            "tensor 't' of its tensor table has a piece that leaves local memory");
  t.pieces[2].lane = 64, t.pieces[2].offset = 0;
  EXPECT_EQ(refusal([&] { readPiece(t, t.pieces[2], memory); }),
            "tensor 't' of its tensor table has a piece that leaves local memory");
}

} // namespace
