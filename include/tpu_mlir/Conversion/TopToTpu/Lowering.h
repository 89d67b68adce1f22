//===- Lowering.h - One lowering of a network to number formats -*- C++ -*-===//
// What op lowerings ask: the mode, the target, the lowered value of an operand
// in the format they want (casts are inserted here and nowhere else), the format
// that calibration gives a result, and weights to read and make.
#ifndef TPU_MLIR_CONVERSION_TOPTOTPU_LOWERING_H
#define TPU_MLIR_CONVERSION_TOPTOTPU_LOWERING_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "tpu_mlir/Conversion/TopToTpu/Mode.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "tpu_mlir/Target/Target.h"
#include "llvm/ADT/StringMap.h"

namespace tpu_mlir {

/// A format in the names of weights and casts: "f32", "si8".
llvm::StringRef shortName(kernel::DType type);

/// multiplier * 2^-rshift approximates a positive or negative real factor.
struct Multiplier {
  int64_t multiplier = 0, rshift = 0;
};
/// The tie rule: |multiplier| is the factor's 31 leading bits, in [2^30, 2^31), rounded half away from zero; where that
/// gives 2^31, half of it with the shift one less; rshift beyond 62 becomes 62 with a smaller multiplier; 0 gives {0,
/// 0}. The error is at most 2^-31 of the factor.
Multiplier multiplierOf(double factor);
/// Rounds half away from zero and clamps to an integer format.
int64_t quantizeOne(double real, double scale, kernel::DType type);
/// The same with the format's zero point.
int64_t quantizeOne(double real, const NumberFormat &format);

class Lowering {
public:
  Lowering(const Mode &mode, bool asymmetric, const target::Chip &chip, mlir::ModuleOp module);

  const Mode &mode;
  bool asymmetric; ///< integers with a sign have the zero point that their range asks for
  const target::Chip &chip;
  mlir::OpBuilder builder;
  bool isQuantized() const { return mode.isQuantized(); }

  /// The lowered value of a Top value in the mode's format: integers with the scale of its own calibration, or floats;
  /// a weight as weightOperand.
  mlir::Value operand(mlir::Value top);
  /// A weight operand of an element-wise op, in the mode's format: integers by their largest magnitude, without a zero
  /// point, or floats.
  mlir::Value weightOperand(mlir::Value top);
  /// A computed operand as integers whose zero point is 0, for products of two of them; floats as `operand`.
  mlir::Value centredOperand(mlir::Value top);
  /// A weight's floats in another float format; as it is in f32.
  mlir::Value floatWeight(mlir::Value top, kernel::DType type);
  /// For ops that only move values: the lowered value as it lies, which is floats behind parts that are joined as
  /// floats, and `operand` everywhere else.
  mlir::Value operandAsIs(mlir::Value top);
  /// Whether nothing reads the value on its way to float results of the network but ops that move values, so that
  /// its format is free.
  bool leavesAsFloat(mlir::Value top) const { return leaving.contains(top); }
  void setLeaving(llvm::DenseSet<mlir::Value> values) { leaving = std::move(values); }
  mlir::Value none(mlir::Location loc);

  /// Why the result cannot be quantised (no calibration row), as the tail of a sentence; empty when it can.
  std::string whyNoFormat(mlir::Value topResult) const;
  /// The format of a Top result in this mode, from its calibrated range.
  NumberFormat formatOfResult(mlir::Value topResult) const;
  /// The tensor type of a Top result in `format`.
  mlir::Type typeOf(mlir::Value topResult, const NumberFormat &format) const;
  mlir::Type resultType(mlir::Value topResult) const { return typeOf(topResult, formatOfResult(topResult)); }

  /// fp32 elements of a Top weight.
  llvm::ArrayRef<float> weightData(mlir::Value top) const;
  /// Lets go of the memory of elements that weightData() gave.
  void release(llvm::ArrayRef<float> elements) const;
  /// Makes a weight of floats in `type` (kernel::nearestIn), called as addWeight says; those beyond its largest number
  /// become `most` (by default that one). Warns of what is lost beyond rounding.
  mlir::Value addFloats(mlir::Operation *op, llvm::StringRef role, llvm::ArrayRef<float> data,
                        llvm::ArrayRef<int64_t> shape, kernel::DType type, float most = 0);
  /// What a constant becomes beyond the largest number of a float format, or below its least, as a sentence.
  static std::string beyond(double value, double instead, kernel::DType type);
  static std::string below(double largest, kernel::DType type);
  /// A weight that is added: as `operand`, but beyond the largest number of 16 bits half of that, so that sums with it
  /// stay numbers.
  mlir::Value addend(mlir::Value top);
  /// Makes a weight called `<name of op>_<role>`, with a number behind it where that name is taken.
  template <typename T>
  mlir::Value addWeight(mlir::Operation *op, llvm::StringRef role, llvm::ArrayRef<T> data,
                        llvm::ArrayRef<int64_t> shape, kernel::DType type) {
    auto *bytes = reinterpret_cast<const uint8_t *>(data.data());
    return addWeightBytes(op, role, {bytes, bytes + data.size() * sizeof(T)}, shape, type);
  }
  mlir::Value addWeightBytes(mlir::Operation *op, llvm::StringRef role, std::vector<uint8_t> bytes,
                             llvm::ArrayRef<int64_t> shape, kernel::DType type);

  /// Requantises `value` (lowered) to `format`, named `<name>_<role>`; returns it unchanged where formats agree.
  mlir::Value requantize(mlir::Value value, const NumberFormat &format, mlir::Location loc);
  /// A location `<name of op>_<role>` for one new value, with a number behind it where that name is taken.
  mlir::Location roleOf(mlir::Operation *op, llvm::StringRef role);
  void map(mlir::Value top, mlir::Value lowered) { values.map(top, lowered); }
  mlir::Value mapped(mlir::Value top) const { return values.lookupOrNull(top); }
  /// A lowered value in another format: itself, or a cast that all readers of that format share. The cast is called
  /// `<name of the value>_<format>`.
  mlir::Value castTo(mlir::Value lowered, const NumberFormat &format);
  /// The same as f32, the format at the borders of a module.
  mlir::Value dequantize(mlir::Value lowered) { return castTo(lowered, {}); }

  /// An op that an earlier lowering made, by all that it was made from but its operand and names; null where it made
  /// none that can be copied. For those whose making takes a search.
  llvm::StringMap<mlir::Operation *> found;

private:
  mutable mlir::ModuleOp module; // MLIR handles have no const methods
  top::NameScope names;
  mlir::IRMapping values;
  llvm::DenseMap<std::pair<mlir::Value, mlir::Type>, mlir::Value> weights; ///< by Top weight and element type
  llvm::DenseMap<std::pair<mlir::Value, mlir::Type>, mlir::Value> casts;   ///< by lowered value and element type
  llvm::DenseSet<mlir::Value> leaving;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_CONVERSION_TOPTOTPU_LOWERING_H
