//===- CellMap.h - Who touched which bytes last -----------------*- C++ -*-===//
// One linear space of bytes, cut into cells whose bytes share one history. The
// space is divided into pages that hold the cells that begin in them, so that
// a long range costs its cells, not its bytes, and memory follows the number of
// cells. Decides nothing about what a history means.
#ifndef TPU_MLIR_LIB_CHECK_CELLMAP_H
#define TPU_MLIR_LIB_CHECK_CELLMAP_H

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace tpu_mlir::safety {

/// A command as a number: 0 none, else engine and position in that engine's queue over all groups, from 1.
using Mark = uint32_t;
inline constexpr Mark kNobody = 0, kHost = 0x7fffffff; ///< kHost: there before the first command
inline constexpr Mark markOf(int engine, uint32_t number) { return uint32_t(engine) << 31 | number; }
inline constexpr int engineOf(Mark mark) { return int(mark >> 31); }
inline constexpr uint32_t numberOf(Mark mark) { return mark & 0x7fffffff; }

/// What some bytes are, by number; 0 where that is not known.
using ValueId = uint32_t;

/// The history of some bytes: the last writer, and each engine's last reader since.
struct History {
  Mark writer = kNobody;
  uint32_t reader[2] = {0, 0};
  ValueId value = 0;
  bool operator==(const History &) const = default;
};

class CellMap {
public:
  explicit CellMap(uint64_t bytes, History all = {});
  uint64_t size() const { return bytes; }

  /// Calls visit(history, begin, end) for every cell of [begin, end), cut to it; the history may be changed. Equal
  /// neighbours become one cell.
  template <typename Visit> void update(uint64_t begin, uint64_t end, Visit visit);

  /// Cells held, for tests.
  size_t cells() const;

private:
  struct Cell {
    uint32_t offset; ///< in the page
    History history;
  };
  using Page = std::vector<Cell>;

  size_t pageOf(uint64_t at) const { return size_t(at >> pageBits); }
  void split(uint64_t at);
  /// The first page at or behind `page` that holds cells, or the number of pages.
  size_t nextUsed(size_t page) const;
  size_t previousUsed(size_t page) const;
  void setUsed(size_t page, bool isUsed) {
    const uint64_t bit = uint64_t(1) << (page % 64);
    used[page / 64] = isUsed ? used[page / 64] | bit : used[page / 64] & ~bit;
  }

  uint64_t bytes;
  unsigned pageBits;
  std::vector<Page> pages;
  std::vector<uint64_t> used; ///< one bit per page
};

template <typename Visit> void CellMap::update(uint64_t begin, uint64_t end, Visit visit) {
  if (begin >= end)
    return;
  split(begin);
  split(end);
  // Kept cells move to the front of their page; a cell like its predecessor is dropped.
  const History *previous = nullptr;
  if (begin) {
    const size_t page = pageOf(begin);
    const Page &here = pages[page];
    const uint32_t offset = uint32_t(begin - (uint64_t(page) << pageBits));
    const auto it =
        std::lower_bound(here.begin(), here.end(), offset, [](const Cell &c, uint32_t at) { return c.offset < at; });
    previous = it == here.begin() ? &pages[previousUsed(page)].back().history : &(it - 1)->history;
  }
  History last = previous ? *previous : History{};
  bool hasLast = previous != nullptr;
  for (size_t page = pageOf(begin); page < pages.size(); page = nextUsed(page + 1)) {
    const uint64_t base = uint64_t(page) << pageBits;
    if (base >= end)
      break;
    Page &here = pages[page];
    size_t from = 0;
    if (base < begin)
      from = size_t(std::lower_bound(here.begin(), here.end(), uint32_t(begin - base),
                                     [](const Cell &c, uint32_t at) { return c.offset < at; }) -
                    here.begin());
    size_t to = from;
    for (; from < here.size() && base + here[from].offset < end; ++from) {
      Cell cell = here[from];
      const uint64_t cellBegin = base + cell.offset;
      uint64_t cellEnd = end;
      if (from + 1 < here.size()) {
        cellEnd = std::min(end, base + here[from + 1].offset);
      } else if (const size_t next = nextUsed(page + 1); next < pages.size()) {
        cellEnd = std::min(end, (uint64_t(next) << pageBits) + pages[next].front().offset);
      }
      visit(cell.history, cellBegin, cellEnd);
      if (hasLast && cell.history == last)
        continue;
      last = cell.history, hasLast = true;
      here[to++] = cell;
    }
    if (to != from) {
      here.erase(here.begin() + long(to), here.begin() + long(from));
      setUsed(page, !here.empty());
    }
  }
}

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_CELLMAP_H
