//===- ClampedLine.h - Arithmetic with constants as a line -------*- C++ -*-===//
// However a network writes constants into arithmetic, each op of it is a line with
// bounds, and so is a chain of them. What a line stands for is Recognise.cpp's.
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_CLAMPEDLINE_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_CLAMPEDLINE_H

#include "mlir/IR/Value.h"

#include <cmath>
#include <optional>

namespace tpu_mlir::top {

/// y = min(max(factor * x + addend, low), high), with one factor and one addend for all elements.
struct ClampedLine {
  double factor = 1, addend = 0, low = -HUGE_VAL, high = HUGE_VAL;
  bool isClamped() const { return low > -HUGE_VAL || high < HUGE_VAL; }
  bool isFactor() const { return addend == 0 && !isClamped(); }
};

/// The line that `op` is, and `x`; a constant operand may be a number, or a tensor of one value however often.
std::optional<ClampedLine> lineOf(mlir::Operation *op, mlir::Value &x);

/// `second` after `first`.
ClampedLine compose(const ClampedLine &first, const ClampedLine &second);

/// `line` of `value` as a line of what `value` is made of, by ops that nothing else uses, back to `last` or to the
/// first op that is no line. Returns that tensor.
mlir::Value followLine(mlir::Value value, ClampedLine &line, mlir::Value last);

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_CLAMPEDLINE_H
