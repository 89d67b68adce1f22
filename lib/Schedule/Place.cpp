//===- Place.cpp - Offsets in local memory and times of loads -------------===//
// One pass over the works. What a work needs is placed when its turn comes;
// what is left of memory takes loads of later works, nearest need first, as
// long as everything up to their use still fits. Loads issued too early for
// what is needed now are taken back.
#include "tpu_mlir/Schedule/Place.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>

namespace tpu_mlir::schedule {

namespace {

/// Free ranges of a lane.
class FreeList {
public:
  explicit FreeList(int64_t bytes) { ranges[0] = bytes; }

  /// The lowest (or highest) place of `bytes`, or -1.
  int64_t take(int64_t bytes, bool fromTop) {
    if (bytes == 0)
      return 0;
    if (fromTop) {
      for (auto at = ranges.rbegin(); at != ranges.rend(); ++at)
        if (at->second - at->first >= bytes) {
          int64_t begin = at->first, end = at->second;
          ranges.erase(begin);
          if (end - bytes > begin)
            ranges[begin] = end - bytes;
          return end - bytes;
        }
      return -1;
    }
    for (auto at = ranges.begin(); at != ranges.end(); ++at)
      if (at->second - at->first >= bytes) {
        int64_t begin = at->first, end = at->second;
        ranges.erase(at);
        if (begin + bytes < end)
          ranges[begin + bytes] = end;
        return begin;
      }
    return -1;
  }

  void give(int64_t begin, int64_t bytes) {
    if (bytes == 0)
      return;
    int64_t end = begin + bytes;
    auto next = ranges.lower_bound(begin);
    if (next != ranges.end() && next->first == end) {
      end = next->second;
      next = ranges.erase(next);
    }
    if (next != ranges.begin()) {
      auto before = std::prev(next);
      if (before->second == begin) {
        before->second = end;
        return;
      }
    }
    ranges[begin] = end;
  }

private:
  std::map<int64_t, int64_t> ranges; // begin to end
};

class Placer {
public:
  Placer(Timeline &timeline, const Pace &pace) : t(timeline), pace(pace), free(timeline.scratch.area) {}

  int run(std::vector<int> *failures) {
    const int works = int(t.works.size());
    until.resize(t.buffers.size());
    live.assign(works + 1, 0);
    made.resize(works);
    // An op by itself takes all of a lane: nothing may be loaded across it, nor be on its way out.
    nextClobber.assign(works + 1, works);
    for (int i = works - 1; i >= 0; --i)
      nextClobber[i] = t.works[i].clobbers ? i : nextClobber[i + 1];
    for (int b = 0; b < int(t.buffers.size()); ++b) {
      LocalBuffer &buffer = t.buffers[b];
      if (buffer.first < 0)
        continue;
      until[b] = lastWork(buffer);
      // Tables wait for no memory; a few works ahead hide their load.
      if (isFixed(buffer)) {
        buffer.loadAt = std::max({0, buffer.notBefore, buffer.first - kTableAhead});
        continue;
      }
      // From the first use on, whether loaded or made; loads that run ahead add to this as they are placed.
      for (int i = buffer.first; i <= until[b] && i < works; ++i)
        live[i] += buffer.bytes;
      if (!buffer.isLoaded)
        made[buffer.first].push_back(b);
    }
    for (const Load &load : t.loads)
      if (t.buffers[load.buffer].first >= 0 && !isFixed(t.buffers[load.buffer]))
        queue.push_back(load.buffer);
    int first = -1;
    for (int now = 0; now < works; ++now) {
      release(now);
      bool fits = true;
      while ((fits || failures) && next < int(queue.size()) && t.buffers[queue[next]].first <= now)
        // Loads from the top of memory, what is made from the bottom.
        fits &= takeNow(queue[next++], now, true);
      for (size_t i = 0; (fits || failures) && i < made[now].size(); ++i)
        fits &= takeNow(made[now][i], now, false);
      if (!fits && first < 0)
        first = now;
      if (!fits && !failures)
        return now;
      if (!fits)
        failures->push_back(now);
      // Only when all that this work needs has its place does what is left go to later ones.
      prefetch(now);
    }
    bringTablesForward();
    return first;
  }

private:
  bool isFixed(const LocalBuffer &b) const { return b.offset >= t.scratch.area; }

  /// Tables have places of their own: their loads wait for no memory, and so need not stand behind loads for later
  /// works.
  void bringTablesForward() {
    int earliest = int(t.works.size());
    for (auto load = t.loads.rbegin(); load != t.loads.rend(); ++load) {
      LocalBuffer &buffer = t.buffers[load->buffer];
      if (buffer.first < 0 || buffer.loadAt < 0)
        continue;
      if (isFixed(buffer))
        buffer.loadAt = std::max({0, buffer.notBefore, std::min(buffer.loadAt, earliest)});
      else
        earliest = std::min(earliest, buffer.loadAt);
    }
  }

  /// The last work during which the buffer is taken: stores need time to finish.
  int lastWork(const LocalBuffer &b) const {
    int last = b.last;
    if (b.storeBytes > 0) {
      // The place must not be written before the transfer has read it. Works of the time that the store takes are
      // passed over, eight at most: later writers wait for the transfer in any case, so this is speed, not safety.
      double time = pace.transferLatency + double(b.storeBytes) / pace.bytesPerCycle;
      ++last;
      for (int limit = last + 8; last < limit && last < int(pace.work.size()) && time > 0; ++last)
        time -= pace.work[last];
    }
    return std::min({last, int(t.works.size()) - 1, std::max(b.last, nextClobber[b.last] - 1)});
  }

  void release(int now) {
    while (!ends.empty() && ends.begin()->first < now) {
      int b = ends.begin()->second;
      free.give(t.buffers[b].offset, t.buffers[b].bytes);
      ends.erase(ends.begin());
    }
  }

  bool tryTake(int b, int now, bool fromTop) {
    LocalBuffer &buffer = t.buffers[b];
    buffer.offset = free.take(buffer.bytes, fromTop);
    if (buffer.offset < 0)
      return false;
    buffer.loadAt = now;
    ends.insert({until[b], b});
    return true;
  }

  /// Places what is needed now; early loads make room, the one needed last first.
  bool takeNow(int b, int now, bool isLoaded) {
    // The load that was placed last is needed last, so it is the one to give its place back; it is queued again.
    while (!tryTake(b, now, isLoaded)) {
      if (next == 0 || t.buffers[queue[next - 1]].first <= now || queue[next - 1] == b)
        return false;
      int early = queue[--next];
      LocalBuffer &buffer = t.buffers[early];
      ends.erase({until[early], early});
      free.give(buffer.offset, buffer.bytes);
      for (int i = buffer.loadAt; i < buffer.first; ++i)
        live[i] -= buffer.bytes;
      buffer.offset = -1;
    }
    return true;
  }

  void prefetch(int now) {
    for (int count = 0; next < int(queue.size()) && count < kMostAhead; ++count) {
      LocalBuffer &buffer = t.buffers[queue[next]];
      // In the order of need, without skipping any: nothing far off takes the place of what is needed sooner.
      if (buffer.first > nextClobber[now])
        return;
      if (buffer.notBefore >= now && buffer.notBefore > 0)
        return;
      // A sum of bytes that fits may still find no range (tryTake): then nothing is loaded, and the next work tries
      // again.
      for (int i = now; i < buffer.first; ++i)
        if (live[i] + buffer.bytes > t.scratch.area)
          return;
      if (!tryTake(queue[next], now, true))
        return;
      for (int i = now; i < buffer.first; ++i)
        live[i] += buffer.bytes;
      ++next;
    }
  }

  static constexpr int kMostAhead = 64, kTableAhead = 4;
  Timeline &t;
  const Pace &pace;
  FreeList free;
  std::vector<int> until;             ///< by buffer
  std::vector<int> nextClobber;       ///< by work: the next one that takes all of local memory, itself included
  std::vector<int64_t> live;          ///< by work: bytes taken
  std::vector<std::vector<int>> made; ///< by work: buffers that are not loaded and begin there
  std::vector<int> queue;             ///< loads in the order of need
  int next = 0;                       ///< first load not issued
  std::set<std::pair<int, int>> ends; ///< what is placed, by its last work
};

} // namespace

int placeBuffers(Timeline &timeline, const Pace &pace, std::vector<int> *failures) {
  return Placer(timeline, pace).run(failures);
}

} // namespace tpu_mlir::schedule
