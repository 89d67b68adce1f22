//===- DebugSpecs.h - What --break and --print ask for ----------*- C++ -*-===//
// The words of breakpoints and of things to print, as data. Whether such a
// command or tensor exists is not decided here.
#ifndef TPU_MLIR_TOOLS_TPUC_SIM_DEBUGSPECS_H
#define TPU_MLIR_TOOLS_TPUC_SIM_DEBUGSPECS_H

#include "tpu_mlir/Sim/Simulator.h"

namespace tpu_mlir::tpuc_sim {

/// A command ("tiu:9", "1:gdma:12" in group 1), or a layer by name: its first command.
struct BreakSpec {
  std::string text;
  std::optional<bmodel::CommandRef> command;
  std::string layer;
};

/// UserError for what looks like a command and is none.
BreakSpec parseBreak(const std::string &text);

/// An operand of the current command, a tensor of the table, all operands, or a place in memory; and the element whose
/// neighbours are shown.
struct PrintSpec {
  std::string text;
  std::string name;                  ///< operand or tensor; "all": every operand
  std::optional<sim::Operand> place; ///< "global:ADDRESS:TYPE:n,c,h,w" or "local:LANE:OFFSET:TYPE:n,c,h,w[:compact]"
  kernel::Dims element{0, 0, 0, 0};  ///< of a suffix "[n,c,h,w]"
  bool hasElement = false;
};

/// `memory` gives the strides of the named layouts.
PrintSpec parsePrint(const std::string &text, const sim::Memory &memory);

} // namespace tpu_mlir::tpuc_sim

#endif // TPU_MLIR_TOOLS_TPUC_SIM_DEBUGSPECS_H
