//===- Operand.h - What a command reads and writes --------------*- C++ -*-===//
// An operand as the executor meets it: a strided tensor in the lanes or in
// linear memory. For debuggers; the executors themselves report it, so it is
// what the simulator really touches.
#ifndef TPU_MLIR_SIM_OPERAND_H
#define TPU_MLIR_SIM_OPERAND_H

#include "tpu_mlir/Sim/Layout.h"
#include "tpu_mlir/Sim/Pieces.h"

#include <functional>
#include <optional>
#include <string_view>

namespace tpu_mlir::sim {

struct Operand {
  std::string_view name; ///< "opd0", "res0", "src", "dst": a literal
  bool isWrite = false, isLocal = true;
  kernel::DType dtype = kernel::DType::I8;
  kernel::Dims dims;
  Strides strides;                  ///< elements; in lanes, c counts between groups of lanes
  LanePlace start{0, 0};            ///< in lanes
  uint64_t address = 0;             ///< in linear memory
  uint64_t laneMask = ~uint64_t(0); ///< lanes that are written
};

/// An operand with its values: what is read, or what is written, in the order n, c, h, w.
struct OperandValue {
  Operand operand;
  std::vector<uint8_t> values;
};

/// Called by an executor for each operand; `values` are dense and live as long as the call.
using OperandObserver = std::function<void(const Operand &, const void *values)>;

ElementPlace placeOf(const Operand &operand, const kernel::Dims &index, int64_t lanes);

/// The element that holds a byte, where the operand has one.
std::optional<kernel::Dims> find(const Operand &operand, const ElementPlace &place, int64_t lanes);

/// Where an element lies among the dense values.
int64_t denseIndex(const kernel::Dims &dims, const kernel::Dims &index);
kernel::Dims indexOf(const kernel::Dims &dims, int64_t dense);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_OPERAND_H
