//===- Counted.h - Tensors whose size hangs on data -------------*- C++ -*-===//
// A tensor of which only the data says how long it is has the longest possible
// shape, and a number beside it. Follows such tensors through a graph: which
// axis of which tensor ends where which number says.
#ifndef TPU_MLIR_HOST_COUNTED_H
#define TPU_MLIR_HOST_COUNTED_H

#include "tpu_mlir/Host/Graph.h"

#include <optional>

namespace tpu_mlir::host {

/// Behind the first `by` indices of the axis stands nothing that counts; `by` is an int32 tensor [1].
struct Counted {
  int64_t axis = 0;
  int by = -1;
};

struct CountedTensors {
  std::vector<std::optional<Counted>> of; ///< by tensor number
  int problemItem = -1;                   ///< an item that mixes what counts with what does not, or -1
  std::string problem;                    ///< the rest of a sentence about it
};
CountedTensors countedTensors(const Graph &graph);

} // namespace tpu_mlir::host

#endif // TPU_MLIR_HOST_COUNTED_H
