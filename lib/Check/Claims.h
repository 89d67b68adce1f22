//===- Claims.h - What a file says its bytes are ----------------*- C++ -*-===//
// The tensor table of a stage, seen by a checker: whose each command is, and
// which bytes are which elements of which tensor once a command is complete.
// Takes the table at its word; whether the streams keep it is Values.h.
#ifndef TPU_MLIR_LIB_CHECK_CLAIMS_H
#define TPU_MLIR_LIB_CHECK_CLAIMS_H

#include "Numbering.h"
#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Bmodel/TensorTable.h"
#include "tpu_mlir/Target/Target.h"

#include <map>

namespace tpu_mlir::safety {

/// A piece of a tensor at its place.
struct Claim {
  int tensor = -1;
  std::vector<Access> places;
  Numbering numbers; ///< unknown: only which tensor it is
};

class Claims {
public:
  Claims(const bmodel::NetParameter &parameter, const target::Chip &chip);

  bool empty() const { return layers.empty(); }
  /// Why the table could not be read; empty where it could or there is none.
  const std::string &error() const { return unreadable; }
  /// The layer that owns a command, or -1. Engine 0 is TIU; ids as in the group, from 1.
  int layerOf(size_t group, int engine, uint32_t id) const;
  /// The pieces that are complete after this command.
  std::vector<Claim> after(size_t group, int engine, uint32_t id) const;
  const std::string &tensorName(int tensor) const { return tensors[size_t(tensor)]; }
  /// The network's inputs follow the table's tensors.
  int inputTensor(size_t input) const { return int(table.tensors.size() + input); }
  bool isInput(int tensor) const { return size_t(tensor) >= table.tensors.size(); }
  const std::string &layerName(int layer) const { return table.layers[size_t(layer)].name; }
  /// Whether the rules of values are sure of this stream: its layers keep the order of what they read, read all of it,
  /// and no piece is a part of rows. Of another stream they know what is usual.
  bool areFollowed() const { return !hasOtherOps && !hasCutRows; }
  bool isCurve(int layer) const;
  /// Whether a layer's operands may be rows of weights, broadcast (biases).
  bool hasWeights(int layer) const;
  /// Whether the layer moves elements to other places than their order: a permutation, say.
  bool rearranges(int layer) const;
  /// Whether the layer's result may be its operands' bytes, where they are.
  bool mayStandInPlace(int layer) const;
  /// Whether some layer takes parts of a tensor only, so that the rest may be made for nobody.
  bool leavesParts() const { return hasSlices; }
  bool isSlice(int layer) const;
  /// Elements of a tensor.
  int64_t countOf(int tensor) const { return counts[size_t(tensor)]; }
  /// Whether pieces hold parts of rows.
  bool cutsRows() const { return hasCutRows; }
  /// The layer that is named after the tensor, or -1.
  int layerOfTensor(int tensor) const { return makers[size_t(tensor)]; }

private:
  Claim place(int tensor, const bmodel::TensorPiece &piece) const;

  std::string unreadable;
  bmodel::TensorTable table;
  const target::Chip &chip;
  std::map<std::pair<size_t, int>, std::vector<int>> layers; ///< by group and engine: by id
  std::vector<std::string> tensors;
  std::vector<int> makers; ///< by tensor
  std::vector<int64_t> counts;
  bool hasSlices = false, hasCutRows = false, hasOtherOps = false;
  std::multimap<bmodel::CommandRef, std::pair<int, const bmodel::TensorPiece *>> pieces;
};

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_CLAIMS_H
