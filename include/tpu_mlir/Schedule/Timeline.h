//===- Timeline.h - What runs when, and where it lies -----------*- C++ -*-===//
// From groups to a sequence of works (a node on a region), the buffers of local
// memory they need with their lifetimes, and what is loaded and stored. Decides
// neither groups nor offsets.
#ifndef TPU_MLIR_SCHEDULE_TIMELINE_H
#define TPU_MLIR_SCHEDULE_TIMELINE_H

#include "tpu_mlir/Codegen/LocalView.h"
#include "tpu_mlir/Schedule/Network.h"
#include "tpu_mlir/Schedule/RowBlob.h"

#include <map>

namespace tpu_mlir::schedule {

/// Consecutive nodes that run slice by slice.
struct Group {
  int first = 0, last = 0; ///< nodes, inclusive
  int64_t nSlices = 1, hSlices = 1;
  bool alone = false;       ///< one node, tiled by itself from and to global memory
  bool keepsWeights = true; ///< weights stay for all slices; else each slice loads them again
  int64_t wSlices = 1;      ///< of columns; what crosses such a group's border goes through global memory
  int64_t slices() const { return nSlices * hSlices * wSlices; }
  bool operator==(const Group &) const = default;
};

struct Plan {
  std::vector<Group> groups;
  /// By value: what crosses groups goes through global memory; else it stays in local memory until its last reader.
  std::vector<char> isStored;
};

/// A place in local memory over a range of works.
struct LocalBuffer {
  int64_t bytes = 0;         ///< per lane
  int first = -1, last = -1; ///< works that use it
  int64_t offset = -1;
  bool isLoaded = false;
  int loadAt = -1;        ///< the load is issued before this work
  int notBefore = 0;      ///< ... which is this one at the earliest
  int64_t loadBytes = 0;  ///< from global memory, in all lanes
  int64_t storeBytes = 0; ///< to global memory
};

/// What fills a loaded buffer.
struct Load {
  enum class Kind { Rows, Region, Lanes } kind = Kind::Region;
  int buffer = -1;
  int node = -1, value = -1; ///< Rows: the node whose blob it is; else the value
  int blob = -1;             ///< Rows: number of the node's channel tile
  Dims whole;                ///< Region, Lanes: the tensor
  Region region;
  DType dtype = DType::I8;
  Layout layout = Layout::Aligned;
  int64_t repeat = 1; ///< every channel so many times
};

/// Where one buffer of a recipe lies during a work.
struct Binding {
  int buffer = -1;  ///< local buffer, or -1: scratch, at `base`
  int64_t base = 0; ///< bytes from the start of the local buffer (of the lane, for scratch)
  Region held;      ///< the region that lies there
  Layout layout = Layout::Aligned;
  std::optional<codegen::LocalStrides> outer;
};

struct Work {
  int node = -1, group = -1;
  Region region;                 ///< of the node's result
  std::vector<Region> parts;     ///< the region in pieces that scratch memory holds
  std::vector<Binding> bindings; ///< by buffer of the recipe
  bool clobbers = false;         ///< takes all of local memory for itself
  int expand = -1;               ///< blob whose requantisation entries are spread out first
  struct Store {
    int value, binding;
    Region region;
  };
  std::vector<Store> stores; ///< after the work
};

/// Scratch memory at the end of every lane, one bank for each place.
struct ScratchMap {
  int64_t area = 0; ///< bytes per lane for everything else
  int64_t slotBytes = 0;
  int64_t tableBase = -1; ///< lookup tables
  int64_t slot(int i) const { return area + i * slotBytes; }
};

struct Timeline {
  ScratchMap scratch;
  std::vector<LocalBuffer> buffers;
  std::vector<Load> loads; ///< in the order of first use
  std::vector<Work> works;
  int64_t loadedBytes = 0, storedBytes = 0;
};

/// Scratch memory that the nodes of a network need, those that run by themselves left out; nothing when local memory
/// has no room for it. `neediest` gets the node that needs the most.
std::optional<ScratchMap> mapScratch(const Network &network, const std::vector<char> &alone, const LocalMemory &memory,
                                     int *neediest = nullptr);
/// The scratch place of each buffer of a recipe (-1: not scratch).
std::vector<int> scratchSlots(const Recipe &recipe);

/// Builds the timeline; the sentence of the first thing that does not fit otherwise.
struct Built {
  Timeline timeline;
  std::string problem;
  int problemNode = -1;
};
Built buildTimeline(const Network &network, const Plan &plan, const LocalMemory &memory, int64_t rowLimit);

/// The view of a recipe's buffer that a part of a work uses.
codegen::LocalView viewOf(const Recipe &recipe, int buffer, const Binding &binding, int64_t start, const Region &part,
                          const LocalMemory &memory);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_TIMELINE_H
