//===- CheckRules.h - What the command checks share -------------*- C++ -*-===//
// The state of one command's check: its fields, the chip, where findings go,
// and the arithmetic of operands in local memory. The layouts follow the ISA
// notes §3; the compiler's own layout code is deliberately not used.
#ifndef TPU_MLIR_LIB_BMODEL_CHECKRULES_H
#define TPU_MLIR_LIB_BMODEL_CHECKRULES_H

#include "tpu_mlir/Bmodel/Check.h"

namespace tpu_mlir::bmodel {

struct Extent {
  uint64_t n = 1, c = 1, h = 1, w = 1;
};

/// Values of the layout fields (enum "layout" of the tables).
enum LayoutCode : uint32_t { Aligned = 0, Compact = 1, ChannelScalar = 2, Explicit = 3, LaneShared = 4 };

/// A tensor in local memory; strides in elements.
struct LocalTensor {
  std::string_view name;
  uint64_t address;
  Extent shape;
  Extent stride;
  uint64_t elementBytes;
  uint32_t layout;
};

/// Bytes of an element and kind of a TIU number format.
inline uint64_t bytesOfPrecision(uint64_t precision) {
  switch (precision) {
  case isa::kTiuPrecFp32:
  case isa::kTiuPrecInt32:
    return 4;
  case isa::kTiuPrecFp16:
  case isa::kTiuPrecInt16:
  case isa::kTiuPrecBf16:
    return 2;
  default:
    return 1;
  }
}
inline bool isFloat(uint64_t precision) {
  return precision == isa::kTiuPrecFp16 || precision == isa::kTiuPrecFp32 || precision == isa::kTiuPrecBf16;
}

/// Bytes from the first to the last element, `channelSteps` channel strides apart; huge values stop at 2^62.
uint64_t spanBytes(const Extent &shape, uint64_t channelSteps, const Extent &stride, uint64_t elementBytes);

class CommandCheck {
public:
  CommandCheck(const isa::Command &command, const target::Chip &chip, std::span<const Region> regions,
               std::vector<std::string> &findings)
      : command(command), chip(chip), regions(regions), findings(findings) {}

  void tiu();
  void gdma();

protected:
  uint64_t get(isa::Field f) const { return command.get(f); }
  /// The field, or `otherwise` where the form lacks it.
  uint64_t get(isa::Field f, uint64_t otherwise) const { return command.has(f) ? command.get(f) : otherwise; }
  void expect(bool holds, const std::string &sentence) {
    if (!holds)
      findings.push_back(sentence);
  }

  uint64_t laneOf(uint64_t address) const { return address / chip.local.laneStride; }
  uint64_t roundUp(uint64_t value, uint64_t to) const { return (value + to - 1) / to * to; }
  uint64_t groups(uint64_t lane, uint64_t channels) const {
    return (lane + channels + chip.local.lanes - 1) / chip.local.lanes;
  }
  Extent strides(uint32_t layout, uint64_t lane, const Extent &shape, uint64_t elementBytes, const Extent &given) const;
  LocalTensor tensor(std::string_view name, uint64_t address, const Extent &shape, uint64_t elementBytes,
                     uint32_t layout, const Extent &given = {0, 0, 0, 0}) const;
  /// Bytes of one lane behind the tensor's start that it may touch.
  uint64_t bytesPerLane(const LocalTensor &t) const;
  bool checkShape(std::string_view name, const Extent &shape);
  /// Alignment and range of a tensor; true when it lies in local memory.
  bool checkLocal(const LocalTensor &t);
  /// A written tensor must not have two elements in one place.
  void checkWritten(const LocalTensor &t);
  /// Strides of the explicit layout stay below the limit.
  void checkStrides(std::initializer_list<isa::Field> strides);
  void checkSameLane(const LocalTensor &a, const LocalTensor &b);

  const isa::Command &command;
  const target::Chip &chip;
  std::span<const Region> regions;
  std::vector<std::string> &findings;

private:
  // CheckWindows.cpp
  void convolution();
  void window();
  uint64_t windowResult(uint64_t in, isa::Field insert, isa::Field padA, isa::Field padB, isa::Field dilation,
                        uint64_t kernel, isa::Field stride);
  void checkWindow(uint64_t inH, uint64_t inW, int64_t maxInsert);
  // CheckTiu.cpp: one per family.
  void arithmetic();
  void checkArithmeticFormats(unsigned operands);
  void requantise();
  void transpose();
  void gather();
  void elementWise();
  // CheckWindows.cpp
  void matrix();
  void matrix2();
  // CheckGdma.cpp
  void dmaTensor();
  void dmaLinear();
  void dmaMatrix();
  void dmaIndexed();
  void checkBroadcastLanes(uint64_t channels);
  void dmaAddressOnly(isa::Field low, isa::Field high, std::string_view name, bool written);
  uint64_t dmaAddress(isa::Field low, isa::Field high) const { return get(high) << 32 | get(low); }
  void checkDmaSide(std::string_view name, uint64_t address, const Extent &shape, Extent stride, uint64_t elementBytes,
                    bool written);
};

} // namespace tpu_mlir::bmodel

#endif // TPU_MLIR_LIB_BMODEL_CHECKRULES_H
