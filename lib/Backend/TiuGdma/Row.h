//===- Row.h - What the family's rows share ---------------------*- C++ -*-===//
// Which views instructions take, fields that many instructions have, and the
// columns that are one value for a whole row. For this family's files alone.
// Source: shared ISA notes, isa.md §3, §5 and §6.
#ifndef TPU_MLIR_LIB_BACKEND_TIUGDMA_ROW_H
#define TPU_MLIR_LIB_BACKEND_TIUGDMA_ROW_H

#include "CommandEmitter.h"
#include "Encoding.h"
#include "tpu_mlir/Backend/Family.h"

namespace tpu_mlir::backend::tiu_gdma {

using namespace codegen;

/// A row with the columns that are one value.
class FamilyRow : public Row {
public:
  FamilyRow(const Primitive &of, Shortcomings lacks, bool streams, std::vector<std::string_view> mnemonics)
      : of(of), lacks(lacks), streams(streams), mnemonics(std::move(mnemonics)) {}
  const Primitive &primitive() const final { return of; }
  Shortcomings shortcomings() const final { return lacks; }
  bool streamsOnce() const final { return streams; }
  std::span<const std::string_view> instructions() const final { return mnemonics; }
  /// A family's rows get its own emitter.
  void emit(const Step &step, std::span<const LocalView> views, StepEmitter &to) const final {
    encode(step, views, static_cast<CommandEmitter &>(to));
  }
  virtual void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const = 0;

private:
  const Primitive &of;
  Shortcomings lacks;
  bool streams;
  std::vector<std::string_view> mnemonics;
};

/// The one row of its type.
template <typename T> const T &only() {
  static const T row;
  return row;
}

/// The rows, each in the file of its kind.
#define PRIMITIVE(Name, function) const Row &function##Row();
#include "tpu_mlir/Primitive/Primitives.def"

/// Whether instructions with strides of their own reach every element of the view.
bool reaches(const LocalView &view, const LocalMemory &memory);
/// The same of a step's result and sources.
bool reachesAll(const Step &step, std::span<const LocalView> views, const LocalMemory &memory);
/// Whether the result and all sources lie as their layouts have them.
bool isPlain(const Step &step, std::span<const LocalView> views, const LocalMemory &memory, int sources);

/// Cycles of streaming the widest of the result and the sources that are no weights.
double streamOnce(const StepShape &shape, const target::Chip &chip);

template <typename T> void setResult(T &c, const LocalView &v) {
  c.res0_n = v.dims.n, c.res0_c = v.dims.c, c.res0_h = v.dims.h, c.res0_w = v.dims.w;
  c.res0_addr = v.offset;
}

/// First operands may be parts of larger buffers.
template <typename T> void setSourceStrides(T &c, const LocalView &in, const LocalMemory &memory) {
  if (isNatural(in, memory))
    return;
  LocalStrides outer = stridesOf(in, memory);
  c.opd0_str = kExplicit;
  c.opd0_n_str = strideField(outer.n, in.dims.n > 1), c.opd0_c_str = strideField(outer.c, in.dims.c > memory.lanes);
  c.opd0_h_str = strideField(rowStrideOf(in), in.dims.h > 1), c.opd0_w_str = 1;
}

/// Element-wise results may be parts of larger buffers.
void setResultStrides(isa::SAR &c, const LocalView &out, const LocalMemory &memory);

} // namespace tpu_mlir::backend::tiu_gdma

#endif // TPU_MLIR_LIB_BACKEND_TIUGDMA_ROW_H
