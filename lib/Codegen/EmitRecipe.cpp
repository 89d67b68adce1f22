//===- EmitRecipe.cpp - A recipe over tiles -------------------------------===//
// Walks the tiles of a recipe: loads what each needs, ahead of the tile that
// computes, runs the steps, stores the result. Steps themselves are encoded in
// EmitStep.cpp.
#include "RecipeEmitter.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::codegen {

/// A result of this many tiles fills any memory; a stream for more would be gigabytes.
static constexpr int64_t kMostTiles = 65536;

Emitter::Emitter(const Machine &machine)
    : machine(machine), commands(*machine.table, machine.idLimit, machine.streamPadBytes) {}

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
  for (size_t t = 0; t < tiles.size(); ++t) {
    const Region &tile = tiles[t];
    State current = ready;
    // The next tile's loads stand before this tile's store, which waits for the computation.
    if (t + 1 < tiles.size() && plan.buffers > 1)
      ready = prepare(tiles[t + 1]);
    for (const Step &step : recipe.steps)
      emitStep(step, current);
    if (!recipe.steps.empty())
      note(TensorPart::kResult, recipe.buffers[recipe.output], tile, current.views[recipe.output], isa::Engine::TIU);
    store(current);
    note(TensorPart::kResult, recipe.buffers[recipe.output], tile, std::nullopt, isa::Engine::GDMA);
    if (t + 1 < tiles.size() && plan.buffers == 1)
      ready = prepare(tiles[t + 1]);
    // Groups run one after the other and keep local memory, so what is loaded already stays loaded.
    if (emitter.commands.isNearlyFull(kGroupMargin))
      emitter.commands.closeGroup();
  }
}

RecipeEmitter::State RecipeEmitter::prepare(const Region &tile) {
  State state{tile, std::vector<LocalView>(recipe.buffers.size())};
  for (size_t i = 0; i < recipe.buffers.size(); ++i) {
    const Buffer &b = recipe.buffers[i];
    const Placement &place = plan.placements[i];
    const int64_t sizes[4] = {b.dims.n, b.dims.c, b.dims.h, b.dims.w};
    Region region;
    LocalView &view = state.views[i];
    for (int a = 0; a < 4; ++a) {
      AxisNeed need = needOf(b.map[a], tile[a], sizes[a]);
      region[a] = need.range;
      if (a >= 2) {
        view.padBefore[a - 2] = need.padBefore;
        view.padAfter[a - 2] = need.padAfter;
      }
    }
    view.dims = dimsOf(region);
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
      load(b, region, view);
      loaded[i] = region;
    }
    view.offset = place.offsets[turn[i]];
  }
  return state;
}

/// Strides in elements of a dense tensor, and the element where a region starts.
static void globalStrides(const Dims &whole, const Region &region, int64_t (&strides)[4], int64_t &start) {
  strides[3] = 1;
  strides[2] = whole.w;
  strides[1] = whole.h * whole.w;
  strides[0] = whole.c * strides[1];
  start = 0;
  for (int a = 0; a < 4; ++a)
    start += region[a].begin * strides[a];
}

Access RecipeEmitter::globalAccess(const Dims &whole, const Region &region, uint64_t address, DType type,
                                   bool isWrite) {
  int64_t strides[4], first, last = 0;
  globalStrides(whole, region, strides, first);
  for (int a = 0; a < 4; ++a)
    last += (region[a].end - 1) * strides[a];
  uint64_t item = kernel::byteSize(type);
  return {Access::Space::Global, address + first * item, address + (last + 1) * item, isWrite};
}

void RecipeEmitter::load(const Buffer &b, const Region &region, const LocalView &view) {
  int64_t strides[4], start;
  globalStrides(b.dims, region, strides, start);
  isa::DMATensor dma;
  dma.src_data_format = precisionOf(b.dtype);
  dma.src_nsize = view.dims.n, dma.src_csize = view.dims.c, dma.src_hsize = view.dims.h, dma.src_wsize = view.dims.w;
  dma.setSrcAddr(operands[b.index] + start * kernel::byteSize(b.dtype));
  dma.setDstAddr(emitter.machine.localBase + view.offset);
  LocalStrides local = localStrides(view);
  dma.src_nstride = strides[0], dma.src_hstride = strides[2];
  dma.dst_nstride = local.n, dma.dst_hstride = view.dims.w;
  if (b.layout == Layout::Lanes) {
    // One channel to every lane. Source of the zero strides: the vendor's stream has them so.
    dma.cmd_special_function = kindOf(table, isa::CommandId::DMATensor, "dma.tensor.broadcast");
    dma.dst_nsize = view.dims.n, dma.dst_csize = emitter.machine.memory.lanes;
    dma.dst_hsize = view.dims.h, dma.dst_wsize = view.dims.w;
  } else {
    dma.nchw_copy = 1;
    dma.src_cstride = strides[1], dma.dst_cstride = local.c;
    dma.src_wstride = dma.dst_wstride = 1;
  }
  issue(dma, {globalAccess(b.dims, region, operands[b.index], b.dtype, false), write(view)});
  if (b.place == Place::Input && b.layout != Layout::Lanes)
    note(b.index, b, region, view, isa::Engine::GDMA);
}

void RecipeEmitter::note(int tensor, const Buffer &b, const Region &box, const std::optional<LocalView> &view,
                         isa::Engine engine) {
  Dims whole = tensor == TensorPart::kResult ? recipe.outputDims() : b.dims;
  emitter.parts.push_back({tensor, b.dtype, whole, box, view.has_value(), b.layout, view ? view->offset : 0, engine,
                           emitter.commands.lastIssued(engine)});
}

void RecipeEmitter::store(const State &state) {
  const Buffer &b = recipe.buffers[recipe.output];
  const LocalView &view = state.views[recipe.output];
  int64_t strides[4], start;
  globalStrides(b.dims, state.tile, strides, start);
  LocalStrides local = localStrides(view);
  isa::DMATensor dma;
  dma.nchw_copy = 1;
  dma.src_data_format = precisionOf(b.dtype);
  dma.src_nsize = view.dims.n, dma.src_csize = view.dims.c, dma.src_hsize = view.dims.h, dma.src_wsize = view.dims.w;
  dma.src_nstride = local.n, dma.src_cstride = local.c, dma.src_hstride = view.dims.w, dma.src_wstride = 1;
  dma.dst_nstride = strides[0], dma.dst_cstride = strides[1], dma.dst_hstride = strides[2], dma.dst_wstride = 1;
  dma.setSrcAddr(emitter.machine.localBase + view.offset);
  dma.setDstAddr(result + start * kernel::byteSize(b.dtype));
  issue(dma, {read(view), globalAccess(b.dims, state.tile, result, b.dtype, true)});
}

LocalStrides RecipeEmitter::localStrides(const LocalView &v) const {
  const LocalMemory &m = emitter.machine.memory;
  int64_t item = kernel::byteSize(v.dtype), row = v.dims.h * v.dims.w, groups = (v.dims.c + m.lanes - 1) / m.lanes;
  int64_t unit = m.alignBytes / item, aligned = (row + unit - 1) / unit * unit;
  if (v.layout == Layout::Compact)
    return {groups * row, row};
  if (v.layout == Layout::Lanes)
    return {aligned, 0};
  return {groups * aligned, aligned};
}

} // namespace tpu_mlir::codegen
