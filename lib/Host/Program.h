//===- Program.h - Steps in order, and their memory -------------*- C++ -*-===//
// Holds steps and the buffers between them. Buffers that live at the same time
// do not overlap; others share memory. Knows nothing of what steps compute.
#ifndef TPU_MLIR_LIB_HOST_PROGRAM_H
#define TPU_MLIR_LIB_HOST_PROGRAM_H

#include "Step.h"

#include <cstdint>
#include <memory>

namespace tpu_mlir::host {

class Program {
public:
  /// A buffer of so many bytes. A kept one can be read after run().
  int addBuffer(int64_t bytes, bool isKept);
  /// A buffer whose memory is outside: `bytes` of a constant, or (0) what may change between runs.
  int addOutside(const void *data, int64_t bytes = 0);
  void keep(int buffer) { buffers[buffer].isKept = true; }
  /// Appends a step. What it reads must have been written before.
  void add(std::unique_ptr<Step> step, std::vector<int> reads, std::vector<int> writes);
  /// Places all buffers and binds the steps.
  void finish();

  /// Runs all steps; `onRead` is told of each step's constants behind it.
  void run(const std::function<void(std::span<const uint8_t>)> &onRead = nullptr);
  const void *data(int buffer) const { return buffers[buffer].data; }
  /// Bytes of the memory that buffers share, and of the buffers laid end to end.
  int64_t arenaBytes() const { return arenaSize; }
  int64_t totalBytes() const;
  size_t stepCount() const { return steps.size(); }

private:
  struct Buffer {
    int64_t bytes = 0;
    int64_t constants = 0; ///< bytes of a constant
    bool isKept = false, isOutside = false;
    int first = -1, last = -1; ///< steps that touch it
    int64_t offset = 0;
    void *data = nullptr;
  };
  struct Free {
    void operator()(void *memory) const;
  };
  std::unique_ptr<void, Free> allocate(int64_t bytes) const;
  void place();

  std::vector<Buffer> buffers;
  std::vector<std::unique_ptr<Step>> steps;
  std::unique_ptr<void, Free> arena, scratch;
  int64_t arenaSize = 0;
};

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_PROGRAM_H
