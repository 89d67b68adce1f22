//===- Pieces.h - Reading the pieces of a tensor ----------------*- C++ -*-===//
// From where the tensor table says that a piece lies to a dense box of values,
// and from boxes to whole tensors. Decides nothing about when a piece is read.
#ifndef TPU_MLIR_SIM_PIECES_H
#define TPU_MLIR_SIM_PIECES_H

#include "tpu_mlir/Bmodel/TensorTable.h"
#include "tpu_mlir/Host/Graph.h"
#include "tpu_mlir/Sim/Memory.h"

namespace tpu_mlir::sim {

// What the table in the container speaks of.
using bmodel::Axes;
using bmodel::CommandRange;
using bmodel::CommandRef;
using bmodel::LayerEntry;
using bmodel::PieceLayout;
using bmodel::TensorEntry;
using bmodel::TensorPiece;
using bmodel::TensorTable;

/// A tensor of the run: raw bytes and what is needed to read them.
struct TensorValue {
  std::string name;
  kernel::DType dtype;
  std::vector<int64_t> shape;
  float scale; ///< value = (stored − zeroPoint) · scale
  int32_t zeroPoint;
  std::vector<uint8_t> bytes;
  /// One flag per element; empty where all are known. Elements that no command computed are 0 in `bytes`.
  std::vector<uint8_t> known = {};
  /// What the elements are to the network's author; of float32, real values.
  host::Element own = host::Element::F32;
  /// Behind the first `valid` indices of this axis stands nothing that counts; -1: all of it counts.
  int64_t countedAxis = -1, valid = 0;
};

/// One element's place: a byte of a lane, or of global memory.
struct ElementPlace {
  bool isLocal = false;
  int64_t lane = 0;
  uint64_t address = 0; ///< in the lane, or global
};

/// Elements between neighbours of the axes n, c, d, h, w. With named layouts depth slices are further batches:
/// (n, d) is batch n · depth + d.
Axes stridesOf(const TensorEntry &tensor, const TensorPiece &piece, const Memory &memory);

/// The place of an element; `index` counts from the start of the piece.
ElementPlace placeOf(const TensorEntry &tensor, const TensorPiece &piece, const Axes &index, const Memory &memory);

/// The piece's values in the order n, c, d, h, w; UserError where it leaves memory.
std::vector<uint8_t> readPiece(const TensorEntry &tensor, const TensorPiece &piece, const Memory &memory);

/// The row-major number within the whole tensor of an element of a piece; `index` counts from the start of the piece.
int64_t elementOf(const TensorPiece &piece, const Axes &index);

/// A tensor that gathers its pieces.
class GatheredTensor {
public:
  explicit GatheredTensor(const TensorEntry &entry) : entry(&entry) {}
  /// Puts a piece in its place; UserError where an overlapping piece had another value for an element.
  void add(const TensorPiece &piece, const std::vector<uint8_t> &values);
  bool isComplete() const { return added == entry->pieces.size(); }
  /// The tensor; nothing is left behind.
  TensorValue take();

private:
  const TensorEntry *entry;
  size_t added = 0;
  std::vector<uint8_t> bytes, known;
};

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_PIECES_H
