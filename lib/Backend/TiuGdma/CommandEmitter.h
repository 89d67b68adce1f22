//===- CommandEmitter.h - Steps and moves as commands -----------*- C++ -*-===//
// Encodes loads, stores and copy programs for the copy engine, and issues what
// the rows encode. For this family's files alone; tests may look in.
#ifndef TPU_MLIR_LIB_BACKEND_TIUGDMA_COMMANDEMITTER_H
#define TPU_MLIR_LIB_BACKEND_TIUGDMA_COMMANDEMITTER_H

#include "Stream.h"
#include "tpu_mlir/Codegen/StepEmitter.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir::backend::tiu_gdma {

using codegen::Access;
using codegen::GlobalPart;
using codegen::LocalView;

class CommandEmitter final : public codegen::StepEmitter {
public:
  explicit CommandEmitter(const codegen::Machine &machine);

  Stream &stream() override { return commands; }
  void load(const GlobalPart &from, const LocalView &view, int64_t repeat) override;
  void store(const GlobalPart &to, const LocalView &view, codegen::FreeBytes free) override;
  void loadRows(uint64_t address, const LocalView &view) override;
  void spread(const LocalView &to, const LocalView &from) override;
  void copy(const CopyProgram &program, std::span<const uint64_t> operands, uint64_t result) override;

  /// Channels and columns change places: [n, c, 1, w] to [n, w, 1, c], both from lane 0 and natural. Rows of the source
  /// that follow each other are one.
  void transpose(const LocalView &to, const LocalView &from);
  /// One side of a copy within the lanes: where its first element lies, in bytes, and its strides, in elements.
  struct LaneSide {
    int64_t offset, n, c, h, w;
  };
  /// A copy from lane 0 to lane 0 with any strides of at most kMostStride.
  void copyInLanes(const Dims &dims, DType type, const LaneSide &to, const LaneSide &from,
                   std::initializer_list<Access> accesses);

  static Access read(const LocalView &v) {
    return {Access::Space::Local, uint64_t(v.offset), uint64_t(v.offset + v.bytes), false};
  }
  static Access write(const LocalView &v) {
    return {Access::Space::Local, uint64_t(v.offset), uint64_t(v.offset + v.bytes), true};
  }
  /// Encodes, numbers and appends a command that touches so much.
  template <typename T> void issue(const T &typed, std::span<const Access> accesses) {
    commands.issue(isa::encode(table, typed), accesses);
  }
  template <typename T> void issue(const T &typed, std::initializer_list<Access> accesses) {
    issue(typed, std::span<const Access>(accesses.begin(), accesses.size()));
  }

  const target::Chip &chip;
  const isa::Table &table;

private:
  void loadLanes(const GlobalPart &from, const LocalView &view, int64_t lane, int64_t count);
  /// The places of a vector that is spread over lanes in one lane, within `free`, where storing it from there is
  /// cheaper.
  std::optional<LocalView> asRow(const LocalView &view, codegen::FreeBytes free) const;

  Stream commands;
};

} // namespace tpu_mlir::backend::tiu_gdma

#endif // TPU_MLIR_LIB_BACKEND_TIUGDMA_COMMANDEMITTER_H
