//===- Unroll.cpp - LSTM and GRU on the chip ------------------------------===//
// A layer becomes the ops of all its steps, in f32 in every mode: one product for
// what the input adds at all steps, then for each step a product of the state,
// the gates' functions, and sums and products of them. A state that is constant
// at first is multiplied here; one that is zero takes no product.
#include "Recurrent.h"
#include "tpu_mlir/Ops/Computes.h"
#include "tpu_mlir/Ops/Moves.h"

using namespace mlir;

namespace tpu_mlir {

namespace {

/// One direction of a layer. A state is a value [b, hidden], a weight of that shape, or null: zero.
template <typename OpTy> class Unroll {
public:
  static constexpr bool isLstm = std::is_same_v<OpTy, top::LSTMOp>;
  static constexpr int64_t gates = isLstm ? 4 : 3;

  Unroll(Lowering &l, OpTy op, int64_t direction)
      : l(l), op(op), moves(l, op), f(l, op), direction(direction), steps(shapeOf(op.getInput())[0]),
        batch(shapeOf(op.getInput())[1]), hidden(op.getHiddenSize()) {}

  /// The states behind all steps, [t, 1, b, hidden], and the last cell, [1, 1, b, hidden], where there is one.
  std::pair<Value, Value> run(Value input, bool isReversed) {
    prepare(input);
    Value h = first(op.getInitialH(), "initial_h");
    if constexpr (isLstm)
      cell = first(op.getInitialC(), "initial_c");
    SmallVector<Value> results(steps);
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t t = isReversed ? steps - 1 - i : i;
      Value old = h, oldCell = cell, now = step(h, t);
      // Elements of the batch that have ended keep their state, and their result is zero.
      if (auto [mask, others] = masksAt(t); mask) {
        results[t] = f.times(now, mask, "shown");
        h = keep(results[t], old, others);
        if (cell)
          cell = keep(f.times(cell, mask, "cell_shown"), oldCell, others);
      } else {
        results[t] = h = now;
      }
    }
    for (Value &result : results)
      result = moves.reshape(result, {1, 1, batch, hidden}, "step");
    Value all = results.size() == 1 ? results[0] : moves.concat(results, 0, "steps");
    return {all, cell ? moves.reshape(cell, {1, 1, batch, hidden}, "cell") : Value()};
  }

private:
  /// Rows [first, first + count) of the gates of this direction in a weight [d, gates * hidden, width].
  ArrayRef<float> rowsOf(Value weight, int64_t from, int64_t count) {
    const int64_t width = shapeOf(weight)[2];
    return l.weightData(weight).slice((direction * gates * hidden + from) * width, count * width);
  }
  /// What one half of the bias adds to gate rows [from, from + count).
  ArrayRef<float> biasOf(bool ofState, int64_t from, int64_t count) {
    return l.weightData(op.getBias()).slice((direction * 2 + ofState) * gates * hidden + from, count);
  }
  Value matrix(Value weight, int64_t from, int64_t count, StringRef role) {
    return f.weight(rowsOf(weight, from, count), {count, shapeOf(weight)[2], 1, 1}, role);
  }

  void prepare(Value input) {
    const bool hasBias = isPresent(op.getBias());
    // A GRU that resets behind its product adds the state's last bias there.
    bool resetsLate = false;
    if constexpr (!isLstm)
      resetsLate = op.getLinearBeforeReset();
    std::vector<float> bias;
    if (hasBias) {
      bias = biasOf(false, 0, gates * hidden).vec();
      ArrayRef<float> more = biasOf(true, 0, gates * hidden);
      for (int64_t j = 0; j < (resetsLate ? 2 : gates) * hidden; ++j)
        bias[j] += more[j];
    }
    added = f.product(input, matrix(op.getFilter(), 0, gates * hidden, "filter_f32"),
                      hasBias ? f.weight(bias, {gates * hidden}, "bias_f32") : Value(), "input_product");
    if constexpr (isLstm) {
      stateMatrix = matrix(op.getRecurrence(), 0, 4 * hidden, "recurrence_f32");
    } else {
      stateMatrix = matrix(op.getRecurrence(), 0, 2 * hidden, "recurrence_f32");
      lastMatrix = matrix(op.getRecurrence(), 2 * hidden, hidden, "recurrence_f32");
      if (resetsLate && hasBias)
        lastBias = f.weight(biasOf(true, 2 * hidden, hidden), {hidden}, "state_bias_f32");
    }
  }

  Value first(Value states, StringRef role) {
    if (!isPresent(states))
      return {};
    const int64_t count = batch * hidden;
    if (isWeight(states)) {
      ArrayRef<float> data = l.weightData(states).slice(direction * count, count);
      return llvm::all_of(data, [](float v) { return v == 0; }) ? Value() : f.weight(data, {batch, hidden}, role);
    }
    Value all = l.dequantize(l.operand(states));
    all = moves.slice(all, {direction, 0, 0}, {direction + 1, batch, hidden}, {1, 1, 1}, role);
    return moves.reshape(all, {batch, hidden}, role);
  }

  /// state * rows', with `rows` the same as `matrix`; null where the state is zero.
  Value stateProduct(Value state, Value matrix, int64_t from, int64_t count) {
    if (!state || !isWeight(state))
      return state ? f.product(state, matrix, {}, "state_product") : Value();
    ArrayRef<float> rows = rowsOf(op.getRecurrence(), from, count), data = l.weightData(state);
    std::vector<float> product;
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t j = 0; j < count; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < hidden; ++k)
          sum += double(data[b * hidden + k]) * rows[j * hidden + k];
        product.push_back(float(sum));
      }
    return f.weight(product, {batch, count}, "state_product");
  }

  Value plus(Value a, Value b, StringRef role) { return b ? f.sum(a, b, role) : a; }
  Value inputAt(int64_t t, int64_t from, int64_t count) {
    Value part = moves.slice(added, {t, 0, from}, {t + 1, batch, from + count}, {1, 1, 1}, "input_step");
    return moves.reshape(part, {batch, count}, "input_row");
  }
  Value gate(Value all, int64_t index, StringRef role) {
    return moves.slice(all, {0, index * hidden}, {batch, (index + 1) * hidden}, {1, 1}, role);
  }

  Value step(Value h, int64_t t) {
    if constexpr (isLstm) {
      Value sums = plus(inputAt(t, 0, 4 * hidden), stateProduct(h, stateMatrix, 0, 4 * hidden), "sums");
      Value open = moves.slice(sums, {0, 0}, {batch, 3 * hidden}, {1, 1}, "gate_sums");
      open = f.function(open, "sigmoid", "gates");
      Value candidate = f.function(gate(sums, 3, "candidate_sums"), "tanh", "candidate");
      Value next = f.times(gate(open, 0, "input_gate"), candidate, "candidate_kept");
      if (cell)
        next = f.sum(f.times(gate(open, 2, "forget_gate"), cell, "cell_kept"), next, "cell");
      cell = next;
      return f.times(gate(open, 1, "output_gate"), f.function(cell, "tanh", "cell_tanh"), "state");
    } else {
      Value open = plus(inputAt(t, 0, 2 * hidden), stateProduct(h, stateMatrix, 0, 2 * hidden), "sums");
      open = f.function(open, "sigmoid", "gates");
      Value update = gate(open, 0, "update_gate"), reset = gate(open, 1, "reset_gate");
      Value more;
      if (op.getLinearBeforeReset()) {
        more = stateProduct(h, lastMatrix, 2 * hidden, hidden);
        if (lastBias)
          more = more ? f.sum(more, lastBias, "state_sums") : lastBias;
        if (more)
          more = f.times(reset, more, "reset_sums");
      } else if (h) {
        more = f.product(f.times(reset, h, "reset_state"), lastMatrix, {}, "reset_product");
      }
      Value candidate = f.function(plus(inputAt(t, 2 * hidden, hidden), more, "candidate_sums"), "tanh", "candidate");
      // (1 - z) * n + z * h
      if (!h)
        return f.sum(candidate, f.times(update, candidate, "candidate_left"), "state", /*subtracts=*/true);
      Value change = f.times(update, f.sum(h, candidate, "difference", /*subtracts=*/true), "change");
      return f.sum(candidate, change, "state");
    }
  }

  /// 1 for elements of the batch that step `t` belongs to and 0 for the others, and the opposite; null where all have
  /// it.
  std::pair<Value, Value> masksAt(int64_t t) {
    std::vector<float> mask, others;
    for (int64_t length : op.getLengths()) {
      mask.push_back(t < length);
      others.push_back(t >= length);
    }
    if (llvm::all_of(mask, [](float m) { return m == 1; }))
      return {};
    return {f.weight(mask, {batch, 1}, "mask"), f.weight(others, {batch, 1}, "mask_off")};
  }
  Value keep(Value shown, Value old, Value others) {
    return old ? f.sum(shown, f.times(old, others, "kept"), "state_kept") : shown;
  }

  Lowering &l;
  OpTy op;
  Moves moves;
  Computes f;
  int64_t direction, steps, batch, hidden;
  Value added, stateMatrix, lastMatrix, lastBias, cell;
};

template <typename OpTy> struct RecurrentLower : LowerInterface::ExternalModel<RecurrentLower<OpTy>, OpTy> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto layer = cast<OpTy>(op);
    for (auto [name, value] : {std::pair<StringRef, Value>("filter", layer.getFilter()),
                               std::pair<StringRef, Value>("recurrence", layer.getRecurrence()),
                               std::pair<StringRef, Value>("bias", layer.getBias())})
      if (isPresent(value) && !isWeight(value))
        return "'" + name.str() + "' is computed by the network; only constant ones have a form";
    // Every step is a dozen ops.
    constexpr int64_t kMostSteps = 4096;
    const int64_t steps = shapeOf(layer.getInput())[0];
    return steps <= kMostSteps ? ""
                               : "its " + std::to_string(steps) + " steps are unrolled, and more than " +
                                     std::to_string(kMostSteps) + " are too many; feed the sequence in parts";
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto layer = cast<OpTy>(op);
    Moves moves(l, op);
    Value input = l.dequantize(l.operand(layer.getInput()));
    SmallVector<Value> states, cells;
    for (auto [d, isReversed] : llvm::enumerate(directionsOf(layer.getDirection()))) {
      auto [all, cell] = Unroll<OpTy>(l, layer, d).run(input, isReversed);
      states.push_back(all);
      cells.push_back(cell);
    }
    auto joined = [&](ArrayRef<Value> parts, StringRef role) {
      return parts.size() == 1 ? parts[0] : moves.concat(parts, 1, role);
    };
    Value result = joined(states, "directions");
    if constexpr (Unroll<OpTy>::isLstm)
      if (layer.getWithCell())
        result = moves.concat({result, joined(cells, "cells")}, 0, "with_cell");
    l.map(layer.getOutput(), moves.reshapeAsResult(result));
    return success();
  }
};

} // namespace

void registerRecurrentLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::LSTMOp::attachInterface<RecurrentLower<top::LSTMOp>>(*context);
    top::GRUOp::attachInterface<RecurrentLower<top::GRUOp>>(*context);
  });
}

} // namespace tpu_mlir
