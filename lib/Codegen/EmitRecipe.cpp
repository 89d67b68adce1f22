//===- EmitRecipe.cpp - A recipe over tiles -------------------------------===//
// Walks the tiles of a recipe: loads what each needs, ahead of the tile that
// computes, runs the steps, stores the result. Steps themselves are encoded by
// the rows of the family of chips.
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Codegen/Emitter.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir::codegen {

/// One recipe being emitted.
class RecipeEmitter {
public:
  RecipeEmitter(Emitter &emitter, const Recipe &recipe, const TilePlan &plan, std::span<const uint64_t> operands,
                uint64_t result)
      : emitter(emitter), family(*emitter.machine.memory.family), steps(emitter.steps()), commands(emitter.stream()),
        recipe(recipe), plan(plan), operands(operands), result(result), turn(recipe.buffers.size(), -1),
        loaded(recipe.buffers.size()) {
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
  /// Tells debuggers that a box of a tensor is complete with the last command of the engine that has such a task;
  /// without a view it is in global memory.
  void note(int tensor, const Buffer &b, const Region &box, const std::optional<LocalView> &view, backend::Task task);

  Emitter &emitter;
  const backend::Family &family;
  StepEmitter &steps;
  CommandStream &commands;
  const Recipe &recipe;
  const TilePlan &plan;
  std::span<const uint64_t> operands;
  uint64_t result;
  std::vector<int> turn; ///< place in use, by buffer
  std::vector<std::optional<Region>> loaded;
};

/// A result of this many tiles fills any memory; a stream for more would be gigabytes.
static constexpr int64_t kMostTiles = 65536;

Emitter::Emitter(const Machine &machine) : machine(machine), family(machine.memory.family->emitter(machine)) {}

void StepEmitter::emit(const Step &step, std::span<const LocalView> views) {
  const backend::Row &row = machine.memory.family->row(step);
  if (!step.resultAs && !step.sourcesAs)
    return row.emit(step, views, *this);
  std::vector<LocalView> taken(views.begin(), views.end());
  for (int id : step.sources)
    if (id >= 0 && step.sourcesAs)
      taken[id].dtype = *step.sourcesAs;
  // Where a result is a source, too, both are taken alike.
  assert((step.sourcesAs == step.resultAs || !step.reads(step.dst)) && "one place is two formats at once");
  if (step.resultAs)
    taken[step.dst].dtype = *step.resultAs;
  row.emit(step, taken, *this);
}

void Emitter::emitRecipe(const Recipe &recipe, const TilePlan &plan, std::span<const uint64_t> operands,
                         uint64_t result) {
  const Dims out = recipe.outputDims();
  double tiles = 1;
  for (auto [size, tile] :
       {std::pair(out.n, plan.tile.n), {out.c, plan.tile.c}, {out.h, plan.tile.h}, {out.w, plan.tile.w}})
    tiles *= double((size + tile - 1) / tile);
  if (tiles > kMostTiles)
    throw UserError("needs " + std::to_string(int64_t(tiles)) + " tiles, more than " + std::to_string(kMostTiles) +
                    "; its tile is too small, or its result too large for any chip");
  RecipeEmitter(*this, recipe, plan, operands, result).run();
}

void RecipeEmitter::run() {
  std::vector<Region> tiles = tilesOf(recipe, plan.tile);
  State ready = prepare(tiles.front());
  // Views of an op by itself lie as their layouts have them; what does not take those, the family cannot do at all.
  for (const Step &step : recipe.steps)
    if (!canEmit(step, ready.views, emitter.machine.memory))
      throw UserError("needs '" + std::string(step.primitive->name()) + "', which no instruction of '" +
                      std::string(emitter.machine.chip->identity.name) + "' does for it");
  for (size_t t = 0; t < tiles.size(); ++t) {
    const Region &tile = tiles[t];
    State current = ready;
    // The next tile's loads stand before this tile's store, which waits for the computation.
    if (t + 1 < tiles.size() && plan.buffers > 1)
      ready = prepare(tiles[t + 1]);
    for (const Step &step : recipe.steps)
      steps.emit(step, current.views);
    if (!recipe.steps.empty())
      note(TensorPart::kResult, recipe.buffers[recipe.output], tile, current.views[recipe.output],
           backend::Task::Compute);
    steps.store({recipe.outputDims(), tile, result}, current.views[recipe.output]);
    note(TensorPart::kResult, recipe.buffers[recipe.output], tile, std::nullopt, backend::Task::Store);
    if (t + 1 < tiles.size() && plan.buffers == 1)
      ready = prepare(tiles[t + 1]);
    // Groups run one after the other and keep local memory, so what is loaded already stays loaded.
    if (commands.isNearlyFull(kGroupMargin))
      commands.closeGroup();
  }
}

RecipeEmitter::State RecipeEmitter::prepare(const Region &tile) {
  State state{tile, std::vector<LocalView>(recipe.buffers.size())};
  for (size_t i = 0; i < recipe.buffers.size(); ++i) {
    const Buffer &b = recipe.buffers[i];
    const Placement &place = plan.placements[i];
    Region region;
    LocalView &view = state.views[i];
    for (int a = 0; a < 4; ++a) {
      AxisNeed need = needOf(b, a, tile);
      region[a] = need.range;
      if (a >= 2) {
        view.padBefore[a - 2] = need.padBefore;
        view.padAfter[a - 2] = need.padAfter;
      }
    }
    view.dims = dimsOf(region);
    view.firstBatch = region[0].begin, view.firstRow = region[2].begin, view.firstColumn = region[3].begin;
    view.dtype = b.dtype;
    view.layout = b.layout;
    view.bytes = localBytes(b.layout, view.dims, b.dtype, emitter.machine.memory);
    bool loads = b.place == Place::Input || b.place == Place::Weight;
    if (!loads) {
      if (b.place == Place::Output)
        turn[i] = (turn[i] + 1) % place.offsets.size();
      view.offset = place.offsets[turn[i]];
      continue;
    }
    if (!loaded[i] || *loaded[i] != region) {
      turn[i] = (turn[i] + 1) % place.offsets.size();
      view.offset = place.offsets[turn[i]];
      steps.load({b.dims, region, operands[b.index]}, view, b.repeat);
      if (b.place == Place::Input && b.layout != Layout::Lanes && b.repeat == 1)
        note(b.index, b, region, view, backend::Task::Load);
      loaded[i] = region;
    }
    view.offset = place.offsets[turn[i]];
  }
  return state;
}

void RecipeEmitter::note(int tensor, const Buffer &b, const Region &box, const std::optional<LocalView> &view,
                         backend::Task task) {
  const int engine = family.engineFor(task);
  Dims whole = tensor == TensorPart::kResult ? recipe.outputDims() : b.dims;
  emitter.parts.push_back({tensor, b.dtype, whole, box, view.has_value(), b.layout, view ? view->offset : 0, engine,
                           commands.lastIssued(engine)});
}

} // namespace tpu_mlir::codegen
