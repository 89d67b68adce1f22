//===- TensorTable.h - Which commands complete which tensor -----*- C++ -*-===//
// The table that lets a debugger read every tensor of a network while the
// stream runs: in which pieces a tensor exists, where each lies and after which
// command it is complete; and which commands each layer owns. It travels in
// NetParameter.tensor_loc of a bmodel, or beside it as tensor_location.json.
// Both are the same JSON text; docs/reference/tensor-table.md describes it.
// Decides no place: the compiler does.
#ifndef TPU_MLIR_BMODEL_TENSORTABLE_H
#define TPU_MLIR_BMODEL_TENSORTABLE_H

#include "tpu_mlir/Kernel/Format.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tpu_mlir::bmodel {

/// A command of the stream. Id 0 stands for the start of the run, before any command.
struct CommandRef {
  uint32_t group = 0;
  bool byGdma = true;
  uint32_t id = 0;
  auto operator<=>(const CommandRef &) const = default;
};

/// How the elements of a piece lie. Dense: in global memory, within the whole tensor. The others are local memory;
/// Aligned and Compact follow from the piece's size as for operands of commands, Strided has its own strides.
enum class PieceLayout : uint8_t { Dense, Aligned, Compact, Strided };

/// One number for each of the axes n, c, d, h, w.
using Axes = std::array<int64_t, 5>;

/// A box of a tensor, at one place, from one moment on. The tensor is seen as [n, c, d, h, w] for it: any five numbers
/// whose product is the tensor's number of elements, in the same order of elements.
struct TensorPiece {
  Axes whole{1, 1, 1, 1, 1}, begin{}, size{1, 1, 1, 1, 1};
  PieceLayout layout = PieceLayout::Dense;
  /// Dense: of the first element of the piece (not of the tensor).
  uint64_t address = 0;
  /// Local memory: lane of the piece's first channel, and bytes from the start of a lane.
  int64_t lane = 0, offset = 0;
  /// Strided: elements between neighbours; c counts between groups of lanes.
  Axes strides{};
  CommandRef after; ///< complete once this command is
  bool isLocal() const { return layout != PieceLayout::Dense; }
  int64_t count() const { return size[0] * size[1] * size[2] * size[3] * size[4]; }
  bool operator==(const TensorPiece &) const = default;
};

struct TensorEntry {
  std::string name;
  kernel::DType dtype = kernel::DType::F32; ///< of every piece
  std::vector<int64_t> shape;
  float scale = 1; ///< value = (stored − zeroPoint) · scale
  int32_t zeroPoint = 0;
  /// May overlap (halos, copies in two memories) and need not cover the tensor (elements that nothing reads).
  std::vector<TensorPiece> pieces;
  std::string viewOf = {}; ///< the tensor whose bytes these are under another shape; empty: its own

  int64_t count() const;
  int64_t bytes() const { return count() * kernel::byteSize(dtype); }
  /// Adds the tensor as one piece, contiguous in global memory.
  void addWhole(uint64_t address, CommandRef after);
  /// Adds the box [begin, begin + size) of the tensor seen as `whole`, where it belongs in the contiguous tensor that
  /// starts at `tensorAddress` of global memory.
  void addGlobal(kernel::Dims whole, kernel::Dims begin, kernel::Dims size, uint64_t tensorAddress, CommandRef after);
  /// Adds that box where it lies in local memory.
  void addLocal(kernel::Dims whole, kernel::Dims begin, kernel::Dims size, int64_t lane, int64_t offset,
                PieceLayout layout, CommandRef after);
  bool operator==(const TensorEntry &) const = default;
};

/// Commands first … last of one engine.
struct CommandRange {
  uint32_t group = 0;
  bool byGdma = true;
  uint32_t first = 1, last = 1;
  bool has(const CommandRef &c) const {
    return c.group == group && c.byGdma == byGdma && c.id >= first && c.id <= last;
  }
  bool operator==(const CommandRange &) const = default;
};

/// Which elements of an operand an element of a layer's result is made of.
enum class Reads : uint8_t {
  InOrder,  ///< the one in its place
  Windowed, ///< those around its row and column, perhaps of all channels
  Strided,  ///< one in another place, by an offset and steps; some elements may serve nobody
  Whole,    ///< perhaps all
  ByIndex,  ///< any, as a list of places has it, several times or never
};
const char *name(Reads reads);

/// A computed tensor or an input of the network that a layer reads; of a view, the tensor whose bytes it has.
struct LayerOperand {
  std::string tensor;
  Reads reads = Reads::Whole;
  bool operator==(const LayerOperand &) const = default;
};

/// What a reader of streams may expect of a layer, whatever its op.
struct LayerTraits {
  std::vector<LayerOperand> operands;
  bool filters = false; ///< has weights for channels: filters, biases, entries
  bool moves = false;   ///< copies: elements of its result may stand in its operands, and be read there
  bool operator==(const LayerTraits &) const = default;
};

/// What an op of the network became. Ranges of one layer may lie apart: slices and overlapped loads interleave layers.
struct LayerEntry {
  std::string name, op; ///< of the op's result; "tpu.Conv2D"
  std::vector<CommandRange> commands;
  std::optional<LayerTraits> traits = {}; ///< absent in older tables
  bool has(const CommandRef &c) const;
  bool operator==(const LayerEntry &) const = default;
};

struct TensorTable {
  std::vector<TensorEntry> tensors;
  std::vector<LayerEntry> layers; ///< empty in tables of version 1
  bool empty() const { return tensors.empty(); }
  const TensorEntry *find(const std::string &name) const;
  /// The layer that owns a command, or null.
  const LayerEntry *layerOf(const CommandRef &c) const;
  bool operator==(const TensorTable &) const = default;
};

/// "gdma 12", with "group 1 " before it where the net has several groups.
std::string text(const CommandRef &command, bool withGroup);

/// Reads the JSON text, of this version or of version 1; `where` stands in messages. UserError for anything else.
TensorTable parseTensorTable(std::string_view json, const std::string &where);

/// The inverse; one piece a line, the same bytes for the same table.
std::string printTensorTable(const TensorTable &table);

} // namespace tpu_mlir::bmodel

#endif // TPU_MLIR_BMODEL_TENSORTABLE_H
