//===- Table.h - Tables and indices -----------------------------*- C++ -*-===//
// Elements chosen by an index that is data.
#ifndef TPU_MLIR_KERNEL_TABLE_H
#define TPU_MLIR_KERNEL_TABLE_H

#include "tpu_mlir/Kernel/Format.h"

#include <optional>

namespace tpu_mlir::kernel {

/// out[i] = table[byte of in[i]]: 8-bit in (its bit pattern indexes), table of 256 entries of out's format.
void lookup(const Tensor &out, const ConstTensor &in, const void *table);

/// The same with a table for each channel: tables [1, c, 1, at least 256]. Planes of all may be apart.
void lookupRows(const Tensor &out, const ConstTensor &in, const ConstTensor &tables);

/// What indices mean that name no entry.
struct IndexRule {
  bool skips = false;  ///< `skipped` leaves the element as it is, or filled
  int64_t skipped = 0; ///< the index that means "skip"
  bool fills = false;  ///< elements without an entry become `fill`
  uint32_t fill = 0;   ///< bits, the low ones count
};

/// out[n, c, 0, j] = table[0, c, 0, index[n, c, 0, j]]; index U8 or U16, out and table of one width. An index past the
/// table without `fills` is returned, the first one, and what out holds then is not defined.
std::optional<int64_t> gatherRows(const Tensor &out, const ConstTensor &table, const ConstTensor &index,
                                  const IndexRule &rule);
/// out[n, c, 0, index[n, c, 0, j]] = source[n, c, 0, j]; later elements win. Returns as gatherRows.
std::optional<int64_t> scatterRows(const Tensor &out, const ConstTensor &source, const ConstTensor &index,
                                   const IndexRule &rule);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_TABLE_H
