//===- PerEngine.h - One of something for each engine -----------*- C++ -*-===//
// The engines of the instruction tables as a list, for whoever runs, times or
// counts decoded commands.
#ifndef TPU_MLIR_ISA_PERENGINE_H
#define TPU_MLIR_ISA_PERENGINE_H

#include "tpu_mlir/Isa/Table.h"

#include <array>

namespace tpu_mlir::isa {

/// In the order of the container's streams.
inline constexpr Engine kEngines[] = {Engine::TIU, Engine::GDMA};
/// As streams of text and messages have it.
constexpr std::string_view wordFor(Engine engine) { return engine == Engine::TIU ? "tiu" : "gdma"; }
/// The one whose commands an engine's commands may name and wait for.
constexpr Engine otherThan(Engine engine) { return engine == Engine::TIU ? Engine::GDMA : Engine::TIU; }

template <typename T> struct PerEngine {
  std::array<T, std::size(kEngines)> items{};
  T &operator[](Engine engine) { return items[size_t(engine)]; }
  const T &operator[](Engine engine) const { return items[size_t(engine)]; }
  auto begin() const { return items.begin(); }
  auto end() const { return items.end(); }
};

} // namespace tpu_mlir::isa

#endif // TPU_MLIR_ISA_PERENGINE_H
