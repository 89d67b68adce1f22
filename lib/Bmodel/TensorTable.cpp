//===- TensorTable.cpp - Which commands complete which tensor -------------===//
// Building and searching a table in memory, and writing it. A network of a
// thousand slices has tens of thousands of pieces, so pieces are printed by
// hand, without what is the default. Reading is TensorTableRead.cpp.

#include "tpu_mlir/Bmodel/TensorTable.h"

#include <cassert>
#include <nlohmann/json.hpp>

namespace tpu_mlir::bmodel {

int64_t TensorEntry::count() const {
  int64_t n = 1;
  for (int64_t d : shape)
    n *= d;
  return n;
}

static Axes axesOf(const kernel::Dims &d) { return {d.n, d.c, 1, d.h, d.w}; }

static TensorPiece boxOf(kernel::Dims whole, kernel::Dims begin, kernel::Dims size, CommandRef after) {
  TensorPiece piece;
  piece.whole = axesOf(whole);
  piece.begin = {begin.n, begin.c, 0, begin.h, begin.w};
  piece.size = axesOf(size);
  piece.after = after;
  return piece;
}

void TensorEntry::addWhole(uint64_t address, CommandRef after) {
  kernel::Dims flat{1, 1, 1, count()};
  addGlobal(flat, {0, 0, 0, 0}, flat, address, after);
}

void TensorEntry::addGlobal(kernel::Dims whole, kernel::Dims begin, kernel::Dims size, uint64_t tensorAddress,
                            CommandRef after) {
  assert(whole.count() == count() && "a piece of another tensor");
  TensorPiece piece = boxOf(whole, begin, size, after);
  int64_t first = ((begin.n * whole.c + begin.c) * whole.h + begin.h) * whole.w + begin.w;
  piece.address = tensorAddress + uint64_t(first * kernel::byteSize(dtype));
  pieces.push_back(piece);
}

void TensorEntry::addLocal(kernel::Dims whole, kernel::Dims begin, kernel::Dims size, int64_t lane, int64_t offset,
                           PieceLayout layout, CommandRef after) {
  assert(whole.count() == count() && "a piece of another tensor");
  assert((layout == PieceLayout::Aligned || layout == PieceLayout::Compact) && "strides are set on the piece itself");
  TensorPiece piece = boxOf(whole, begin, size, after);
  piece.layout = layout;
  piece.lane = lane;
  piece.offset = offset;
  pieces.push_back(piece);
}

bool LayerEntry::has(const CommandRef &c) const {
  for (const CommandRange &range : commands)
    if (range.has(c))
      return true;
  return false;
}

const TensorEntry *TensorTable::find(const std::string &name) const {
  for (const TensorEntry &e : tensors)
    if (e.name == name)
      return &e;
  return nullptr;
}

const LayerEntry *TensorTable::layerOf(const CommandRef &c) const {
  for (const LayerEntry &layer : layers)
    if (layer.has(c))
      return &layer;
  return nullptr;
}

const char *name(Reads reads) {
  constexpr const char *kNames[] = {"in order", "windowed", "strided", "whole", "by index"};
  return kNames[int(reads)];
}

std::string text(const CommandRef &command, bool withGroup) {
  if (command.id == 0)
    return "the start";
  return (withGroup ? "group " + std::to_string(command.group) + " " : "") + (command.byGdma ? "gdma " : "tiu ") +
         std::to_string(command.id);
}

namespace {

std::string quoted(const std::string &name) {
  return nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

const char *engineText(bool byGdma) { return byGdma ? "\"gdma\"" : "\"tiu\""; }

/// Four numbers where d has length 1, five otherwise.
std::string listOf(const Axes &axes, bool hasDepth) {
  std::string out = "[";
  for (size_t i = 0; i < axes.size(); ++i)
    if (i != 2 || hasDepth)
      out += (i ? "," : "") + std::to_string(axes[i]);
  return out + "]";
}

std::string print(const TensorPiece &p) {
  std::string out = "{";
  const Axes zeros{}, flat{1, 1, 1, 1, p.count()};
  bool hasDepth = p.whole[2] != 1;
  if (p.whole != flat || p.size != flat || p.begin != zeros)
    out += "\"of\":" + listOf(p.whole, hasDepth) + ",\"begin\":" + listOf(p.begin, hasDepth) +
           ",\"size\":" + listOf(p.size, hasDepth) + ",";
  if (p.isLocal()) {
    constexpr const char *kNames[] = {"dense", "aligned", "compact", "strided"};
    out += "\"lane\":" + std::to_string(p.lane) + ",\"offset\":" + std::to_string(p.offset) + ",\"layout\":\"" +
           kNames[int(p.layout)] + "\",";
    if (p.layout == PieceLayout::Strided)
      out += "\"strides\":" + listOf(p.strides, true) + ",";
  } else {
    out += "\"address\":" + std::to_string(p.address) + ",";
  }
  return out + "\"after\":[" + std::to_string(p.after.group) + "," + engineText(p.after.byGdma) + "," +
         std::to_string(p.after.id) + "]}";
}

std::string print(const TensorEntry &e) {
  std::string out = "{\"name\":" + quoted(e.name) + ",\"dtype\":\"" + kernel::name(e.dtype) + "\",\"shape\":";
  out += nlohmann::json(e.shape).dump();
  // The scale is printed as the double nearest to the float, which reads back as the same float.
  out += ",\"scale\":" + nlohmann::json(e.scale).dump() + ",\"zero_point\":" + std::to_string(e.zeroPoint) +
         (e.viewOf.empty() ? "" : ",\"view_of\":" + quoted(e.viewOf)) + ",\"pieces\":[";
  for (size_t i = 0; i < e.pieces.size(); ++i)
    out += (i ? ",\n  " : "\n  ") + print(e.pieces[i]);
  return out + "]}";
}

std::string print(const LayerTraits &traits) {
  std::string out = "\"reads\":[";
  for (const LayerOperand &operand : traits.operands)
    out += (out.back() == '[' ? "[" : ",[") + quoted(operand.tensor) + ",\"" + name(operand.reads) + "\"]";
  return out + (traits.filters ? "],\"filters\":true," : "],") + (traits.moves ? "\"moves\":true," : "");
}

std::string print(const LayerEntry &layer) {
  std::string out = "{\"name\":" + quoted(layer.name) + ",\"op\":" + quoted(layer.op) + ",";
  out += (layer.traits ? print(*layer.traits) : "") + "\"commands\":[";
  for (size_t i = 0; i < layer.commands.size(); ++i) {
    const CommandRange &r = layer.commands[i];
    out += (i ? ",[" : "[") + std::to_string(r.group) + "," + engineText(r.byGdma) + "," + std::to_string(r.first) +
           "," + std::to_string(r.last) + "]";
  }
  return out + "]}";
}

template <typename T> std::string printList(const std::vector<T> &list) {
  std::string out = "[";
  for (size_t i = 0; i < list.size(); ++i)
    out += (i ? ",\n " : "\n ") + print(list[i]);
  return out + "]";
}

} // namespace

std::string printTensorTable(const TensorTable &table) {
  return "{\"version\":2,\n\"tensors\":" + printList(table.tensors) + ",\n\"layers\":" + printList(table.layers) +
         "}\n";
}

} // namespace tpu_mlir::bmodel
