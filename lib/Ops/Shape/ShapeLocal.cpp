//===- ShapeLocal.cpp - Moving data inside local memory -------------------===//
// What slices and permutations are where their operand and result stay in local
// memory: copies with steps, and exchanges of lanes and columns. By themselves
// they are copy programs (ShapeLowering.cpp).
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/TargetOf.h"

#include <algorithm>

using namespace mlir;

namespace tpu_mlir {

std::optional<Recipe> tpu::ConcatOp::localForm() { return std::nullopt; }
std::optional<Recipe> tpu::PadOp::localForm() { return std::nullopt; }
std::optional<Recipe> tpu::ReshapeOp::localForm() { return std::nullopt; }
std::optional<Recipe> tpu::UpsampleOp::localForm() { return std::nullopt; }
std::optional<Recipe> tpu::SliceOp::localForm() { return std::nullopt; }
std::optional<Recipe> tpu::PermuteOp::localForm() { return std::nullopt; }

} // namespace tpu_mlir
