//===- Numbers.h - Tensors of a net as float values -------------*- C++ -*-===//
// Between the raw bytes that a net reads and writes and the floats that a user
// means by them.
#ifndef TPU_MLIR_SIM_NUMBERS_H
#define TPU_MLIR_SIM_NUMBERS_H

#include "tpu_mlir/Sim/Simulator.h"
#include "tpu_mlir/Support/Npz.h"

namespace tpu_mlir::sim {

/// Raw bytes of an input from an array: arrays of the input's own format are taken as they are, floats are converted,
/// and for an input of floats integers too; for an integer input q = sat(round(x · scale) + zero point), half away from
/// zero. UserError for wrong shapes and types.
std::vector<uint8_t> encodeInput(const NetTensor &input, const NpzArray &array);

/// (stored − zero point) · scale, or the floats themselves.
std::vector<float> decodeTensor(const TensorValue &tensor);

/// A tensor as a user is to see it: only what counts of it, integers and booleans of the network in their own type,
/// and real values of all else, or with `fixed` the integers as they are stored.
struct SeenArray {
  NpyType type = NpyType::F32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
};
SeenArray asSeen(const TensorValue &tensor, bool fixed);
/// The same of one byte an element that says which elements were computed; empty where all were.
SeenArray knownAsSeen(const TensorValue &tensor);

/// The array type that holds the raw bytes of a format.
NpyType rawType(kernel::DType dtype);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_NUMBERS_H
