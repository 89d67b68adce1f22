//===- RowBlob.h - Weights of an op as one row per lane ---------*- C++ -*-===//
// Filters, biases and requantisation entries of a range of output channels,
// stored in global memory lane by lane as local memory will hold them, so that
// one transfer loads them all.
#ifndef TPU_MLIR_SCHEDULE_ROWBLOB_H
#define TPU_MLIR_SCHEDULE_ROWBLOB_H

#include "tpu_mlir/Schedule/Network.h"

namespace tpu_mlir::schedule {

/// Where one weight buffer lies in the rows.
struct RowPart {
  int buffer = -1;        ///< of the recipe
  int64_t offset = 0;     ///< bytes in the row
  int64_t itemBytes = 0;  ///< of one channel
  int64_t groupBytes = 0; ///< from one channel group to the next
};

struct RowBlob {
  Range channels;
  std::vector<RowPart> parts;
  int64_t lanes = 0, rowBytes = 0; ///< in global memory: `lanes` rows of `rowBytes`
  /// Requantisation entries, stored side by side, are spread out to the align unit behind the row.
  int entries = -1; ///< part, or -1
  int64_t spreadOffset = 0;
  int64_t localBytes = 0; ///< of the row with the spread entries
  int64_t bytes() const { return lanes * rowBytes; }
};

/// Whether a weight buffer has one item per output channel.
bool isRowWeight(const Recipe &recipe, const Buffer &buffer);
bool hasRowWeights(const Recipe &recipe);
RowBlob rowBlobOf(const Recipe &recipe, Range channels, const LocalMemory &memory);
/// Ranges of output channels whose blobs take at most `limit` bytes per lane where one channel group does.
std::vector<Range> channelTiles(const Recipe &recipe, int64_t limit, const LocalMemory &memory);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_ROWBLOB_H
