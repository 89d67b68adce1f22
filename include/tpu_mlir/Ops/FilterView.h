//===- FilterView.h - The elements of a filter ------------------*- C++ -*-===//
// How lowerings read a filter that may be larger than memory should hold: where the
// weight file has it, in the file's own order, letting go of what they have read.
#ifndef TPU_MLIR_OPS_FILTERVIEW_H
#define TPU_MLIR_OPS_FILTERVIEW_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

#include <functional>

namespace tpu_mlir {

/// The elements of a filter [oc, taps...], or of a matrix [taps, oc].
struct FilterView {
  llvm::ArrayRef<float> elements;
  bool channelsLast = false;
  /// Told which elements were read, and are read again later or not at all.
  std::function<void(llvm::ArrayRef<float>)> done;
};
/// That of a Top weight, whose memory is let go piece by piece.
inline FilterView viewOf(const Lowering &l, mlir::Value topWeight, bool channelsLast = false) {
  return {l.weightData(topWeight), channelsLast, [&l](llvm::ArrayRef<float> read) { l.release(read); }};
}

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_FILTERVIEW_H
