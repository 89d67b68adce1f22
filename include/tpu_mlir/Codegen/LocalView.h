//===- LocalView.h - A region of a tensor in local memory -------*- C++ -*-===//
// Where a region lies and how it steps, as instructions see it. Gives no
// place: whoever schedules does.
#ifndef TPU_MLIR_CODEGEN_LOCALVIEW_H
#define TPU_MLIR_CODEGEN_LOCALVIEW_H

#include "tpu_mlir/Codegen/Tiling.h"

#include <optional>
#include <span>

namespace tpu_mlir::codegen {

/// Elements between neighbours of the outer axes (c: between groups of lanes).
struct LocalStrides {
  int64_t n, c;
  bool operator==(const LocalStrides &) const = default;
};

/// A region of a tensor in local memory, from lane 0.
struct LocalView {
  Dims dims;
  DType dtype = DType::I8;
  Layout layout = Layout::Aligned;
  int64_t offset = 0, bytes = 0;                         ///< bytes per lane from `offset` to behind the last element
  int64_t padBefore[2] = {0, 0}, padAfter[2] = {0, 0};   ///< h, w: what the window sees outside the tensor
  int64_t firstRow = 0, firstColumn = 0, firstBatch = 0; ///< h, w, n: where the view starts in its tensor
  int64_t rowStride = 0;                                 ///< elements from row to row; 0: they follow each other
  std::optional<LocalStrides> outer; ///< strides of a part of a larger buffer; else those of the layout
};

/// The strides that `layout` gives a region of `dims`.
LocalStrides layoutStrides(Layout layout, const Dims &dims, DType type, const LocalMemory &memory);
/// The strides of a view.
LocalStrides stridesOf(const LocalView &view, const LocalMemory &memory);
/// Elements from one row of the view to the next.
inline int64_t rowStrideOf(const LocalView &view) { return view.rowStride ? view.rowStride : view.dims.w; }
/// Whether the view starts and steps as its layout has it for its shape, which most instructions rely on.
bool isNatural(const LocalView &view, const LocalMemory &memory);
/// Whether the family's instructions for `step` can take these views: their layouts, and where they start.
bool canEmit(const Step &step, std::span<const LocalView> views, const LocalMemory &memory);

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_CODEGEN_LOCALVIEW_H
