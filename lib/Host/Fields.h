//===- Fields.h - The fields of work, by name -------------------*- C++ -*-===//
// What a CPU layer's text says of each kind of work, written once for reading
// and for writing. Kinds that no layer holds have no entry.
#ifndef TPU_MLIR_LIB_HOST_FIELDS_H
#define TPU_MLIR_LIB_HOST_FIELDS_H

#include "tpu_mlir/Host/Graph.h"

namespace tpu_mlir::host {

/// The name of a kind of work in a text; null where a CPU layer cannot hold it.
template <typename T> constexpr const char *kWorkName = nullptr;
template <> inline constexpr const char *kWorkName<View> = "view";
template <> inline constexpr const char *kWorkName<Concat> = "concat";
template <> inline constexpr const char *kWorkName<Gather> = "gather";
template <> inline constexpr const char *kWorkName<Convert> = "convert";
template <> inline constexpr const char *kWorkName<Compare> = "compare";
template <> inline constexpr const char *kWorkName<Select> = "select";
template <> inline constexpr const char *kWorkName<Nms> = "nms";

/// Calls `field(name, reference)` for each field of a kind of work.
template <typename Field> void visitFields(View &, Field &&) {}
template <typename Field> void visitFields(Convert &, Field &&) {}
template <typename Field> void visitFields(Select &, Field &&) {}
template <typename Field> void visitFields(Concat &work, Field &&field) { field("axis", work.axis); }
template <typename Field> void visitFields(Gather &work, Field &&field) {
  field("source_axis", work.sourceAxis);
  field("index", work.index);
  field("fill", work.fill);
}
template <typename Field> void visitFields(Compare &work, Field &&field) { field("kind", work.kind); }
template <typename Field> void visitFields(Nms &work, Field &&field) {
  field("is_centre", work.isCentre);
  field("most_per_class", work.mostPerClass);
  field("iou_threshold", work.iouThreshold);
  field("score_threshold", work.scoreThreshold);
}

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_FIELDS_H
