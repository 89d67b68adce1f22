//===- Machine.cpp - Runs the toy family's queues -------------------------===//
// Tensors are gathered from the lanes, computed by the kernels that the
// interpreter has, and scattered. Time follows from tokens alone, so it is the
// same whichever engine goes first.
#include "Machine.h"

#include <cstring>
#include <deque>
#include <gtest/gtest.h>

namespace tpu_mlir::toy {

using kernel::ConstTensor;
using kernel::Dims;
using kernel::DType;
using kernel::Tensor;

Machine::Machine(int64_t laneBytes, uint64_t base, size_t globalBytes, uint64_t seed)
    : laneBytes(laneBytes), base(base), lanes(size_t(kLanes * laneBytes)), memory(globalBytes), random(seed),
      events(clocks()) {
  for (std::vector<uint8_t> *bytes : {&lanes, &memory})
    for (uint8_t &b : *bytes)
      b = uint8_t(random());
}

uint8_t *Machine::global(uint64_t address, size_t bytes) {
  EXPECT_TRUE(address >= base && address - base + bytes <= memory.size()) << "global address " << address;
  return memory.data() + (address - base);
}

uint8_t *Machine::at(const Local &l, int64_t n, int64_t c, int64_t h, int64_t w) {
  const int64_t item = kernel::byteSize(l.dtype);
  const int64_t byte = l.offset + item * (n * l.n + c / kLanes * l.c + h * l.h + w);
  EXPECT_TRUE(byte >= 0 && byte + item <= laneBytes) << "byte " << byte << " of a lane";
  return lanes.data() + c % kLanes * laneBytes + byte;
}

template <typename F> void Machine::forEach(const Dims &d, F &&visit) {
  size_t i = 0;
  for (int64_t n = 0; n < d.n; ++n)
    for (int64_t c = 0; c < d.c; ++c)
      for (int64_t h = 0; h < d.h; ++h)
        for (int64_t w = 0; w < d.w; ++w)
          visit(i++, n, c, h, w);
}

std::vector<uint8_t> Machine::gather(const Local &l) {
  const size_t item = size_t(kernel::byteSize(l.dtype));
  std::vector<uint8_t> values(size_t(l.dims.count()) * item);
  forEach(l.dims, [&](size_t i, int64_t n, int64_t c, int64_t h, int64_t w) {
    std::memcpy(&values[i * item], at(l, n, c, h, w), item);
  });
  return values;
}

void Machine::scatter(const Local &l, const std::vector<uint8_t> &values) {
  const size_t item = size_t(kernel::byteSize(l.dtype));
  forEach(l.dims, [&](size_t i, int64_t n, int64_t c, int64_t h, int64_t w) {
    std::memcpy(at(l, n, c, h, w), &values[i * item], item);
  });
}

double Machine::transfer(Reader in, bool isOut) {
  const Local l = in.local();
  const Global g = in.global();
  const int64_t repeat = isOut ? 1 : in.number();
  const size_t item = size_t(kernel::byteSize(l.dtype));
  Dims d = l.dims;
  if (repeat == 0)
    d.c = kLanes;
  forEach(d, [&](size_t, int64_t n, int64_t c, int64_t h, int64_t w) {
    const int64_t from = repeat ? c / repeat : 0;
    const int64_t element = n * g.strides[0] + from * g.strides[1] + h * g.strides[2] + w * g.strides[3];
    uint8_t *there = global(g.address + uint64_t(element * int64_t(item)), item), *here = at(l, n, c, h, w);
    std::memcpy(isOut ? there : here, isOut ? here : there, item);
  });
  return copyCycles(double(l.dims.n * l.dims.c), double(l.dims.h * l.dims.w * int64_t(item)));
}

double Machine::convolve(Reader in) {
  const Local out = in.local(), a = in.local(), f = in.local();
  const kernel::Window w = in.window();
  const int padValue = int(in.number());
  const int64_t taps = w.kh * w.kw;
  const std::vector<uint8_t> x = gather(a), packed = gather(f);
  EXPECT_EQ(f.dims.w, taps * kPack);
  // From [oc, blocks, taps, kPack] to [oc, ic, taps].
  std::vector<uint8_t> rows(size_t(out.dims.c * a.dims.c * taps));
  for (int64_t o = 0; o < out.dims.c; ++o)
    for (int64_t c = 0; c < a.dims.c; ++c)
      for (int64_t k = 0; k < taps; ++k)
        rows[size_t((o * a.dims.c + c) * taps + k)] =
            packed[size_t(((o * f.dims.h + c / kPack) * taps + k) * kPack + c % kPack)];
  std::vector<uint8_t> y(size_t(out.dims.count() * kernel::byteSize(out.dtype)));
  kernel::convInt({out.dtype, out.dims, y.data()}, {a.dtype, a.dims, x.data()},
                  {f.dtype, {out.dims.c, a.dims.c, w.kh, w.kw}, rows.data()}, w, padValue);
  scatter(out, y);
  const double passes =
      double(out.dims.n * out.dims.h * out.dims.w * taps) * double((out.dims.c + kLanes - 1) / kLanes);
  return passes * (double(a.dims.c) / double(kPack) + 1);
}

double Machine::execute(const Command &command) {
  Reader in(command.operands);
  switch (command.head.op) {
  case Op::In:
    return transfer(in, false);
  case Op::Out:
    return transfer(in, true);
  case Op::Conv:
    return convolve(in);
  default:
    break;
  }
  // One result by a kernel on whole operands.
  std::vector<std::vector<uint8_t>> kept;
  auto operand = [&](const Local &l) -> ConstTensor {
    kept.push_back(gather(l));
    return {l.dtype, l.dims, kept.back().data()};
  };
  int64_t first = 0, second = 0, third = 0;
  if (command.head.op == Op::Binary)
    first = in.number(), second = in.number(), third = in.number();
  if (command.head.op == Op::Requant)
    first = in.number();
  const Local to = in.local();
  std::vector<uint8_t> values(size_t(to.dims.count() * kernel::byteSize(to.dtype)));
  const Tensor out{to.dtype, to.dims, values.data()};
  switch (command.head.op) {
  case Op::Fill: {
    const uint32_t bits = uint32_t(in.number());
    const size_t item = size_t(kernel::byteSize(to.dtype));
    for (size_t i = 0; i < values.size(); i += item)
      std::memcpy(&values[i], &bits, item);
    break;
  }
  case Op::Copy:
    values = gather(in.local());
    break;
  case Op::MaxPool: {
    const ConstTensor a = operand(in.local());
    const kernel::Window w = in.window();
    kernel::maxPool(out, a, w, int(in.number()));
    break;
  }
  case Op::Binary: {
    const ConstTensor a = operand(in.local());
    uint32_t bits = 0;
    ConstTensor b{DType::I32, {1, 1, 1, 1}, &bits};
    if (third) {
      b = operand(in.local());
    } else {
      b.dtype = DType(in.number());
      bits = uint32_t(in.number());
    }
    kernel::binary(kernel::BinaryOp(first), out, a, b, int(second), kernel::Round::HalfUp);
    break;
  }
  case Op::Requant: {
    const ConstTensor a = operand(in.local());
    kernel::QuantEntry one{};
    if (!first) {
      one = {int32_t(in.number()), int32_t(in.number()), int32_t(in.number())};
      kernel::requant(out, a, &one, 1, kernel::Round::HalfUp);
    } else {
      const ConstTensor entries = operand(in.local());
      kernel::requant(out, a, entries.as<kernel::QuantEntry>(), to.dims.c, kernel::Round::HalfUp);
    }
    break;
  }
  case Op::Cast:
    kernel::cast(out, operand(in.local()), kernel::Round::HalfAwayFromZero);
    break;
  case Op::Absolute:
    kernel::absolute(out, operand(in.local()));
    break;
  default:
    ADD_FAILURE() << "no such command: " << uint32_t(command.head.op);
  }
  scatter(to, values);
  return passCycles(to.dims, kernel::byteSize(to.dtype));
}

bool Machine::run(const codegen::CommandGroup &group) {
  constexpr size_t kCount = std::size(kEngines);
  std::vector<std::vector<uint32_t>> words(kCount);
  std::vector<std::vector<Command>> commands(kCount);
  for (size_t e = 0; e < kCount; ++e) {
    const std::vector<uint8_t> &bytes = group.queues.at(e).bytes;
    words[e].resize(bytes.size() / sizeof(uint32_t));
    if (!bytes.empty())
      std::memcpy(words[e].data(), bytes.data(), bytes.size());
    for (size_t i = 0; i < words[e].size();) {
      const Head head = Head::of(words[e][i]);
      commands[e].push_back({head, words[e].data() + i + 1});
      i += 1 + head.words;
    }
    EXPECT_EQ(commands[e].size(), group.queues[e].count);
  }
  // By giver and taker: numbers of the commands whose tokens nobody has taken.
  std::deque<size_t> tokens[kCount][kCount];
  size_t next[kCount] = {};
  events.startGroup();
  auto isReady = [&](size_t e) {
    if (next[e] == commands[e].size())
      return false;
    for (size_t other = 0; other < kCount; ++other)
      if (commands[e][next[e]].head.takes >> other & 1 && tokens[other][e].empty())
        return false;
    return true;
  };
  while (true) {
    std::vector<size_t> ready;
    for (size_t e = 0; e < kCount; ++e)
      if (isReady(e))
        ready.push_back(e);
    if (ready.empty())
      break;
    const size_t e = ready[random() % ready.size()];
    const Command &command = commands[e][next[e]++];
    std::vector<timing::Awaited> after;
    for (size_t other = 0; other < kCount; ++other)
      if (command.head.takes >> other & 1) {
        after.push_back({other, tokens[other][e].front()});
        tokens[other][e].pop_front();
        ++counts[e].taken;
      }
    events.issue(e, execute(command), after);
    ++counts[e].commands;
    for (size_t other = 0; other < kCount; ++other)
      if (command.head.gives >> other & 1)
        tokens[e][other].push_back(next[e]), ++counts[e].given;
  }
  bool isDone = true;
  for (size_t e = 0; e < kCount; ++e) {
    isDone &= next[e] == commands[e].size();
    for (const std::deque<size_t> &left : tokens[e])
      isDone &= left.empty();
  }
  return isDone;
}

} // namespace tpu_mlir::toy
