//===- Results.h - What a function gives for every 8-bit input --*- C++ -*-===//
// Of integers a function is its 256 results. They say whether lines or a curve take
// its place, and are its table otherwise.
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_RESULTS_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_RESULTS_H

#include "Curve.h"
#include "Lines.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

#include <string>

namespace tpu_mlir {

/// What a function gives for each of the 256 inputs that the format has, from the lowest on.
struct Results {
  Results(llvm::function_ref<double(double)> function, const NumberFormat &in, const NumberFormat &out)
      : firstInput(kernel::rangeOf(in.dtype).low), least(kernel::rangeOf(out.dtype).low),
        most(kernel::rangeOf(out.dtype).high) {
    for (int64_t i = 0; i < 256; ++i)
      values.push_back(quantizeOne(function(double(firstInput + i - in.zeroPoint) * in.scale), out));
  }
  std::optional<Lines> lines(const target::Chip &chip) const {
    return findLines(values, firstInput, least, most, kernel::roundNamed(chip.quant.requantRound));
  }
  /// A curve whose instructions take less than a lookup of this result, if there is one.
  std::optional<Curve> curve(const kernel::Dims &dims, const target::Chip &chip) const;
  /// All that lines and curves of a result of that size depend on.
  std::string key(const kernel::Dims &dims) const {
    std::vector<int64_t> numbers = values;
    numbers.insert(numbers.end(), {firstInput, least, dims.n, dims.c, dims.h, dims.w});
    return std::string(reinterpret_cast<const char *>(numbers.data()), numbers.size() * sizeof(int64_t));
  }
  /// By the input's bits.
  std::vector<uint8_t> table() const {
    std::vector<uint8_t> entries(values.size());
    for (size_t i = 0; i < values.size(); ++i)
      entries[size_t(firstInput + int64_t(i)) & 255] = uint8_t(values[i]);
    return entries;
  }

  int64_t firstInput, least, most;
  std::vector<int64_t> values;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_RESULTS_H
