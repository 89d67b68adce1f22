//===- Show.h - Commands, operands and tensors as text ----------*- C++ -*-===//
// What debuggers print: where an operand lies in words, and values as tables of
// rows h and columns w. Decides only how things look.
#ifndef TPU_MLIR_SIM_SHOW_H
#define TPU_MLIR_SIM_SHOW_H

#include "tpu_mlir/Sim/Simulator.h"

namespace tpu_mlir::sim {

/// "i32 [1, 64, 56, 56] in lanes 0-63 from offset 0x4000, aligned", with strides where the layout has no name.
std::string show(const Operand &operand, const Memory &memory);

/// "n 0, c 0-63, h 28-55, w 0-55 of [1, 64, 56, 56]" and where it lies.
std::string show(const TensorEntry &tensor, const TensorPiece &piece);

/// One element of dense values as a number.
std::string showValue(kernel::DType dtype, const uint8_t *at);

struct Window {
  kernel::Dims begin{0, 0, 0, 0}, size;
  int64_t marked = -1; ///< dense index of an element to mark, or −1
};

/// The h × w planes of a window, each under a heading with its n and c; every line is indented by `indent`.
std::string showTable(kernel::DType dtype, const kernel::Dims &dims, const uint8_t *values, const Window &window,
                      const std::string &indent);

/// A window of at most `most` rows and columns in the plane of an element.
Window around(const kernel::Dims &dims, const kernel::Dims &element, int64_t most, bool marks);

/// Where the values that a command read for one element of its result are in one of its operands.
kernel::Dims elementIn(const isa::Command &command, const kernel::Dims &resultDims, const kernel::Dims &element,
                       const kernel::Dims &operandDims);

/// The operands of a command, each with the values near one element of the result.
std::string showOperands(const isa::Command &command, const std::vector<OperandValue> &operands,
                         const kernel::Dims &element, bool marks, const Memory &memory, const std::string &indent);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_SHOW_H
