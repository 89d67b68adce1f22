//===- Claims.cpp - What a file says its bytes are ------------------------===//
// Reads the table once and answers by command. A table that cannot be read
// claims nothing; that it could not be read is said by who asked.

#include "Claims.h"
#include "Operands.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>

namespace tpu_mlir::safety {

namespace {
enum Axis { N, C, D, H, W };
/// A table that names more ids than a group can have is left to those who read it for its own sake.
constexpr uint32_t kMostIds = 1u << 20;
} // namespace

Claims::Claims(const bmodel::NetParameter &parameter, const target::Chip &chip) : chip(chip) {
  const bmodel::OptionalBlob &blob = parameter.tensorLoc;
  if (blob && blob->size())
    try {
      table = bmodel::parseTensorTable({reinterpret_cast<const char *>(blob->bytes().data()), blob->size()},
                                       "tensor table");
    } catch (const UserError &error) {
      unreadable = error.what();
    }
  std::map<std::string, int> byName;
  for (size_t l = 0; l < table.layers.size(); ++l) {
    byName.emplace(table.layers[l].name, int(l));
    for (const bmodel::CommandRange &range : table.layers[l].commands) {
      std::vector<int> &owners = layers[{range.group, range.byGdma ? 1 : 0}];
      const uint32_t last = std::min(range.last, kMostIds);
      if (owners.size() <= last)
        owners.resize(size_t(last) + 1, -1);
      for (uint32_t id = range.first; id <= last; ++id)
        owners[id] = int(l);
    }
  }
  for (size_t t = 0; t < table.tensors.size(); ++t) {
    const auto maker = byName.find(table.tensors[t].name);
    makers.push_back(maker == byName.end() ? -1 : maker->second);
    tensors.push_back(table.tensors[t].name);
    counts.push_back(table.tensors[t].count());
    if (table.tensors[t].viewOf.empty())
      for (const bmodel::TensorPiece &piece : table.tensors[t].pieces) {
        pieces.emplace(piece.after, std::pair(int(t), &piece));
        if (piece.isLocal() && !piece.after.byGdma)
          madeLocally.insert(int(t));
      }
  }
  for (const bmodel::Tensor &input : parameter.inputTensor) {
    tensors.push_back(input.name), makers.push_back(-1), counts.push_back(1);
    auto &shapes = inputShapes.emplace_back();
    if (!input.shape.empty())
      shapes.push_back(input.shape[0]);
    for (const bmodel::TensorEntry &entry : table.tensors)
      if (entry.viewOf == input.name)
        shapes.emplace_back(entry.shape.begin(), entry.shape.end());
    if (!input.shape.empty())
      for (uint64_t d : input.shape[0])
        counts.back() *= int64_t(d);
  }
  readTraits();
}

void Claims::readTraits() {
  using bmodel::Reads;
  saysTraits = !table.layers.empty();
  std::map<std::string, int> numbers;
  for (size_t t = 0; t < tensors.size(); ++t)
    numbers.emplace(tensors[t], int(t));
  for (const bmodel::TensorEntry &entry : table.tensors)
    if (const auto of = numbers.find(entry.viewOf); of != numbers.end())
      viewed.insert(of->second);
  for (size_t l = 0; l < table.layers.size(); ++l) {
    const auto &traits = table.layers[l].traits;
    saysTraits &= traits.has_value();
    if (!traits)
      continue;
    if (const auto own = numbers.find(table.layers[l].name); own != numbers.end())
      takes.emplace(std::pair(int(l), own->second), Reads::InOrder);
    for (const bmodel::LayerOperand &operand : traits->operands) {
      const bool isPart = operand.reads == Reads::Strided || operand.reads == Reads::ByIndex;
      if (isPart)
        leaving.insert(int(l));
      const auto tensor = numbers.find(operand.tensor);
      if (tensor == numbers.end())
        continue;
      if (!isPart)
        takenWhole.insert(tensor->second);
      const auto [it, isNew] = takes.emplace(std::pair(int(l), tensor->second), operand.reads);
      if (!isNew && it->second != operand.reads)
        it->second = Reads::Whole;
    }
  }
}

bool Claims::mayTake(int layer, int tensor) const { return !saysTraits || takes.contains({layer, tensor}); }

bmodel::Reads Claims::readsOf(int layer, int tensor) const {
  const auto it = takes.find({layer, tensor});
  return it == takes.end() ? bmodel::Reads::ByIndex : it->second;
}

bool Claims::hasFilters(int layer) const {
  return layer >= 0 && table.layers[size_t(layer)].traits && table.layers[size_t(layer)].traits->filters;
}

bool Claims::mayStandInPlace(int layer) const {
  return layer >= 0 && (!table.layers[size_t(layer)].traits || table.layers[size_t(layer)].traits->moves);
}

int Claims::layerOf(size_t group, int engine, uint32_t id) const {
  const auto owners = layers.find({group, engine});
  return owners == layers.end() || id >= owners->second.size() ? -1 : owners->second[id];
}

std::vector<Claim> Claims::after(size_t group, int engine, uint32_t id) const {
  std::vector<Claim> claims;
  const auto [first, last] = pieces.equal_range({uint32_t(group), engine == 1, id});
  for (auto it = first; it != last; ++it)
    if (Claim claim = place(it->second.first, *it->second.second); !claim.places.empty())
      claims.push_back(std::move(claim));
  return claims;
}

/// Depth becomes rows where planes follow each other, else batches; a piece for which neither holds claims nothing.
Claim Claims::place(int tensor, const bmodel::TensorPiece &p) const {
  Claim claim;
  claim.tensor = tensor;
  const uint64_t item = uint64_t(kernel::byteSize(table.tensors[size_t(tensor)].dtype));
  if (!item || p.count() <= 0)
    return claim;
  bmodel::Axes dense = {1, 1, 1, 1, 1};
  for (int a = W; a > N; --a)
    dense[size_t(a - 1)] = dense[size_t(a)] * p.whole[size_t(a)];
  Numbering &numbers = claim.numbers;
  for (int a : {N, C, D, H, W})
    numbers.first += p.begin[size_t(a)] * dense[size_t(a)];
  numbers.image = dense[N], numbers.plane = dense[C], numbers.width = numbers.row = p.whole[W];
  numbers.known = true;
  Four shape = {uint64_t(p.size[N]), uint64_t(p.size[C]), uint64_t(p.size[H]), uint64_t(p.size[W])};
  const uint64_t depth = uint64_t(p.size[D]);
  if (!p.isLocal()) {
    if (depth > 1 && p.size[H] != p.whole[H])
      return claim;
    shape.h *= depth;
    Operands::linearly(claim.places, "piece", true, p.address, shape,
                       {uint64_t(dense[N]), uint64_t(dense[C]), uint64_t(dense[H]), 1}, item);
    return claim;
  }
  Four stride;
  if (p.layout == bmodel::PieceLayout::Strided) {
    if (depth > 1 && p.strides[D] != p.size[H] * p.strides[H])
      return claim;
    shape.h *= depth;
    stride = {uint64_t(p.strides[N]), uint64_t(p.strides[C]), uint64_t(p.strides[H]), uint64_t(p.strides[W])};
  } else {
    numbers.known = depth == 1;
    shape.n *= depth;
    const uint64_t unit = uint64_t(chip.local.alignBytes) / item, lanes = uint64_t(chip.local.lanes);
    uint64_t plane = shape.h * shape.w;
    if (p.layout == bmodel::PieceLayout::Aligned)
      plane = (plane + unit - 1) / unit * unit;
    stride = {(uint64_t(p.lane) + shape.c + lanes - 1) / lanes * plane, plane, shape.w, 1};
  }
  numbers.known &= stride.w == 1 && stride.h > 0;
  numbers.row = shape.h == 1 ? 0 : int64_t(stride.h);
  Operands::inLanes(chip, claim.places, "piece", true,
                    uint64_t(p.lane) * uint64_t(chip.local.laneStride) + uint64_t(p.offset), shape, stride, item);
  return claim;
}

} // namespace tpu_mlir::safety
