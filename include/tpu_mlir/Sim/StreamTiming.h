//===- StreamTiming.h - Timing a bmodel without its data --------*- C++ -*-===//
// Decodes the streams of one net and times them, once or many times with other
// constants. Needs no input, lays out no memory and computes no value. Decides
// nothing about how the figures are shown.
#ifndef TPU_MLIR_SIM_STREAMTIMING_H
#define TPU_MLIR_SIM_STREAMTIMING_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Isa/PerEngine.h"
#include "tpu_mlir/Sim/Pieces.h"
#include "tpu_mlir/Sim/Timing.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace tpu_mlir::sim {

/// A command with its time, TIU cycles from the start of the run.
struct TimedCommand {
  uint32_t group;
  isa::Engine engine;
  uint32_t id;
  std::string_view name; ///< of its kind
  double start, end;
  Work work;
};

/// What a stream needs at least, whatever its order.
struct Bounds {
  int64_t weightBytes = 0, inputBytes = 0, outputBytes = 0;
  bool weightsByRange = false; ///< the file holds none: what lies below its activations
  /// Elements of inputs and outputs that are not fp32 in the file: a user with fp32 has them converted.
  int64_t convertedInputs = 0, convertedOutputs = 0;
  int64_t ddrBytes() const { return weightBytes + inputBytes + outputBytes; }
};

struct StreamReport {
  double cycles = 0; ///< TIU cycles
  isa::PerEngine<EngineReport> engines;
  /// Busy cycles of the TIU if convolutions of at most four input channels filled the array with kernel × channels.
  double packedTiu = 0;
  /// Cycles of moving Bounds::ddrBytes at full rate, latency left out.
  double ddrBound = 0;
  Work work;
  double arrayUse() const { return cycles > 0 ? work.arrayCycles / cycles : 0; }
  double roofline() const { return std::max(packedTiu, ddrBound); }
};

/// A whole inference as a user would measure it; milliseconds.
struct InferenceEstimate {
  double launch = 0, inputs = 0, stream = 0, outputs = 0;
  double total() const { return launch + inputs + stream + outputs; }
};

/// A layer of the tensor table.
struct LayerReport {
  std::string name, op; ///< of the table; `op` is empty where the table does not say
  isa::PerEngine<EngineReport> engines{};
  double start = 0, end = 0;
  Work work{};
  /// Whether it became any command.
  bool isEmpty() const {
    return std::all_of(engines.begin(), engines.end(), [](const EngineReport &e) { return e.commands == 0; });
  }
};

class TimedStream {
public:
  /// `path` stands in messages, and `tensor_location.json` is looked for beside it when the file has no tensor table.
  TimedStream(const bmodel::Model &model, const std::string &path, size_t net = 0, size_t stage = 0);
  ~TimedStream();

  const target::Chip &chip() const;
  const Bounds &bounds() const;
  uint64_t commands() const;
  /// Read anew by each call.
  TensorTable tensorTable() const;
  const isa::Command &command(const TimedCommand &timed) const;

  /// Times the stream with the constants of `chip`; `list` gets every command in the order of issue.
  StreamReport time(const target::Chip &chip, std::vector<TimedCommand> *list = nullptr) const;
  /// Splits timed commands by layer, in the table's order; empty without a table. Commands that the table gives to no
  /// layer make a last one called "(other)". `layerOf` gets the layer of each command.
  std::vector<LayerReport> layers(const std::vector<TimedCommand> &list, std::vector<size_t> *layerOf = nullptr) const;
  /// `floatTensors`: the user hands in and takes out fp32, which the host's side quantises and the chip dequantises.
  InferenceEstimate inference(const target::Chip &chip, const StreamReport &report, bool floatTensors) const;

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_STREAMTIMING_H
