//===- Emitter.cpp - The toy family's loads, stores and copies ------------===//
// Loads and stores are one command each, whatever the region. Copy programs go
// box by box of two axes, with two places in lane 0 in turn.
#include "Emitter.h"

#include <algorithm>
#include <array>

namespace tpu_mlir::toy {

namespace {

Access localAccess(const LocalView &v, bool isWrite) {
  return {Access::Space::Local, uint64_t(v.offset), uint64_t(v.offset + v.bytes), isWrite};
}

/// From the lowest to the highest byte of so many elements with such strides.
Access globalAccess(uint64_t address, const kernel::Dims &d, const int64_t (&strides)[4], int64_t item, bool isWrite) {
  int64_t low = 0, high = 0;
  const int64_t sizes[4] = {d.n, d.c, d.h, d.w};
  for (int a = 0; a < 4; ++a)
    (strides[a] < 0 ? low : high) += (sizes[a] - 1) * strides[a];
  return {Access::Space::Global, address + uint64_t(low * item), address + uint64_t((high + 1) * item), isWrite};
}

Global globalOf(const codegen::GlobalPart &part, int64_t item) {
  const Dims &d = part.whole;
  Global g{part.address, {d.c * d.h * d.w, d.h * d.w, d.w, 1}};
  for (int a = 0; a < 4; ++a)
    g.address += uint64_t(part.region[size_t(a)].begin * g.strides[a] * item);
  return g;
}

} // namespace

Local Emitter::localOf(const LocalView &v) const {
  const codegen::LocalStrides outer = stridesOf(v, machine.memory);
  return {v.dtype, v.dims, v.offset, outer.n, outer.c, rowStrideOf(v)};
}

void Emitter::compute(Op op, const Words &operands, std::initializer_list<const LocalView *> reads,
                      const LocalView &writes) {
  std::vector<Access> accesses = {localAccess(writes, true)};
  for (const LocalView *v : reads)
    accesses.push_back(localAccess(*v, false));
  commands.issue(kArithmetic, op, operands, accesses);
}

void Emitter::load(const codegen::GlobalPart &from, const LocalView &view, int64_t repeat) {
  const int64_t item = kernel::byteSize(view.dtype);
  codegen::GlobalPart part = from;
  part.whole.c /= repeat, part.region[1].begin /= repeat;
  const Global source = globalOf(part, item);
  Dims read = view.dims;
  read.c = (read.c + repeat - 1) / repeat;
  const Access accesses[] = {globalAccess(source.address, read, source.strides, item, false), localAccess(view, true)};
  // 0: the one channel to every lane.
  const int64_t spreads = view.layout == Layout::Lanes ? 0 : repeat;
  commands.issue(kIn, Op::In, Words().add(localOf(view)).add(source).add(spreads), accesses);
}

void Emitter::store(const codegen::GlobalPart &to, const LocalView &view, codegen::FreeBytes) {
  const int64_t item = kernel::byteSize(view.dtype);
  const Global target = globalOf(to, item);
  const Access accesses[] = {localAccess(view, false),
                             globalAccess(target.address, view.dims, target.strides, item, true)};
  commands.issue(kOut, Op::Out, Words().add(localOf(view)).add(target), accesses);
}

void Emitter::loadRows(uint64_t address, const LocalView &view) {
  const Dims &d = view.dims;
  load({{1, d.c, 1, d.w}, wholeOf({1, d.c, 1, d.w}), address}, view, 1);
}

void Emitter::spread(const LocalView &to, const LocalView &from) {
  compute(Op::Copy, Words().add(localOf(to)).add(localOf(from)), {&from}, to);
}

void forEachBox(const Move &m, int64_t most, const std::function<void(const MoveBox &)> &piece) {
  std::vector<int64_t> dims = m.dims, source = m.sourceStrides, target = m.targetStrides;
  source.resize(dims.size());
  while (dims.size() < 2) {
    dims.insert(dims.begin(), 1);
    source.insert(source.begin(), 0), target.insert(target.begin(), 0);
  }
  const size_t y = dims.size() - 2, x = y + 1;
  const int64_t columns = std::min(dims[x], most), rows = std::min(dims[y], most / columns);
  std::function<void(size_t, int64_t, int64_t)> walk = [&](size_t axis, int64_t from, int64_t to) {
    if (axis < y) {
      for (int64_t i = 0; i < dims[axis]; ++i)
        walk(axis + 1, from + i * source[axis], to + i * target[axis]);
      return;
    }
    for (int64_t r = 0; r < dims[y]; r += rows)
      for (int64_t c = 0; c < dims[x]; c += columns)
        piece({from + r * source[y] + c * source[x], to + r * target[y] + c * target[x], std::min(rows, dims[y] - r),
               std::min(columns, dims[x] - c), source[y], source[x], target[y], target[x]});
  };
  walk(0, m.sourceOffset, m.targetOffset);
}

void Emitter::copy(const CopyProgram &program, std::span<const uint64_t> operands, uint64_t result) {
  const int64_t item = kernel::byteSize(program.dtype), half = machine.memory.bytes / 2;
  int place = 0;
  for (const Move &m : program.moves)
    forEachBox(m, half / item, [&](const MoveBox &box) {
      LocalView view;
      view.dtype = program.dtype;
      view.dims = {1, 1, box.rows, box.columns};
      view.offset = half * place, view.bytes = box.rows * box.columns * item;
      place = 1 - place;
      if (m.source == -1) {
        compute(Op::Fill, Words().add(localOf(view)).add(int64_t(m.value)), {}, view);
      } else {
        const uint64_t start = m.source == kFromResult ? result : operands[size_t(m.source)];
        const Global from{start + uint64_t(box.source * item), {0, 0, box.sourceRow, box.sourceColumn}};
        const Access accesses[] = {globalAccess(from.address, view.dims, from.strides, item, false),
                                   localAccess(view, true)};
        commands.issue(kIn, Op::In, Words().add(localOf(view)).add(from).add(1), accesses);
      }
      const Global to{result + uint64_t(box.target * item), {0, 0, box.targetRow, box.targetColumn}};
      const Access accesses[] = {localAccess(view, false), globalAccess(to.address, view.dims, to.strides, item, true)};
      commands.issue(kOut, Op::Out, Words().add(localOf(view)).add(to), accesses);
      if (commands.isNearlyFull(2))
        commands.closeGroup();
    });
}

} // namespace tpu_mlir::toy
