//===- Step.h - One bound piece of work -------------------------*- C++ -*-===//
// What a program executes: a step knows which buffers it reads and writes and
// gets their memory once, before it runs. What it computes is its maker's.
#ifndef TPU_MLIR_LIB_HOST_STEP_H
#define TPU_MLIR_LIB_HOST_STEP_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace tpu_mlir::host {

class Step {
public:
  virtual ~Step() = default;
  /// Gives the step the memory of its buffers; `scratch` has scratchBytes() bytes and is shared with other steps.
  virtual void bind(const std::vector<const void *> &in, const std::vector<void *> &out, void *scratch) = 0;
  virtual void run() = 0;
  virtual size_t scratchBytes() const { return 0; }

  std::vector<int> reads;  ///< buffers, in the order of bind()'s `in`
  std::vector<int> writes; ///< buffers, in the order of bind()'s `out`; may be among `reads`
  /// Constants that it reads where they lie.
  std::vector<std::span<const uint8_t>> constants;
};

/// A step that is a function of fp32 memory, with one result.
class LoopStep : public Step {
public:
  using Function = std::function<void(const float *const *in, float *out)>;
  explicit LoopStep(Function function) : function(std::move(function)) {}
  void bind(const std::vector<const void *> &in, const std::vector<void *> &out, void *) override {
    inputs.clear();
    for (const void *memory : in)
      inputs.push_back(static_cast<const float *>(memory));
    output = static_cast<float *>(out[0]);
  }
  void run() override { function(inputs.data(), output); }

private:
  Function function;
  std::vector<const float *> inputs;
  float *output = nullptr;
};

/// A step that is a function of its memory, whatever lies there.
class ValueStep : public Step {
public:
  using Function = std::function<void(const void *const *in, void *const *out)>;
  explicit ValueStep(Function function) : function(std::move(function)) {}
  void bind(const std::vector<const void *> &in, const std::vector<void *> &out, void *) override {
    inputs = in;
    outputs = out;
  }
  void run() override { function(inputs.data(), outputs.data()); }

private:
  Function function;
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
};

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_STEP_H
