//===- Stream.h - The family's commands in their two streams ----*- C++ -*-===//
// A command waits by naming a command of the other engine, whose number it
// holds in a field. Which one follows from the memory that it touches
// (Codegen/CommandStream.h).
#ifndef TPU_MLIR_LIB_BACKEND_TIUGDMA_STREAM_H
#define TPU_MLIR_LIB_BACKEND_TIUGDMA_STREAM_H

#include "tpu_mlir/Codegen/CommandStream.h"
#include "tpu_mlir/Isa/Command.h"

#include <string_view>

namespace tpu_mlir::backend::tiu_gdma {

/// In the order of isa::Engine, and of the container's streams.
inline constexpr std::string_view kEngines[] = {"tiu", "gdma"};

class Stream final : public codegen::CommandStream {
public:
  /// `idLimit`: the first id that a command's id field cannot hold; `padBytes`: stream lengths are multiples of it.
  Stream(const isa::Table &table, uint32_t idLimit, uint32_t padBytes);

  /// Numbers the command, computes its dependency and appends it. Returns its id.
  uint32_t issue(isa::Command command, std::span<const codegen::Access> accesses);

private:
  codegen::CommandGroup endQueues() override;

  const isa::Table &table;
  uint32_t padBytes;
  std::vector<uint8_t> bytes[std::size(kEngines)];
};

} // namespace tpu_mlir::backend::tiu_gdma

#endif // TPU_MLIR_LIB_BACKEND_TIUGDMA_STREAM_H
