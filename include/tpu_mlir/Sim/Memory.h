//===- Memory.h - The memories that commands see ----------------*- C++ -*-===//
// Local memory as lanes, and linear regions (weights, activations, L2, the
// known part of static memory) by absolute address. Every access is checked; an
// address outside is a UserError whose subject the caller prepends. Decides
// nothing about layouts.
#ifndef TPU_MLIR_SIM_MEMORY_H
#define TPU_MLIR_SIM_MEMORY_H

#include "tpu_mlir/Target/Target.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tpu_mlir::sim {

/// A place in local memory.
struct LanePlace {
  int64_t lane, offset;
};

class Memory {
public:
  explicit Memory(const target::Local &local);

  int64_t lanes() const { return geometry.lanes; }
  int64_t laneBytes() const { return geometry.laneBytes; }
  int64_t alignBytes() const { return geometry.alignBytes; }
  /// A lane's bytes; the host may have others between one lane and the next.
  uint8_t *lane(int64_t index) { return lanesBegin + index * pitch; }
  const uint8_t *lane(int64_t index) const { return lanesBegin + index * pitch; }

  /// Bytes from a lane to the next.
  int64_t lanePitch() const { return pitch; }

  /// Splits a TIU address (lane 0 is address 0); UserError outside local memory.
  LanePlace placeOfTiu(uint64_t address) const;
  /// True for addresses of the window through which GDMA sees local memory.
  bool isLocalWindow(uint64_t address) const;
  /// Splits an address of that window.
  LanePlace placeOfWindow(uint64_t address) const;

  /// Adds a linear region of zeros that may be read and written.
  void addRegion(const std::string &name, uint64_t base, uint64_t bytes);
  /// Adds a read-only region over `content`, which must outlive the memory; bytes behind it read as 0.
  void addReadOnly(const std::string &name, uint64_t base, uint64_t bytes, std::span<const uint8_t> content);

  /// Linear memory; UserError where [address, address + bytes) is not inside one region, or not writable.
  const uint8_t *read(uint64_t address, uint64_t bytes) const;
  uint8_t *write(uint64_t address, uint64_t bytes);

private:
  struct Free {
    void operator()(void *p) const { std::free(p); }
  };
  using Bytes = std::unique_ptr<uint8_t[], Free>;
  struct Region {
    std::string name;
    uint64_t base, bytes;
    bool writable;
    Bytes owned;
    const uint8_t *data;
  };
  const Region &find(uint64_t address, uint64_t bytes, const char *verb) const;
  static Bytes allocate(uint64_t bytes, const std::string &what);
  target::Local geometry;
  Bytes local;
  uint8_t *lanesBegin;
  int64_t pitch; ///< bytes from lane to lane on the host
  std::vector<Region> regions;
};

/// "0x1f" for messages.
std::string hex(uint64_t value);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_MEMORY_H
