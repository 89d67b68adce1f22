//===- StepEmitter.h - Steps and transfers on local memory ------*- C++ -*-===//
// Encodes one step of a recipe, or one load or store of a region, as commands
// on views of local memory. Decides no tile, no address and no order.
#ifndef TPU_MLIR_CODEGEN_STEPEMITTER_H
#define TPU_MLIR_CODEGEN_STEPEMITTER_H

#include "tpu_mlir/Codegen/Emitter.h"

#include <optional>
#include <span>

namespace tpu_mlir::codegen {

/// Elements between neighbours of the outer axes (c: between groups of lanes).
struct LocalStrides {
  int64_t n, c;
  bool operator==(const LocalStrides &) const = default;
};

/// A region of a tensor in local memory, from lane 0.
struct LocalView {
  Dims dims;
  DType dtype = DType::I8;
  Layout layout = Layout::Aligned;
  int64_t offset = 0, bytes = 0;                         ///< bytes per lane from `offset` to behind the last element
  int64_t padBefore[2] = {0, 0}, padAfter[2] = {0, 0};   ///< h, w: what the window sees outside the tensor
  int64_t firstRow = 0, firstColumn = 0, firstBatch = 0; ///< h, w, n: where the view starts in its tensor
  int64_t rowStride = 0;                                 ///< elements from row to row; 0: they follow each other
  std::optional<LocalStrides> outer; ///< strides of a part of a larger buffer; else those of the layout
};

/// The strides that `layout` gives a region of `dims`.
LocalStrides layoutStrides(Layout layout, const Dims &dims, DType type, const LocalMemory &memory);
/// The strides of a view.
LocalStrides stridesOf(const LocalView &view, const LocalMemory &memory);
/// Elements from one row of the view to the next.
inline int64_t rowStrideOf(const LocalView &view) { return view.rowStride ? view.rowStride : view.dims.w; }
/// Whether the view starts and steps as its layout has it for its shape, which most instructions rely on.
bool isNatural(const LocalView &view, const LocalMemory &memory);
/// Whether the family's instructions for `step` can take these views: their layouts, and where they start.
bool canEmit(const Step &step, std::span<const LocalView> views, const LocalMemory &memory);

class StepEmitter {
public:
  StepEmitter(const Machine &machine, CommandStream &commands)
      : machine(machine), table(*machine.table), commands(commands) {}

  /// The instructions of a step, by the family's row of its primitive.
  void emit(const Step &step, std::span<const LocalView> views);
  /// A region of a dense tensor at `address` into a view; a view in layout Lanes gets one channel in every lane.
  /// `repeat`: every channel so many times, one after the other; `whole` and `region` count them all.
  void load(const Dims &whole, const Region &region, uint64_t address, const LocalView &view, int64_t repeat = 1);
  void store(const Dims &whole, const Region &region, uint64_t address, const LocalView &view);
  /// Channels and columns change places: [n, c, 1, w] to [n, w, 1, c], both from lane 0 and natural. Rows of the source
  /// that follow each other are one.
  void transpose(const LocalView &to, const LocalView &from);
  /// One row of `view.dims.w` elements for each of `view.dims.c` lanes, packed at `address`.
  void loadRows(uint64_t address, const LocalView &view);
  /// One side of a copy within the lanes: where its first element lies, in bytes, and its strides, in elements.
  struct LaneSide {
    int64_t offset, n, c, h, w;
  };
  /// A copy from lane 0 to lane 0 with any strides of at most kMostStride.
  void copyInLanes(const Dims &dims, DType type, const LaneSide &to, const LaneSide &from,
                   std::initializer_list<Access> accesses);
  /// A copy of 32-bit elements between views of equal dims, of which `from` may have any strides.
  void copy(const LocalView &to, const LocalView &from, int64_t fromW);

  /// For the rows: encodes, numbers and appends a command that touches so much.
  static Access read(const LocalView &v) {
    return {Access::Space::Local, uint64_t(v.offset), uint64_t(v.offset + v.bytes), false};
  }
  static Access write(const LocalView &v) {
    return {Access::Space::Local, uint64_t(v.offset), uint64_t(v.offset + v.bytes), true};
  }
  template <typename T> void issue(const T &typed, std::span<const Access> accesses) {
    commands.issue(isa::encode(table, typed), accesses);
  }
  template <typename T> void issue(const T &typed, std::initializer_list<Access> accesses) {
    issue(typed, std::span<const Access>(accesses.begin(), accesses.size()));
  }

  const Machine &machine;
  const isa::Table &table;

private:
  void loadLanes(const Dims &whole, const Region &region, uint64_t address, const LocalView &view, int64_t lane,
                 int64_t count);
  static Access globalAccess(const Dims &whole, const Region &region, uint64_t address, DType type, bool isWrite);

  CommandStream &commands;
};

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_CODEGEN_STEPEMITTER_H
