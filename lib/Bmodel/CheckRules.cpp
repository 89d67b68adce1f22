//===- CheckRules.cpp - Rules that all commands share ---------------------===//
// Field legality from the table, and the arithmetic of local tensors.

#include "CheckRules.h"

#include <algorithm>

namespace tpu_mlir::bmodel {

namespace {

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

/// What the table says of each field and of the operation.
void checkFields(const isa::Command &command, std::vector<std::string> &findings) {
  for (const isa::FieldInfo &row : command.info->fields) {
    const uint64_t value = command.get(row);
    if (value < row.minimum || value > row.maximum)
      findings.push_back("field '" + std::string(row.name) + "' is " + std::to_string(value) +
                         "; legal: " + std::to_string(row.minimum) + " to " + std::to_string(row.maximum));
    else if (value != row.defaultValue && (row.evidence == isa::Evidence::Unknown || row.id == isa::Field::cmd_id_en))
      findings.push_back("field '" + std::string(row.name) + "' is " + std::to_string(value) +
                         "; nothing public says what it does, only " + std::to_string(row.defaultValue) +
                         " is known to work");
  }
  if (command.kind()->evidence == isa::Evidence::Unknown)
    findings.push_back("nothing public says what " + std::string(command.kind()->name) + " does");
}

} // namespace

uint64_t spanBytes(const Extent &shape, uint64_t channelSteps, const Extent &stride, uint64_t elementBytes) {
  __extension__ using Wide = unsigned __int128;
  const Wide last = Wide(shape.n - 1) * stride.n + Wide(channelSteps) * stride.c + Wide(shape.h - 1) * stride.h +
                    Wide(shape.w - 1) * stride.w;
  const Wide bytes = (last + 1) * elementBytes;
  constexpr uint64_t most = uint64_t(1) << 62;
  return bytes < most ? uint64_t(bytes) : most;
}

Extent CommandCheck::strides(uint32_t layout, uint64_t lane, const Extent &shape, uint64_t elementBytes,
                             const Extent &given) const {
  const uint64_t plane = shape.h * shape.w;
  switch (layout) {
  case Aligned: {
    const uint64_t channel = roundUp(plane, chip.local.alignBytes / elementBytes);
    return {groups(lane, shape.c) * channel, channel, shape.w, 1};
  }
  case Compact:
    return {groups(lane, shape.c) * plane, plane, shape.w, 1};
  case ChannelScalar:
    return {0, 1, 0, 0};
  case LaneShared:
    return {0, 0, roundUp(shape.w, chip.local.alignBytes / elementBytes), 1};
  default:
    return given;
  }
}

LocalTensor CommandCheck::tensor(std::string_view name, uint64_t address, const Extent &shape, uint64_t elementBytes,
                                 uint32_t layout, const Extent &given) const {
  return {name, address, shape, strides(layout, laneOf(address), shape, elementBytes, given), elementBytes, layout};
}

uint64_t CommandCheck::bytesPerLane(const LocalTensor &t) const {
  return spanBytes(t.shape, groups(laneOf(t.address), t.shape.c) - 1, t.stride, t.elementBytes);
}

bool CommandCheck::checkShape(std::string_view name, const Extent &shape) {
  const bool good = shape.n && shape.c && shape.h && shape.w;
  expect(good, std::string(name) + " has the shape [" + std::to_string(shape.n) + ", " + std::to_string(shape.c) +
                   ", " + std::to_string(shape.h) + ", " + std::to_string(shape.w) +
                   "]; every size must be at least 1");
  return good;
}

bool CommandCheck::checkLocal(const LocalTensor &t) {
  const std::string what = std::string(t.name) + " at " + hex(t.address);
  if (!checkShape(t.name, t.shape))
    return false;
  if (t.address >= uint64_t(chip.local.lanes * chip.local.laneStride)) {
    findings.push_back(what + " lies outside local memory of " + std::to_string(chip.local.lanes) + " lanes");
    return false;
  }
  const uint64_t align = t.layout == Aligned || t.layout == LaneShared ? chip.local.alignBytes : t.elementBytes;
  expect(t.address % align == 0, what + " must be a multiple of " + std::to_string(align) + " bytes");
  const uint64_t offset = t.address % chip.local.laneStride, end = offset + bytesPerLane(t);
  expect(end <= uint64_t(chip.local.laneBytes), what + " reaches byte " + std::to_string(end) +
                                                    " of a lane; a lane has " + std::to_string(chip.local.laneBytes));
  return true;
}

void CommandCheck::checkWritten(const LocalTensor &t) {
  const uint64_t channelGroups = groups(laneOf(t.address), t.shape.c);
  const bool collides = (t.shape.w > 1 && t.stride.w == 0) || (t.shape.h > 1 && t.stride.h == 0) ||
                        (channelGroups > 1 && t.stride.c == 0) || (t.shape.n > 1 && t.stride.n == 0);
  expect(!collides, std::string(t.name) + " is written with a stride of 0: several elements share one place");
}

void CommandCheck::checkSameLane(const LocalTensor &a, const LocalTensor &b) {
  expect(laneOf(a.address) == laneOf(b.address), std::string(a.name) + " starts in lane " +
                                                     std::to_string(laneOf(a.address)) + " but " + std::string(b.name) +
                                                     " in lane " + std::to_string(laneOf(b.address)));
}

void CommandCheck::checkStrides(std::initializer_list<isa::Field> strides) {
  int64_t widest = 0;
  for (const isa::Field stride : strides)
    widest = std::max(widest, int64_t(get(stride)));
  expect(widest <= chip.limits.maxStrideElements, "a stride of " + std::to_string(widest) + " elements is above " +
                                                      std::to_string(chip.limits.maxStrideElements));
}

std::vector<std::string> checkCommand(const isa::Command &command, const target::Chip &chip,
                                      std::span<const Region> regions) {
  std::vector<std::string> findings;
  checkFields(command, findings);
  CommandCheck check(command, chip, regions, findings);
  if (command.engine() == isa::Engine::TIU)
    check.tiu();
  else
    check.gdma();
  return findings;
}

} // namespace tpu_mlir::bmodel
