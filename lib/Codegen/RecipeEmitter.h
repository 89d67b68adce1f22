//===- RecipeEmitter.h - One recipe being emitted ---------------*- C++ -*-===//
// The state of one recipe's emission, shared by EmitRecipe.cpp (tiles, loads,
// stores) and EmitStep.cpp (steps).
#ifndef TPU_MLIR_LIB_CODEGEN_RECIPEEMITTER_H
#define TPU_MLIR_LIB_CODEGEN_RECIPEEMITTER_H

#include "Encoding.h"
#include "tpu_mlir/Codegen/Emitter.h"

namespace tpu_mlir::codegen {

/// A buffer's part in local memory, from lane 0.
struct LocalView {
  Dims dims;
  DType dtype = DType::I8;
  Layout layout = Layout::Aligned;
  int64_t offset = 0, bytes = 0;
  int64_t padBefore[2] = {0, 0}, padAfter[2] = {0, 0}; ///< h, w: what the window sees outside the tensor
};
/// Elements between neighbours of the outer axes (c: between groups of lanes).
struct LocalStrides {
  int64_t n, c;
};

class RecipeEmitter {
public:
  RecipeEmitter(Emitter &emitter, const Recipe &recipe, const TilePlan &plan, std::span<const uint64_t> operands,
                uint64_t result)
      : emitter(emitter), table(*emitter.machine.table), recipe(recipe), plan(plan), operands(operands), result(result),
        turn(recipe.buffers.size(), -1), loaded(recipe.buffers.size()) {
    for (size_t i = 0; i < turn.size(); ++i)
      if (recipe.buffers[i].place == Place::Scratch)
        turn[i] = 0;
  }
  void run();

private:
  /// Ids kept free so that a tile's commands never cross the limit.
  static constexpr uint32_t kGroupMargin = 4096;
  struct State {
    Region tile;
    std::vector<LocalView> views;
  };
  State prepare(const Region &tile);
  void load(const Buffer &b, const Region &region, const LocalView &view);
  void store(const State &state);
  /// Tells debuggers that a box of a tensor is complete with the last command of an engine; without a view it is in
  /// global memory.
  void note(int tensor, const Buffer &b, const Region &box, const std::optional<LocalView> &view, isa::Engine engine);
  LocalStrides localStrides(const LocalView &view) const;

  void emitStep(const Step &step, const State &state);
  void emitConv(const Step &step, const State &state);
  void emitPool(const Step &step, const State &state);
  void emitBinary(const Step &step, const State &state);
  void emitRequant(const Step &step, const State &state);
  void emitCast(const Step &step, const State &state);
  void emitLookup(const Step &step, const State &state);
  void emitMatMul(const Step &step, const State &state);

  static Access globalAccess(const Dims &whole, const Region &region, uint64_t address, DType type, bool isWrite);
  static Access read(const LocalView &v) {
    return {Access::Space::Local, uint64_t(v.offset), uint64_t(v.offset + v.bytes), false};
  }
  static Access write(const LocalView &v) {
    return {Access::Space::Local, uint64_t(v.offset), uint64_t(v.offset + v.bytes), true};
  }
  template <typename T> void issue(const T &typed, std::initializer_list<Access> accesses) {
    emitter.commands.issue(isa::encode(table, typed), {accesses.begin(), accesses.size()});
  }

  Emitter &emitter;
  const isa::Table &table;
  const Recipe &recipe;
  const TilePlan &plan;
  std::span<const uint64_t> operands;
  uint64_t result;
  std::vector<int> turn; ///< place in use, by buffer
  std::vector<std::optional<Region>> loaded;
};

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_LIB_CODEGEN_RECIPEEMITTER_H
