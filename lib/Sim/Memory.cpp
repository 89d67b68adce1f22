//===- Memory.cpp - The memories that commands see ------------------------===//
// Large regions are allocated lazily zeroed; local memory starts with a fixed
// pattern that is unlikely to look like data, so that a read of memory nobody
// wrote shows up.

#include "tpu_mlir/Sim/Memory.h"
#include "tpu_mlir/Support/Error.h"

#include <cstring>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace tpu_mlir::sim {

constexpr uint8_t kUnwritten = 0xA5;
constexpr uint64_t kHugePage = uint64_t(1) << 21;

std::string hex(uint64_t value) {
  std::string digits;
  do
    digits.insert(digits.begin(), "0123456789abcdef"[value & 15]);
  while (value >>= 4);
  return "0x" + digits;
}

Memory::Bytes Memory::allocate(uint64_t bytes, const std::string &what) {
  auto *p = static_cast<uint8_t *>(std::calloc(bytes ? bytes : 1, 1));
  if (!p)
    throw UserError("the host has no memory for the " + std::to_string(bytes) + " bytes of " + what);
  return Bytes(p);
}

Memory::Memory(const target::Local &local) : geometry(local) {
  // Equal offsets of lanes a power of two apart would fall into the same few sets of the host's caches.
  constexpr int64_t kHostLine = 64;
  pitch = local.laneBytes + 17 * kHostLine;
  // Aligned by hand: the host's allocator keeps plain blocks of this size for the next simulator, and pages that are
  // known to it need not be cleared.
  uint64_t bytes = uint64_t(local.lanes * pitch);
  auto *p = static_cast<uint8_t *>(std::malloc(bytes + kHugePage));
  if (!p)
    throw UserError("the host has no memory for the " + std::to_string(bytes) + " bytes of local memory");
  this->local = Bytes(p);
  lanesBegin = p + (kHugePage - reinterpret_cast<uintptr_t>(p) % kHugePage) % kHugePage;
#if defined(__linux__)
  madvise(lanesBegin, bytes / kHugePage * kHugePage, MADV_HUGEPAGE); // a wish: filling small pages costs milliseconds
#endif
  std::memset(lanesBegin, kUnwritten, bytes);
}

LanePlace Memory::placeOfTiu(uint64_t address) const {
  LanePlace place{int64_t(address / uint64_t(geometry.laneStride)), int64_t(address % uint64_t(geometry.laneStride))};
  if (place.lane >= geometry.lanes || place.offset >= geometry.laneBytes)
    throw UserError("address " + hex(address) + " is outside local memory (" + std::to_string(geometry.lanes) +
                    " lanes of " + hex(uint64_t(geometry.laneBytes)) + " bytes)");
  return place;
}

bool Memory::isLocalWindow(uint64_t address) const {
  return address >= uint64_t(geometry.windowBase) &&
         address < uint64_t(geometry.windowBase + geometry.lanes * geometry.laneStride);
}

LanePlace Memory::placeOfWindow(uint64_t address) const { return placeOfTiu(address - uint64_t(geometry.windowBase)); }

void Memory::addRegion(const std::string &name, uint64_t base, uint64_t bytes) {
  Bytes owned = allocate(bytes, name);
  const uint8_t *data = owned.get();
  regions.push_back({name, base, bytes, true, std::move(owned), data});
}

void Memory::addReadOnly(const std::string &name, uint64_t base, uint64_t bytes, std::span<const uint8_t> content) {
  if (content.size() >= bytes) {
    regions.push_back({name, base, bytes, false, nullptr, content.data()});
    return;
  }
  addRegion(name, base, bytes);
  if (!content.empty())
    std::memcpy(regions.back().owned.get(), content.data(), content.size());
  regions.back().writable = false;
}

const Memory::Region &Memory::find(uint64_t address, uint64_t bytes, const char *verb) const {
  for (const Region &r : regions)
    if (address >= r.base && bytes <= r.bytes && address - r.base <= r.bytes - bytes)
      return r;
  std::string known;
  for (const Region &r : regions)
    known += (known.empty() ? "" : ", ") + r.name + " " + hex(r.base) + " to " + hex(r.base + r.bytes);
  throw UserError(std::string(verb) + " " + std::to_string(bytes) + " bytes at " + hex(address) +
                  ", outside every region (" + known + ")");
}

const uint8_t *Memory::read(uint64_t address, uint64_t bytes) const {
  const Region &r = find(address, bytes, "reads");
  return r.data + (address - r.base);
}

uint8_t *Memory::write(uint64_t address, uint64_t bytes) {
  const Region &r = find(address, bytes, "writes");
  if (!r.writable)
    throw UserError("writes " + std::to_string(bytes) + " bytes at " + hex(address) + ", inside the read-only region " +
                    r.name);
  return r.owned.get() + (address - r.base);
}

} // namespace tpu_mlir::sim
