//===- Debugger.h - Stopping a run and looking around -----------*- C++ -*-===//
// Stops before commands, prints what was asked for, and, where a person sits
// before it, takes commands. Changes nothing of the run.
#ifndef TPU_MLIR_TOOLS_TPUC_SIM_DEBUGGER_H
#define TPU_MLIR_TOOLS_TPUC_SIM_DEBUGGER_H

#include "DebugSpecs.h"

#include <iosfwd>
#include <set>

namespace tpu_mlir::tpuc_sim {

/// A --break with the --prints behind it.
struct BreakOption {
  std::string where;
  std::vector<std::string> prints;
};

class Debugger {
public:
  /// `prompt`: where a person's commands come from, or null. UserError for breakpoints that are nowhere.
  Debugger(const sim::Simulator &simulator, const std::vector<BreakOption> &options, std::istream *prompt);

  /// Before each command. Throws Quit when the person ends the run.
  void before(const sim::CommandEvent &event);
  /// After the run; UserError for breakpoints of the command line that were never reached.
  void finish() const;
  struct Quit {};

private:
  struct Breakpoint {
    BreakSpec spec;
    std::vector<std::string> prints;
    bool isHit = false;
  };
  void addBreakpoint(const std::string &where, const std::vector<std::string> &prints);
  Breakpoint *breakpointAt(const bmodel::CommandRef &command);
  std::string where(const sim::CommandEvent &event) const;
  std::string printed(const std::string &what, const sim::CommandEvent &event) const;
  std::string printedPlace(const PrintSpec &spec) const;
  std::string printedTensor(const bmodel::TensorEntry &tensor, const PrintSpec &spec) const;
  std::string info(const std::string &topic) const;
  /// Reads commands until one that goes on.
  void converse(const sim::CommandEvent &event);
  bool obey(const std::string &line, const sim::CommandEvent &event);
  bool isDone(const bmodel::CommandRef &command) const;

  const sim::Simulator &simulator;
  std::vector<Breakpoint> breakpoints;
  size_t asked = 0; ///< of them by the command line
  std::istream *prompt;
  std::string lastLine;
  uint64_t stepsLeft = 0;                          ///< commands until the next stop; 0: only at breakpoints
  std::map<std::pair<size_t, bool>, uint32_t> ran; ///< last command given to an engine, by group and engine
};

} // namespace tpu_mlir::tpuc_sim

#endif // TPU_MLIR_TOOLS_TPUC_SIM_DEBUGGER_H
