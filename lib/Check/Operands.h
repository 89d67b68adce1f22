//===- Operands.h - What a command reads and writes -------------*- C++ -*-===//
// From a command's fields to the boxes of bytes that it touches. Written from
// the ISA notes alone; the layouts of the compiler and of the simulator are
// deliberately not used, and a test holds this description against what the
// simulator really touches. Reads come before writes, as within a command.
#ifndef TPU_MLIR_LIB_CHECK_OPERANDS_H
#define TPU_MLIR_LIB_CHECK_OPERANDS_H

#include "tpu_mlir/Check/Footprint.h"
#include "tpu_mlir/Isa/Command.h"
#include "tpu_mlir/Target/Target.h"

#include <vector>

namespace tpu_mlir::safety {

/// Sizes or strides (elements) in n, c, h, w.
struct Four {
  uint64_t n = 1, c = 1, h = 1, w = 1;
};

class Operands {
public:
  Operands(const isa::Command &command, const target::Chip &chip, std::vector<Access> &out)
      : command(command), chip(chip), kind(uint32_t(command.get(command.info->kindField))), out(out) {}

  /// Appends the command's accesses. False where public sources do not say what it touches.
  bool describe();

  /// A tensor in lanes, as up to three boxes: lanes before the first channel's, from it on, and behind the last one.
  static void inLanes(const target::Chip &chip, std::vector<Access> &out, std::string_view operand, bool writes,
                      uint64_t address, const Four &shape, const Four &stride, uint64_t elementBytes,
                      uint64_t laneMask = ~uint64_t(0));
  /// A tensor in linear memory.
  static void linearly(std::vector<Access> &out, std::string_view operand, bool writes, uint64_t address,
                       const Four &shape, const Four &stride, uint64_t elementBytes);

private:
  uint64_t get(isa::Field f) const { return command.get(f); }
  uint64_t get(isa::Field f, uint64_t otherwise) const { return command.has(f) ? command.get(f) : otherwise; }
  bool flag(isa::Field f) const { return command.get(f) != 0; }
  Four resultShape() const;
  /// A tensor in lanes by layout code; `given` are the strides of the explicit layout.
  void local(std::string_view operand, bool writes, uint64_t address, const Four &shape, uint64_t elementBytes,
             uint64_t layout, const Four &given = {0, 0, 0, 0});
  void strided(std::string_view operand, bool writes, uint64_t address, const Four &shape, const Four &stride,
               uint64_t elementBytes) {
    inLanes(chip, out, operand, writes, address, shape, stride, elementBytes);
  }
  void result(uint64_t elementBytes, uint64_t layout = isa::kLayoutAligned);

  // Operands.cpp
  bool arithmetic();
  bool requantise();
  bool transpose();
  bool gather();
  bool linear();
  bool compare();
  bool special();
  // OperandsWindow.cpp
  bool convolution();
  bool window();
  bool matrix();
  bool matrix2();
  // OperandsDma.cpp
  void side(std::string_view operand, bool writes, uint64_t address, const Four &shape, const Four &stride);
  uint64_t address(isa::Field low, isa::Field high) const { return get(high) << 32 | get(low); }
  bool dma();
  bool dmaTensor();
  bool dmaLinear();
  bool dmaMatrix();
  bool dmaIndexed(bool gathers);

  const isa::Command &command;
  const target::Chip &chip;
  const uint32_t kind;
  std::vector<Access> &out;
};

/// Bytes of an element of a TIU number format; 0 for formats of less than a byte or of later chips.
uint64_t tiuBytes(uint64_t precision);

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_OPERANDS_H
