//===- Step.h - One bound piece of work -------------------------*- C++ -*-===//
// What a program executes: a step knows which buffers it reads and writes and
// gets their memory once, before it runs. What it computes is its maker's.
#ifndef TPU_MLIR_LIB_INTERPRETER_STEP_H
#define TPU_MLIR_LIB_INTERPRETER_STEP_H

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace tpu_mlir::eval {

class Step {
public:
  virtual ~Step() = default;
  /// Gives the step the memory of its buffers; `scratch` has scratchBytes() bytes and is shared with other steps.
  virtual void bind(const std::vector<const float *> &in, float *out, void *scratch) = 0;
  virtual void run() = 0;
  virtual size_t scratchBytes() const { return 0; }

  std::vector<int> reads; ///< buffers, in the order of bind()'s `in`
  int writes = -1;        ///< may be among `reads`
  /// Constants that it reads where they lie.
  std::vector<std::span<const float>> constants;
};

/// A step that is a function of its memory.
class LoopStep : public Step {
public:
  using Function = std::function<void(const float *const *in, float *out)>;
  explicit LoopStep(Function function) : function(std::move(function)) {}
  void bind(const std::vector<const float *> &in, float *out, void *) override {
    inputs = in;
    output = out;
  }
  void run() override { function(inputs.data(), output); }

private:
  Function function;
  std::vector<const float *> inputs;
  float *output = nullptr;
};

} // namespace tpu_mlir::eval

#endif // TPU_MLIR_LIB_INTERPRETER_STEP_H
