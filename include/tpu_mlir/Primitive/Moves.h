//===- Moves.h - Elements to other places in local memory -------*- C++ -*-===//
// Copies, exchanges of axes and joins between operands and results that both
// stay in local memory. Moves through global memory are no primitives: they
// are copy programs.
#ifndef TPU_MLIR_PRIMITIVE_MOVES_H
#define TPU_MLIR_PRIMITIVE_MOVES_H

#include "tpu_mlir/Primitive/Primitive.h"

namespace tpu_mlir::primitive {

/// Channels, rows and columns of source 0 to places of the result.
const Primitive &copy();
/// `channels` channels (0: all) from `fromChannel` to `toChannel`, every element repeated in h and w. Between views of
/// different rows, those that both have.
struct CopyAttributes {
  int64_t fromChannel = 0, toChannel = 0, channels = 0, repeatH = 1, repeatW = 1;
  int64_t stepH = 1, stepW = 1; ///< without repeats: every so many rows and columns of the source
};
Step copy(int dst, int a, const CopyAttributes &attributes = {});

/// Channels and columns change places.
const Primitive &transpose();
Step transpose(int dst, int a);

/// Between [b, c, 1, heads * w] and [b * heads, c, 1, w], whichever source 0 is.
const Primitive &heads();
Step heads(int dst, int a);

/// Source 0 into the rows and columns of the result that its windows of one element see.
const Primitive &insert();
Step insert(int dst, int a);

} // namespace tpu_mlir::primitive

#endif // TPU_MLIR_PRIMITIVE_MOVES_H
