//===- PieceWatch.h - Tensors as the stream completes them ------*- C++ -*-===//
// Reads the pieces of the table's tensors when the commands that complete them
// are done, tells the run's observer and gathers whole tensors.
#ifndef TPU_MLIR_LIB_SIM_PIECEWATCH_H
#define TPU_MLIR_LIB_SIM_PIECEWATCH_H

#include "tpu_mlir/Sim/Simulator.h"

namespace tpu_mlir::sim {

class PieceWatch {
public:
  PieceWatch(const TensorTable &table, const Memory &memory, const RunOptions &options, RunResult &result)
      : memory(memory), options(options), result(result) {
    if (!options.functional || !(options.collectTensors || options.onPiece))
      return;
    for (const TensorEntry &tensor : table.tensors) {
      for (const TensorPiece &piece : tensor.pieces)
        pending.emplace(piece.after.id ? piece.after : CommandRef{}, Pending{gathered.size(), &tensor, &piece});
      gathered.emplace_back(tensor);
    }
  }

  /// The command is complete; CommandRef{} stands for the start of the run.
  void done(const CommandRef &command) {
    auto [first, last] = pending.equal_range(command);
    for (auto it = first; it != last; ++it) {
      const auto &[number, tensor, piece] = it->second;
      std::vector<uint8_t> values = readPiece(*tensor, *piece, memory);
      if (options.onPiece)
        options.onPiece({*tensor, *piece, values});
      if (!options.collectTensors)
        continue;
      gathered[number].add(*piece, values);
      if (gathered[number].isComplete())
        result.tensors.push_back(gathered[number].take());
    }
  }

private:
  struct Pending {
    size_t number;
    const TensorEntry *tensor;
    const TensorPiece *piece;
  };
  const Memory &memory;
  const RunOptions &options;
  RunResult &result;
  std::multimap<CommandRef, Pending> pending;
  std::vector<GatheredTensor> gathered;
};

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_PIECEWATCH_H
