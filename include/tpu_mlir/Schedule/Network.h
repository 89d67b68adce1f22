//===- Network.h - A network as the scheduler sees it -----------*- C++ -*-===//
// Values and nodes without MLIR: what each op computes (its form), what it
// reads, and which values are the same bytes under another shape. Also the
// joining of element-wise ops to the op that computes their operand.
#ifndef TPU_MLIR_SCHEDULE_NETWORK_H
#define TPU_MLIR_SCHEDULE_NETWORK_H

#include "tpu_mlir/Codegen/ProgramPrice.h"
#include "tpu_mlir/Codegen/Tiling.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tpu_mlir::schedule {

using codegen::LocalMemory;

struct Value {
  std::string name;
  Dims dims; ///< as its producer writes it; of inputs and weights, any shape
  DType dtype = DType::I8;
  bool isWeight = false;
  int sameAs = -1;                        ///< a weight of the same bytes that came before, or itself
  bool isInput = false, isOutput = false; ///< of the network: lies in global memory
  int viewOf = -1;                        ///< the value whose bytes it shares
  uint64_t address = 0;                   ///< in global memory, once assigned
  int producer = -1;                      ///< node; views have none
  std::vector<int> users;                 ///< nodes that read it or a view of it, in order, each once
  int64_t bytes() const { return dims.count() * kernel::byteSize(dtype); }
};

/// A buffer of a node's recipe that holds a value of the network once a step has run.
struct Observation {
  int value, buffer, step;
};

struct Node {
  int id = -1; ///< the caller's number
  std::string name;
  Form form;                   ///< Recipe or CopyProgram
  std::optional<Recipe> local; ///< what it is in a group, if not `form`
  codegen::ProgramPrice price; ///< of a CopyProgram
  std::vector<int> operands;   ///< values by operand number of the form; -1: none
  int result = -1;
  std::vector<Observation> observed; ///< values that fusion left inside
  std::vector<Node> parts;           ///< the ops that were fused; empty: it is one op
  const Recipe *recipe() const { return std::get_if<Recipe>(&form); }
};

/// Whether a node that runs by itself takes all of local memory meanwhile.
inline bool takesLocalMemory(const Node &node) { return node.recipe() || node.price.usesLocalMemory; }

struct Network {
  std::vector<Value> values;
  std::vector<Node> nodes;

  /// The value whose bytes `v` is.
  int root(int v) const;
  /// Computes producers and users; call after the last node.
  void link();
  /// Whether operand buffer `b` of a node can be the local result of the operand's producer: same shape and layout.
  bool readsAsMade(const Node &node, const Buffer &b) const;
};

/// Gives ops that share local memory the forms they have there, and element-wise ops the shapes of what they read.
/// `isAlone(node)`: it runs by itself, as it was lowered.
void adoptLocalForms(Network &network, const LocalMemory &memory, const std::function<bool(int)> &isAlone);

/// Joins every op that maps one operand element by element, and is its only reader, to the operand's producer: the
/// value between stays in scratch memory. Ops that are not alone have their local forms first. `isAlone(node)`,
/// `mayJoin(producer, op)` of two that are not: nodes of `network`. Recipes whose parts would start off the align unit
/// get copies to and from scratch memory, which may.
Network fuse(Network network, const LocalMemory &memory, const std::function<bool(int)> &isAlone,
             const std::function<bool(int, int)> &mayJoin);

/// Why a node cannot share local memory with others (the rest of a sentence), or nothing.
std::string whyAlone(const Node &node, const LocalMemory &memory);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_NETWORK_H
