//===- Mode.h - What a network's numbers become -----------------*- C++ -*-===//
// The one table of quantisation modes: a row says in which formats activations,
// constant factors and sums are. What an op makes of them is its lowering's;
// casts between formats are placed by Lowering alone.
#ifndef TPU_MLIR_CONVERSION_TOPTOTPU_MODE_H
#define TPU_MLIR_CONVERSION_TOPTOTPU_MODE_H

#include "tpu_mlir/Kernel/Format.h"

#include <span>
#include <string>
#include <string_view>

namespace tpu_mlir {

struct Mode {
  std::string_view name;     ///< as users write it, in capitals
  kernel::DType activations; ///< of what ops read and make; I8 stands for 8 bits, with a sign where values need one
  kernel::DType weights;     ///< of constant factors
  kernel::DType sums;        ///< in which products are summed, and biases of sums
  /// Whether numbers are integers with a scale, which calibration gives.
  bool isQuantized() const { return !kernel::isFloat(activations); }
};

/// The modes, in the order in which they are listed to users.
std::span<const Mode> modes();
/// The mode of that name in any letter case, or null.
const Mode *findMode(std::string_view name);
/// The names of all modes as a list in a sentence: "F32, F16 and INT8".
std::string modeNames();

} // namespace tpu_mlir

#endif // TPU_MLIR_CONVERSION_TOPTOTPU_MODE_H
