//===- TensorNotes.cpp - Which tensor stands where, and when --------------===//
// Listens to code generation and writes down what the tensor table says.
// Pieces of inputs and of views that change elements are left out.
#include "TensorNotes.h"
#include "ReadTraits.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"

using namespace mlir;

namespace tpu_mlir::tpu {

/// The table, as the container, knows two streams.
static bool isSecond(int engine) { return engine == 1; }

static Dims beginOf(const Region &r) { return {r[0].begin, r[1].begin, r[2].begin, r[3].begin}; }

void TensorNotes::owns(int op) {
  settle();
  owner = op;
}

void TensorNotes::madeLocal(int value, const Region &region, const codegen::LocalView &view,
                            const codegen::LocalStrides &outer) {
  const Dims &whole = scheduled.values[value].dims;
  bmodel::TensorPiece piece;
  piece.whole = {whole.n, whole.c, 1, whole.h, whole.w};
  piece.begin = {region[0].begin, region[1].begin, 0, region[2].begin, region[3].begin};
  piece.size = {region[0].size(), region[1].size(), 1, region[2].size(), region[3].size()};
  piece.layout = bmodel::PieceLayout::Strided;
  piece.offset = view.offset;
  piece.strides = {outer.n, outer.c, view.dims.h * rowStrideOf(view), rowStrideOf(view), 1};
  piece.after = last(backend::Task::Compute);
  entryOf(value).pieces.push_back(piece);
}

void TensorNotes::madeGlobal(int value, const Region &region) {
  const schedule::Value &v = scheduled.values[value];
  entryOf(value).addGlobal(v.dims, beginOf(region), dimsOf(region), v.address, last(backend::Task::Store));
}

void TensorNotes::loaded(int value, const Dims &whole, const Region &region, const codegen::LocalView &view) {
  const int engine = family.engineFor(backend::Task::Load);
  madePart(value,
           {value, view.dtype, whole, region, true, view.layout, view.offset, engine, stream.lastIssued(engine)});
}

void TensorNotes::madePart(int value, const codegen::TensorPart &p) {
  int of = function.network.root(value);
  const schedule::Value &v = function.network.values[of];
  // The network's inputs are the caller's, so only what ops computed is noted. A load that sees a tensor as other
  // elements than its own (padded channels) is no piece of it.
  if (v.isInput || v.isWeight)
    return;
  bmodel::TensorEntry &entry = entryOf(of);
  if (p.whole.count() != entry.count() || p.dtype != entry.dtype)
    return;
  bmodel::CommandRef after{p.after.group, isSecond(p.engine), p.after.id};
  if (p.isLocal)
    entry.addLocal(p.whole, beginOf(p.box), dimsOf(p.box), 0, p.offset,
                   p.layout == Layout::Compact ? bmodel::PieceLayout::Compact : bmodel::PieceLayout::Aligned, after);
  else
    entry.addGlobal(p.whole, beginOf(p.box), dimsOf(p.box), v.address, after);
}

bmodel::TensorTable TensorNotes::take() {
  settle();
  addViews();
  bmodel::TensorTable table;
  for (bmodel::TensorEntry &e : entries)
    if (!e.pieces.empty())
      table.tensors.push_back(std::move(e));
  for (auto [i, ranges] : llvm::enumerate(layers))
    if (!ranges.empty())
      table.layers.push_back(
          {function.network.nodes[i].name, function.ops[i]->getName().getStringRef().str(), ranges, traitsOf(int(i))});
  return table;
}

/// As it was lowered, and, where its form in a group is another, as that reads.
bmodel::LayerTraits TensorNotes::traitsOf(int op) const {
  const schedule::Node &node = function.network.nodes[op];
  ReadTraits traits = readTraitsOf(node.form, int(node.operands.size()));
  if (node.local)
    traits = either(traits, readTraitsOf(*node.local, int(node.operands.size())));
  bmodel::LayerTraits made{{}, traits.filters, traits.moves};
  for (auto [i, operand] : llvm::enumerate(node.operands)) {
    const int of = operand < 0 ? -1 : function.network.root(operand);
    if (of < 0 || function.network.values[of].isWeight || !traits.reads[i])
      continue;
    bmodel::LayerOperand entry{function.network.values[of].name, *traits.reads[i]};
    if (!llvm::is_contained(made.operands, entry))
      made.operands.push_back(entry);
  }
  return made;
}

/// A view has the bytes, so the pieces, of what it is a view of; of an input it is there from the start.
void TensorNotes::addViews() {
  for (auto [i, v] : llvm::enumerate(function.network.values)) {
    if (v.viewOf < 0)
      continue;
    int of = function.network.root(int(i));
    bmodel::TensorEntry entry = describe(int(i));
    entry.viewOf = function.network.values[of].name;
    if (function.network.values[of].isInput)
      entry.addWhole(v.address, {});
    else if (entries[of].dtype == entry.dtype && entries[of].count() == entry.count())
      entry.pieces = entries[of].pieces;
    entries[i] = std::move(entry);
  }
}

bmodel::CommandRef TensorNotes::last(backend::Task task) const {
  const int engine = family.engineFor(task);
  codegen::CommandStream::Position at = stream.lastIssued(engine);
  return {at.group, isSecond(engine), at.id};
}

bmodel::TensorEntry TensorNotes::describe(int value) const {
  Value v = function.values[value];
  NumberFormat format = formatOf(v);
  bmodel::TensorEntry entry;
  entry.name = function.network.values[value].name;
  entry.dtype = format.dtype;
  entry.shape = shapeOf(v).vec();
  entry.scale = format.scale;
  entry.zeroPoint = format.zeroPoint;
  return entry;
}

bmodel::TensorEntry &TensorNotes::entryOf(int value) {
  bmodel::TensorEntry &entry = entries[value];
  if (entry.name.empty())
    entry = describe(value);
  return entry;
}

void TensorNotes::settle() {
  for (uint32_t g = group; g <= stream.groupIndex(); ++g)
    for (int e = 0; e < stream.engineCount(); ++e) {
      uint32_t first = g == group ? ids[size_t(e)] + 1 : 1, end = stream.lastIdOf(g, e);
      if (first > end || owner < 0)
        continue;
      std::vector<bmodel::CommandRange> &ranges = layers[owner];
      bool joins = false;
      for (bmodel::CommandRange &r : llvm::reverse(ranges))
        if (r.byGdma == isSecond(e)) {
          if (r.group == g && r.last + 1 == first)
            r.last = end, joins = true;
          break;
        }
      if (!joins)
        ranges.push_back({g, isSecond(e), first, end});
    }
  group = stream.groupIndex();
  for (int e = 0; e < stream.engineCount(); ++e)
    ids[size_t(e)] = stream.lastId(e);
}

} // namespace tpu_mlir::tpu
