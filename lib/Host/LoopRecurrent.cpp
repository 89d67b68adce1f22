//===- LoopRecurrent.cpp - LSTM and GRU in fp32 ---------------------------===//
// One direction after the other: what the input adds at all steps is one product,
// then each step adds what the state does. Which gate stands where is ONNX's
// order.
#include "Loops.h"
#include "tpu_mlir/Kernel/Kernels.h"

#include <algorithm>
#include <cmath>

namespace tpu_mlir::host {
using kernel::DType;

namespace {

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

/// Sizes of a layer, and one direction of it at work.
struct Layer {
  int64_t steps, batch, input, hidden, gates;

  Layer(const Recurrent &layer, const Dims &in, const Dims &out)
      : steps(in[0]), batch(in[1]), input(in[2]), hidden(out[3]), gates(layer.isLstm ? 4 : 3) {}
  int64_t width() const { return gates * hidden; }

  /// y[rows, width] = x[rows, depth] * matrix', a matrix [width, depth].
  void multiply(const float *x, const float *matrix, int64_t rows, int64_t depth, float *y) const {
    std::vector<float> turned(depth * width());
    for (int64_t j = 0; j < width(); ++j)
      for (int64_t k = 0; k < depth; ++k)
        turned[k * width() + j] = matrix[j * depth + k];
    product(x, turned.data(), rows, depth, y);
  }
  void product(const float *x, const float *turned, int64_t rows, int64_t depth, float *y) const {
    kernel::matmul({DType::F32, {1, 1, rows, width()}, y}, {DType::F32, {1, 1, rows, depth}, x},
                   {DType::F32, {1, 1, depth, width()}, turned});
  }
};

/// c and h from the gates i, o, f, g of one element of the batch, before their functions.
void stepLstm(const float *gate, int64_t hidden, float *h, float *c) {
  for (int64_t j = 0; j < hidden; ++j) {
    c[j] = sigmoid(gate[2 * hidden + j]) * c[j] + sigmoid(gate[j]) * std::tanh(gate[3 * hidden + j]);
    h[j] = sigmoid(gate[hidden + j]) * std::tanh(c[j]);
  }
}

} // namespace

StepPtr loopRecurrent(const Recurrent &layer, const Dims &in, const Dims &out) {
  const Layer s(layer, in, out);
  return std::make_unique<LoopStep>([=](const float *const *x, float *y) {
    const int64_t directions = out[1], width = s.width(), state = s.batch * s.hidden;
    size_t next = 3;
    const float *bias = layer.hasBias ? x[next++] : nullptr;
    const float *firstH = layer.hasInitialH ? x[next++] : nullptr;
    const float *firstC = layer.hasInitialC ? x[next++] : nullptr;
    std::vector<float> added(s.steps * s.batch * width), gates(s.batch * width), turned(s.hidden * width), h(state),
        c(state), reset(s.batch * s.hidden);
    for (int64_t d = 0; d < directions; ++d) {
      const float *recurrence = x[2] + d * width * s.hidden;
      const float *inputBias = bias ? bias + d * 2 * width : nullptr, *stateBias = bias ? inputBias + width : nullptr;
      s.multiply(x[0], x[1] + d * width * s.input, s.steps * s.batch, s.input, added.data());
      for (int64_t j = 0; j < width; ++j)
        for (int64_t k = 0; k < s.hidden; ++k)
          turned[k * width + j] = recurrence[j * s.hidden + k];
      auto first = [&](const float *from, std::vector<float> &to) {
        from ? (void)std::copy_n(from + d * state, state, to.begin()) : std::fill(to.begin(), to.end(), 0.0f);
      };
      first(firstH, h);
      first(firstC, c);
      for (int64_t i = 0; i < s.steps; ++i) {
        const int64_t t = layer.isReversed[d] ? s.steps - 1 - i : i;
        s.product(h.data(), turned.data(), s.batch, s.hidden, gates.data());
        float *result = y + (t * directions + d) * state;
        if (!layer.isLstm && !layer.resetsAfterProduct) {
          // The state that a reset gate lets through, and once more what the last gate makes of it.
          std::vector<float> again(s.batch * width);
          for (int64_t b = 0; b < s.batch; ++b)
            for (int64_t j = 0; j < s.hidden; ++j) {
              const int64_t at = b * width + s.hidden + j;
              const float r = sigmoid(added[t * s.batch * width + at] + gates[at] +
                                      (bias ? inputBias[s.hidden + j] + stateBias[s.hidden + j] : 0));
              reset[b * s.hidden + j] = r * h[b * s.hidden + j];
            }
          s.product(reset.data(), turned.data(), s.batch, s.hidden, again.data());
          for (int64_t b = 0; b < s.batch; ++b)
            std::copy_n(again.begin() + b * width + 2 * s.hidden, s.hidden, gates.begin() + b * width + 2 * s.hidden);
        }
        for (int64_t b = 0; b < s.batch; ++b) {
          float *gate = gates.data() + b * width, *now = h.data() + b * s.hidden;
          const float *more = added.data() + (t * s.batch + b) * width;
          if (!layer.lengths.empty() && t >= layer.lengths[b]) {
            std::fill_n(result + b * s.hidden, s.hidden, 0.0f);
            continue;
          }
          if (layer.isLstm) {
            for (int64_t j = 0; j < width; ++j)
              gate[j] += more[j] + (bias ? inputBias[j] + stateBias[j] : 0);
            stepLstm(gate, s.hidden, now, c.data() + b * s.hidden);
          } else {
            for (int64_t j = 0; j < s.hidden; ++j) {
              auto of = [&](int64_t g) { return bias ? inputBias[g * s.hidden + j] : 0; };
              auto ofState = [&](int64_t g) {
                return gate[g * s.hidden + j] + (bias ? stateBias[g * s.hidden + j] : 0);
              };
              const float z = sigmoid(more[j] + of(0) + ofState(0)),
                          r = layer.resetsAfterProduct ? sigmoid(more[s.hidden + j] + of(1) + ofState(1)) : 1,
                          n = std::tanh(more[2 * s.hidden + j] + of(2) + r * ofState(2));
              now[j] = (1 - z) * n + z * now[j];
            }
          }
          std::copy_n(now, s.hidden, result + b * s.hidden);
        }
      }
      if (layer.withCell)
        std::copy(c.begin(), c.end(), y + (s.steps * directions + d) * state);
    }
  });
}

} // namespace tpu_mlir::host
