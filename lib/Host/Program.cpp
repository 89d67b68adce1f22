//===- Program.cpp - Steps in order, and their memory ---------------------===//
// Live ranges, and placement of the largest buffers first at the lowest offset
// where nothing that lives at the same time lies.
#include "Program.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Memory.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <numeric>

namespace tpu_mlir::host {

/// A page: buffers start on their own ones.
static constexpr int64_t kAlignment = 4096;

int Program::addBuffer(int64_t bytes, bool isKept) {
  Buffer buffer;
  buffer.bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  buffer.isKept = isKept;
  buffers.push_back(buffer);
  return static_cast<int>(buffers.size()) - 1;
}

int Program::addOutside(const void *data, int64_t bytes) {
  Buffer buffer;
  buffer.constants = bytes;
  buffer.isOutside = true;
  buffer.data = const_cast<void *>(data); // steps write to what addBuffer() made only
  buffers.push_back(buffer);
  return static_cast<int>(buffers.size()) - 1;
}

void Program::add(std::unique_ptr<Step> step, std::vector<int> reads, std::vector<int> writes) {
  int position = static_cast<int>(steps.size());
  auto touch = [&](int buffer) {
    Buffer &b = buffers[buffer];
    b.first = b.first < 0 ? position : b.first;
    b.last = position;
  };
  for (int buffer : reads) {
    touch(buffer);
    if (buffers[buffer].constants)
      step->constants.emplace_back(static_cast<const uint8_t *>(buffers[buffer].data), buffers[buffer].constants);
  }
  for (int buffer : writes) {
    assert(!buffers[buffer].isOutside);
    touch(buffer);
  }
  step->reads = std::move(reads);
  step->writes = std::move(writes);
  steps.push_back(std::move(step));
}

int64_t Program::totalBytes() const {
  return std::accumulate(buffers.begin(), buffers.end(), int64_t(0),
                         [](int64_t sum, const Buffer &b) { return sum + b.bytes; });
}

void Program::place() {
  // Of what lives to the end no two share memory. Much of it goes behind all else, where there is nothing to look for.
  constexpr int64_t kFewKept = 64;
  const bool isMuch =
      std::count_if(buffers.begin(), buffers.end(), [](const Buffer &b) { return b.isKept; }) > kFewKept;
  std::vector<Buffer *> order, placed;
  for (Buffer &b : buffers) {
    if (b.isOutside || b.first < 0)
      continue;
    if (b.isKept)
      b.last = static_cast<int>(steps.size());
    if (!b.isKept || !isMuch)
      order.push_back(&b);
  }
  // Buffers lie in one vector: their addresses settle ties in the order of their making.
  std::sort(order.begin(), order.end(),
            [](const Buffer *a, const Buffer *b) { return a->bytes != b->bytes ? a->bytes > b->bytes : a < b; });
  for (Buffer *b : order) {
    std::vector<std::pair<int64_t, int64_t>> taken;
    for (const Buffer *other : placed)
      if (other->first <= b->last && b->first <= other->last)
        taken.emplace_back(other->offset, other->offset + other->bytes);
    std::sort(taken.begin(), taken.end());
    b->offset = 0;
    for (auto [begin, end] : taken) {
      if (b->offset + b->bytes <= begin)
        break;
      b->offset = std::max(b->offset, end);
    }
    placed.push_back(b);
    arenaSize = std::max(arenaSize, b->offset + b->bytes);
  }
  for (Buffer &b : buffers)
    if (isMuch && b.isKept && !b.isOutside && b.first >= 0) {
      b.offset = arenaSize;
      arenaSize += b.bytes;
    }
}

std::unique_ptr<void, Program::Free> Program::allocate(int64_t bytes) const {
  size_t size = (std::max<int64_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  requireMemory(size, "computing the network");
  void *memory = std::aligned_alloc(kAlignment, size);
  if (!memory)
    throw UserError("computing the network needs " + std::to_string(size) + " bytes of memory, which are not there");
  return std::unique_ptr<void, Free>(memory);
}

void Program::Free::operator()(void *memory) const { std::free(memory); }

void Program::finish() {
  place();
  arena = allocate(arenaSize);
  size_t scratchSize = 0;
  for (const auto &step : steps)
    scratchSize = std::max(scratchSize, step->scratchBytes());
  scratch = allocate(static_cast<int64_t>(scratchSize));
  for (Buffer &b : buffers)
    if (!b.isOutside)
      b.data = static_cast<char *>(arena.get()) + b.offset;
  for (const auto &step : steps) {
    std::vector<const void *> in;
    std::vector<void *> out;
    for (int buffer : step->reads)
      in.push_back(buffers[buffer].data);
    for (int buffer : step->writes)
      out.push_back(buffers[buffer].data);
    step->bind(in, out, scratch.get());
  }
}

void Program::run(const std::function<void(std::span<const uint8_t>)> &onRead) {
  for (const auto &step : steps) {
    step->run();
    for (std::span<const uint8_t> constant : step->constants)
      if (onRead)
        onRead(constant);
  }
}

} // namespace tpu_mlir::host
