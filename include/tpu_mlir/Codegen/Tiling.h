//===- Tiling.h - Tiles of a recipe in local memory -------------*- C++ -*-===//
// Decides how large a tile of an op's result may be so that every buffer of its
// recipe fits local memory, where the buffers lie, and in which order tiles
// run. Knows no op and emits nothing.
#ifndef TPU_MLIR_CODEGEN_TILING_H
#define TPU_MLIR_CODEGEN_TILING_H

#include "tpu_mlir/Recipe/Recipe.h"

#include <optional>

namespace tpu_mlir::backend {
class Family;
}

namespace tpu_mlir::codegen {

/// Local memory as tiling sees it; sizes in bytes per lane.
struct LocalMemory {
  int64_t lanes, bytes, bankBytes, alignBytes;
  int64_t maxDim;                ///< largest size of one axis in a command
  const backend::Family *family; ///< whose instructions work on it
  int64_t scratchBanks = 1;      ///< of a place for intermediates of grouped ops
};

/// Where one buffer lies: `copies` places of `bytes` each, offsets from the start of a lane.
struct Placement {
  int64_t bytes = 0;
  std::vector<int64_t> offsets;
};

struct TilePlan {
  Dims tile;                         ///< largest tile; those at the end of an axis may be smaller
  int buffers = 1;                   ///< 2: what is loaded and stored has two places, so that engines overlap
  std::vector<Placement> placements; ///< one per buffer of the recipe
  int64_t usedBytes = 0;
};

/// Bytes per lane of a region of `dims` in `layout`, starting in lane 0.
int64_t localBytes(Layout layout, const Dims &dims, DType type, const LocalMemory &memory);

/// Places every buffer for tiles of `tile`; nothing when they do not fit.
std::optional<TilePlan> placeBuffers(const Recipe &recipe, Dims tile, int buffers, const LocalMemory &memory);

/// The tile to use: the largest along the order in which weights stay resident, double-buffered where possible.
/// UserError (the tail of a sentence: what is needed, what there is) when not even one row fits.
TilePlan chooseTile(const Recipe &recipe, const LocalMemory &memory);

/// The regions of the result in the order in which they are computed: channels outermost, so that weights stay.
std::vector<Region> tilesOf(const Recipe &recipe, const Dims &tile);

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_CODEGEN_TILING_H
