//===- LifeNames.h - Names for what lies in local memory --------*- C++ -*-===//
// Finds the weights or the tensor at an address of global memory, and the
// tensors that a command completes in local memory. Decides no place and no time.
#ifndef TPU_MLIR_LIB_REPORT_LIFENAMES_H
#define TPU_MLIR_LIB_REPORT_LIFENAMES_H

#include "tpu_mlir/Report/LocalLife.h"

namespace tpu_mlir::report {

/// A tensor's piece in a lane: the hull of its bytes.
struct LocalPiece {
  const std::string *name;
  uint64_t begin, end;
};

class LifeNames {
public:
  LifeNames(const bmodel::TensorTable &table, const bmodel::NetParameter &parameter, const target::Chip &chip);

  bool isWeight(uint64_t address) const { return address >= weightsBegin && address < weightsEnd; }
  /// Empty where the file names no weight there.
  std::string weightAt(uint64_t address) const;
  /// The tensor that was stored at a global address last, or came in there; empty where the table has none.
  std::string tensorAt(uint64_t address) const;
  /// Notes what a command has completed, and returns the pieces in local memory.
  const std::vector<LocalPiece> &complete(const bmodel::CommandRef &command);

private:
  struct Completed {
    std::vector<LocalPiece> local;
    std::vector<std::tuple<uint64_t, uint64_t, const std::string *>> stored; ///< begin, end, name
  };
  void store(uint64_t begin, uint64_t end, const std::string *name);

  uint64_t weightsBegin = 0, weightsEnd = 0;
  std::map<uint64_t, std::pair<uint64_t, std::string>> weights;        ///< by begin: end, name
  std::map<uint64_t, std::pair<uint64_t, const std::string *>> global; ///< by begin: end, name
  std::map<bmodel::CommandRef, Completed> completed;
};

} // namespace tpu_mlir::report

#endif // TPU_MLIR_LIB_REPORT_LIFENAMES_H
