//===- CellMap.cpp - Who touched which bytes last -------------------------===//
// Splits and searches the sorted cells of a page; a bit for each page finds
// the next one that has any.

#include "CellMap.h"

namespace tpu_mlir::safety {

namespace {
/// Pages small enough that moving the cells of one is cheap, and at most a million of them.
unsigned pageBitsFor(uint64_t bytes) {
  unsigned bits = 8;
  while (bytes >> bits > (uint64_t(1) << 20))
    ++bits;
  return bits;
}
} // namespace

CellMap::CellMap(uint64_t bytes, History all)
    : bytes(bytes), pageBits(pageBitsFor(bytes)), pages(size_t(bytes >> pageBits) + 1), used(pages.size() / 64 + 1) {
  pages[0].push_back({0, all});
  setUsed(0, true);
}

size_t CellMap::nextUsed(size_t page) const {
  if (page >= pages.size())
    return pages.size();
  size_t word = page / 64;
  uint64_t bits = used[word] & (~uint64_t(0) << (page % 64));
  while (!bits) {
    if (++word == used.size())
      return pages.size();
    bits = used[word];
  }
  return word * 64 + size_t(std::countr_zero(bits));
}

/// The first cell of the space is never dropped, so there is always one before a page other than the first.
size_t CellMap::previousUsed(size_t page) const {
  --page;
  size_t word = page / 64;
  uint64_t bits = used[word] & (~uint64_t(0) >> (63 - page % 64));
  while (!bits)
    bits = used[--word];
  return word * 64 + 63 - size_t(std::countl_zero(bits));
}

void CellMap::split(uint64_t at) {
  if (at >= bytes)
    return;
  const size_t page = pageOf(at);
  Page &here = pages[page];
  const uint32_t offset = uint32_t(at - (uint64_t(page) << pageBits));
  const auto it = std::lower_bound(here.begin(), here.end(), offset,
                                   [](const Cell &c, uint32_t value) { return c.offset < value; });
  if (it != here.end() && it->offset == offset)
    return;
  const History before = it != here.begin() ? (it - 1)->history : pages[previousUsed(page)].back().history;
  here.insert(it, {offset, before});
  setUsed(page, true);
}

size_t CellMap::cells() const {
  size_t count = 0;
  for (const Page &page : pages)
    count += page.size();
  return count;
}

} // namespace tpu_mlir::safety
