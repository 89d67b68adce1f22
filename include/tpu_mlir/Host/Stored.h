//===- Stored.h - Elements as a chip's memory holds them --------*- C++ -*-===//
// At the border between host and chip 64-bit integers become 32 bits, and are
// refused where they do not fit. Everything else is the same on both sides.
#ifndef TPU_MLIR_HOST_STORED_H
#define TPU_MLIR_HOST_STORED_H

#include "tpu_mlir/Host/Graph.h"

namespace tpu_mlir::host {

/// Bytes of an element in a chip's memory.
int64_t storedSizeOf(Element element);
/// Writes elements as the chip holds them. Returns the index of the first that does not fit, or -1.
int64_t store(Element element, const void *own, int64_t count, void *stored);
/// The way back.
void load(Element element, const void *stored, int64_t count, void *own);

} // namespace tpu_mlir::host

#endif // TPU_MLIR_HOST_STORED_H
