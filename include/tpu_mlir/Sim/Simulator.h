//===- Simulator.h - Running a bmodel from its bytes alone ------*- C++ -*-===//
// Decodes the command streams of one net, executes them on the chip's memories
// and times them. Knows no network, no compiler and no MLIR: everything comes
// from the file and the chip's data. Two simulators share nothing.
#ifndef TPU_MLIR_SIM_SIMULATOR_H
#define TPU_MLIR_SIM_SIMULATOR_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Isa/PerEngine.h"
#include "tpu_mlir/Sim/Operand.h"
#include "tpu_mlir/Sim/Pieces.h"
#include "tpu_mlir/Sim/Timing.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace tpu_mlir::sim {

/// An input or output of a net. `scale` is the file's: inputs hold 1/qscale, outputs qscale.
struct NetTensor {
  std::string name;
  kernel::DType dtype = kernel::DType::F32;
  std::vector<int64_t> shape;
  uint64_t address = 0;
  float scale = 1;
  int32_t zeroPoint = 0;
  int64_t bytes = 0;
  host::Element own = host::Element::F32; ///< what the elements are to the network's author
};

/// Which engine goes first when both could. Results must not depend on it.
enum class Policy { GdmaFirst, TiuFirst, Random };

/// A command that has just been executed; times are TIU cycles from the start of the run.
struct CommandEvent {
  size_t group;
  const isa::Command &command;
  double start, end;
};

/// A piece of a tensor of the table that has just become complete, read from where it lies.
struct PieceEvent {
  const TensorEntry &tensor;
  const TensorPiece &piece;
  const std::vector<uint8_t> &values; ///< in the order n, c, d, h, w
};

struct RunOptions {
  Policy policy = Policy::GdmaFirst;
  uint64_t seed = 0;           ///< Policy::Random
  bool functional = true;      ///< false: only time and count
  bool collectTensors = false; ///< keep every tensor of the tensor table as it completes
  std::function<void(const CommandEvent &)> beforeCommand = nullptr; ///< not executed yet; `end` is `start`
  std::function<void(const CommandEvent &)> afterCommand = nullptr;
  std::function<void(const PieceEvent &)> onPiece = nullptr;
  /// Called within the execution of each command, for each of its operands.
  std::function<void(size_t group, const isa::Command &, const Operand &)> onOperand = nullptr;
};

struct RunResult {
  std::vector<TensorValue> outputs; ///< in the net's order
  std::vector<TensorValue> tensors; ///< RunOptions::collectTensors, in order of their last pieces
  double cycles = 0;                ///< TIU cycles from the first issue to the last completion
  double milliseconds = 0;          ///< the same at the chip's TIU clock
  isa::PerEngine<EngineReport> engines;
  Work work;
  uint64_t hostOps = 0; ///< ops that the host computed; their time is not in `cycles`
};

class Simulator {
public:
  /// The weights are hashed beside what follows; whatever shows contents of memory first waits for that and refuses
  /// weights that do not match their check code. `path` stands in messages, and `tensor_location.json` is looked for
  /// beside it when the file has no tensor table.
  Simulator(const bmodel::Model &model, const std::string &path, size_t net = 0, size_t stage = 0);
  ~Simulator();
  Simulator(Simulator &&) noexcept;

  const target::Chip &chip() const;
  const std::vector<NetTensor> &inputs() const;
  const std::vector<NetTensor> &outputs() const;
  /// Empty when the file has no tensor table.
  const TensorTable &tensorTable() const;

  /// Raw bytes of an input; UserError for a name that is none or a size that does not fit.
  void setInput(const std::string &name, std::span<const uint8_t> bytes);

  /// Runs all command groups, and the host's parts between them. May be called again; memories keep what earlier runs
  /// left.
  RunResult run(const RunOptions &options = {});

  /// Memories between commands, for debuggers.
  std::vector<uint8_t> readGlobal(uint64_t address, uint64_t bytes) const;
  std::span<const uint8_t> lane(int64_t index) const;
  const Memory &memory() const;
  /// One line of disassembly.
  std::string textOf(const isa::Command &command) const;
  /// The operands of a command as they are now, and the result that it would write; memory stays as it is.
  std::vector<OperandValue> operandsOf(size_t group, const isa::Command &command) const;

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_SIMULATOR_H
