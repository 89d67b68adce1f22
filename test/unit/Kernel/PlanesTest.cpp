//===- PlanesTest.cpp - Kernels on planes that are apart ------------------===//
// Every kernel that takes them gives what it gives on dense tensors, on every
// CPU level, and touches nothing between the planes.

#include "Reference.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

constexpr uint8_t kBetween = 0xC3;

/// A copy of a dense tensor whose planes lie as in lanes, with gaps.
struct Apart {
  Dims dims;
  DType dtype;
  kernel::Planes planes;
  std::vector<uint8_t> bytes;

  Apart(const Buffer &dense, std::mt19937 &random, int64_t align = 1) : dims(dense.dims), dtype(dense.dtype) {
    int64_t lanes = between(random, 1, 6), first = between(random, 0, lanes - 1), plane = dims.h * dims.w;
    int64_t groups = (first + dims.c + lanes - 1) / lanes, group = plane + between(random, 0, 9);
    group = (group + align - 1) / align * align;
    int64_t image = groups * group + between(random, 0, 5), lane = dims.n * image + between(random, 0, 70);
    planes = {lanes, first, lane, group, image};
    bytes.assign(size_t(lanes * lane * size()), kBetween);
    forPlanes([&](uint8_t *here, int64_t i) { std::memcpy(here, &dense.bytes[size_t(i)], planeBytes()); });
  }
  int64_t size() const { return kernel::byteSize(dtype); }
  size_t planeBytes() const { return size_t(dims.h * dims.w * size()); }
  template <typename F> void forPlanes(F f) {
    for (int64_t i = 0; i < dims.n * dims.c; ++i)
      f(bytes.data() + kernel::planeOffset(dims, &planes, i) * size(), i * int64_t(planeBytes()));
  }
  Tensor tensor() { return {dtype, dims, bytes.data(), &planes}; }
  ConstTensor view() { return tensor(); }

  /// The dense tensor; whether nothing else was written.
  std::pair<std::vector<uint8_t>, bool> content() {
    std::vector<uint8_t> dense(planeBytes() * size_t(dims.n * dims.c));
    forPlanes([&](uint8_t *here, int64_t i) {
      std::memcpy(&dense[size_t(i)], here, planeBytes());
      std::memset(here, kBetween, planeBytes());
    });
    return {dense, std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == kBetween; })};
  }
};

/// run(out) fills a tensor; dense and apart must agree.
template <typename Dense, typename Planes>
void expectSame(std::mt19937 &random, DType dtype, Dims dims, Dense dense, Planes planes) {
  Buffer expected(dtype, dims), blank(dtype, dims);
  dense(expected.tensor());
  for (kernel::CpuLevel level : cpuLevels()) {
    kernel::CpuLevelLimit limit(level);
    Apart out(blank, random);
    planes(out.tensor());
    auto [content, untouched] = out.content();
    EXPECT_EQ(content, expected.bytes) << "level " << int(level);
    EXPECT_TRUE(untouched) << "level " << int(level);
  }
}

TEST(Planes, Convolution) {
  std::mt19937 random(71);
  for (int i = 0; i < 60; ++i) {
    Dims id{between(random, 1, 2), between(random, 1, 70), between(random, 1, 12), between(random, 1, 18)};
    Window win = i % 3 == 0 ? Window{} : randomWindow(random, 4, id);
    Dims od{id.n, between(random, 1, 20), win.outH(id.h), win.outW(id.w)};
    constexpr int64_t kGroup = 64;
    int64_t row = (id.c + kGroup - 1) / kGroup * kGroup * win.kh * win.kw;
    Buffer in(i % 2 ? DType::I8 : DType::U8, id), rows(i % 5 ? DType::I8 : DType::U8, {1, od.c, 1, row});
    in.randomise(random);
    rows.randomise(random);
    Dims fd{od.c, id.c, win.kh, win.kw};
    int pad = i % 2 ? -7 : 9, zero = i % 4 ? 0 : 3;
    Apart inApart(in, random), rowsApart(rows, random);
    expectSame(
        random, DType::I32, od,
        [&](const Tensor &out) {
          kernel::convInt(out, in.view(), {rows.dtype, fd, rows.bytes.data()}, win, pad, zero, false, kGroup);
        },
        [&](const Tensor &out) {
          ConstTensor filter = rowsApart.view();
          filter.dims = fd;
          kernel::convInt(out, inApart.view(), filter, win, pad, zero, false, kGroup);
        });
  }
}

TEST(Planes, Depthwise) {
  std::mt19937 random(72);
  for (int i = 0; i < 80; ++i) {
    Dims id{between(random, 1, 2), between(random, 1, 9), between(random, 1, 12), between(random, 1, 40)};
    Window win = randomWindow(random, 7, id);
    if (i % 2)
      win.dilationW = 1, id.w += 20;
    Dims od{id.n, id.c, win.outH(id.h), win.outW(id.w)};
    Buffer in(i % 3 ? DType::I8 : DType::U8, id), filter(i % 5 ? DType::I8 : DType::U8, {1, id.c, win.kh, win.kw}),
        bias(DType::I32, {1, id.c, 1, 1});
    in.randomise(random);
    filter.randomise(random);
    bias.randomise(random);
    Apart inApart(in, random);
    auto run = [&](const ConstTensor &from) {
      return [&, from](const Tensor &out) {
        kernel::depthwise(out, from, filter.view(), bias.bytes.data(), win, i % 3 ? -5 : 5);
      };
    };
    expectSame(random, DType::I32, od, run(in.view()), run(inApart.view()));
  }
}

TEST(Planes, ElementByElement) {
  std::mt19937 random(73);
  for (int i = 0; i < 200; ++i) {
    Dims d{between(random, 1, 2), between(random, 1, 9), between(random, 1, 6), between(random, 1, 40)};
    auto integer = [&] { return kIntegers[random() % 6]; };
    Buffer a(i % 3 ? integer() : DType::I32, d), b(i % 3 ? integer() : DType::I32, i % 2 ? d : Dims{1, d.c, 1, 1});
    a.randomise(random);
    b.randomise(random);
    Apart aApart(a, random), bApart(b, random);
    auto op = kernel::BinaryOp(random() % 5);
    int shift = i % 3 ? int(between(random, -20, 0)) : 0;
    Round round = kRounds[random() % 7];
    auto add = [&](const ConstTensor &x, const ConstTensor &y) {
      return [=](const Tensor &out) { kernel::binary(op, out, x, y, shift, round); };
    };
    expectSame(random, i % 3 ? integer() : DType::I32, d, add(a.view(), b.view()), add(aApart.view(), bApart.view()));
    if (a.dtype == DType::U32)
      continue;
    std::vector<kernel::QuantEntry> entries(static_cast<size_t>(d.c));
    for (auto &e : entries)
      e = {int32_t(random()), int32_t(between(random, -63, 0)), int32_t(between(random, INT32_MIN, INT32_MAX))};
    auto scale = [&](const ConstTensor &x) {
      return [&, x](const Tensor &out) { kernel::requant(out, x, entries.data(), d.c, round); };
    };
    expectSame(random, integer(), d, scale(a.view()), scale(aApart.view()));
  }
}

TEST(Planes, TablesForEachChannel) {
  std::mt19937 random(74);
  for (DType to : {DType::U8, DType::I16, DType::F32})
    for (int i = 0; i < 20; ++i) {
      Dims d{between(random, 1, 2), between(random, 1, 9), 1, between(random, 1, 200)};
      Buffer in(DType::U8, d), tables(to, {1, d.c, 1, 256 + i % 2});
      in.randomise(random);
      tables.randomise(random);
      Apart inApart(in, random), tablesApart(tables, random);
      auto plain = [&](const Tensor &out) {
        size_t size = size_t(kernel::byteSize(to));
        for (int64_t e = 0; e < d.count(); ++e)
          std::memcpy(out.as<uint8_t>() + size_t(e) * size,
                      &tables.bytes[size_t(e / d.w % d.c * tables.dims.w + in.bytes[size_t(e)]) * size], size);
      };
      expectSame(random, to, d, plain,
                 [&](const Tensor &out) { kernel::lookupRows(out, inApart.view(), tablesApart.view()); });
    }
}

} // namespace
