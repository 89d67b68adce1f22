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
#include <set>

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
  std::string quotedTensor(int tensor) const { return "tensor '" + tensorName(tensor) + "'"; }
  int tensorCount() const { return int(tensors.size()); }
  /// The network's inputs follow the table's tensors. Views go by the tensor whose bytes they are.
  int inputTensor(size_t input) const { return int(table.tensors.size() + input); }
  bool isInput(int tensor) const { return size_t(tensor) >= table.tensors.size(); }
  const std::string &layerName(int layer) const { return table.layers[size_t(layer)].name; }
  /// Whether the table says how its layers read. Of a stream without it the rules of values know only what is usual.
  bool hasTraits() const { return saysTraits; }
  /// Whether a layer takes the tensor, or makes it. Without traits it may take any.
  bool mayTake(int layer, int tensor) const;
  /// How a layer reads a tensor, one that it does not take by index: whatever its elements are, nothing follows.
  bmodel::Reads readsOf(int layer, int tensor) const;
  /// Whether a layer's operands may be rows of weights, broadcast (biases).
  bool hasFilters(int layer) const;
  /// Whether the layer's result may be its operands' bytes, where they are.
  bool mayStandInPlace(int layer) const;
  /// Whether a layer may leave parts of what it brings together.
  bool leavesParts(int layer) const { return leaving.contains(layer); }
  /// Whether each of a tensor's readers may take parts of it only, so that the rest may be made for nobody.
  bool isTakenInParts(int tensor) const { return !takenWhole.contains(tensor); }
  /// Whether pieces of it are complete in local memory before any in global memory is.
  bool isMadeLocally(int tensor) const { return madeLocally.contains(tensor); }
  /// Whether layers may see the tensor under another shape than its own.
  bool hasViews(int tensor) const { return viewed.contains(tensor); }
  /// The shapes under which layers may see an input of the network: its own, and those of its views.
  const std::vector<std::vector<uint64_t>> &shapesOfInput(size_t input) const { return inputShapes[input]; }
  /// Elements of a tensor.
  int64_t countOf(int tensor) const { return counts[size_t(tensor)]; }
  /// The layer that is named after the tensor, or -1.
  int layerOfTensor(int tensor) const { return makers[size_t(tensor)]; }

private:
  void readTraits();
  Claim place(int tensor, const bmodel::TensorPiece &piece) const;

  std::string unreadable;
  bmodel::TensorTable table;
  const target::Chip &chip;
  std::map<std::pair<size_t, int>, std::vector<int>> layers; ///< by group and engine: by id
  std::vector<std::string> tensors;
  std::vector<int> makers; ///< by tensor
  std::vector<int64_t> counts;
  std::vector<std::vector<std::vector<uint64_t>>> inputShapes; ///< by input
  bool saysTraits = false;
  std::map<std::pair<int, int>, bmodel::Reads> takes; ///< by layer and tensor
  std::set<int> leaving, takenWhole, madeLocally, viewed;
  std::multimap<bmodel::CommandRef, std::pair<int, const bmodel::TensorPiece *>> pieces;
};

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_CLAIMS_H
