//===- ChannelMap.h - Affine maps per channel -------------------*- C++ -*-===//
// Reads the many ways in which a network multiplies and adds one number per
// channel, composes them in fp64, and makes weights. What is done with a map
// is each pass's own affair.
#ifndef TPU_MLIR_LIB_DIALECT_TOP_TRANSFORMS_CHANNELMAP_H
#define TPU_MLIR_LIB_DIALECT_TOP_TRANSFORMS_CHANNELMAP_H

#include "mlir/IR/PatternMatch.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include <optional>
#include <vector>

namespace tpu_mlir::top {

/// The constants of one module while a pass rewrites it.
class Constants {
public:
  explicit Constants(mlir::ModuleOp module);
  /// fp32 elements of a constant operand, or null: not a weight, or not fp32 in row-major order.
  const WeightArray *find(mlir::Value value) const;
  /// A new fp32 weight before the rewriter's insertion point; its name is `<name>_<role>`, made unique.
  mlir::Value make(mlir::OpBuilder &builder, llvm::StringRef name, llvm::StringRef role, llvm::ArrayRef<double> values,
                   llvm::ArrayRef<int64_t> shape);
  /// A name that no tensor of the module has: `wanted`, or nearly so.
  std::string freshName(const llvm::Twine &wanted) { return names.fresh(wanted); }

private:
  WeightStore &store;
  NameScope names;
};

/// Fails, with a diagnostic, when a weight of the module is not loaded.
mlir::LogicalResult requireWeights(mlir::ModuleOp module);

/// y = x * scale[c] + bias[c], then the relu that `last` has.
struct ChannelMap {
  std::vector<double> scale, bias;
  mlir::Value input;               ///< x
  mlir::Operation *last = nullptr; ///< whose result y is
  bool isPerChannel = false;       ///< whether it came from more than one number
  bool hasRelu() const;
  bool addsNothing() const;
  bool scalesNothing() const;
};

/// The map that `op` is along `axis`, if it is one.
std::optional<ChannelMap> channelMapOf(mlir::Operation *op, int64_t axis, const Constants &constants);

/// `second` after `first`.
ChannelMap compose(const ChannelMap &first, const ChannelMap &second);

/// The maps that follow `value`, joined, as long as each is the only use of the tensor before it; no map for an empty
/// chain. `count` is their number.
std::optional<ChannelMap> chainAfter(mlir::Value value, int64_t axis, const Constants &constants, int &count);
/// The same for the maps that lead to `value`; none of them has a relu.
std::optional<ChannelMap> chainBefore(mlir::Value value, int64_t axis, const Constants &constants, int &count);

/// Copies `do_relu` and `relu_limit` from one op with a relu to another.
void copyRelu(mlir::Operation *from, mlir::Operation *to);
/// A top.Scale in place of the chain that ends in `map.last`.
void replaceByScale(const ChannelMap &map, Constants &constants, mlir::PatternRewriter &rewriter);

void addConvertBnToScale(mlir::RewritePatternSet &patterns, Constants &constants);
void addFoldScale(mlir::RewritePatternSet &patterns, Constants &constants);
void addFuseScaleIntoConv(mlir::RewritePatternSet &patterns, Constants &constants);

/// Applies patterns to the module until none matches.
mlir::LogicalResult applyTo(mlir::ModuleOp module, mlir::RewritePatternSet patterns);

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_DIALECT_TOP_TRANSFORMS_CHANNELMAP_H
