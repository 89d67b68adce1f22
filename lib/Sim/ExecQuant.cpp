//===- ExecQuant.cpp - Requantisation and dequantisation ------------------===//
// rq1 is verified on vendor streams: y = sat(round_shift(x·multiplier, shift) +
// zero point), parameters per channel as [1, C, 1, 3] int32 or constant. rq0
// and dq0 (fp32 scale and offset) and dq1 follow the stated formulas; the order
// of rq0's two rounding fields is unknown, so they must agree.
// Source: shared ISA notes, isa.md §5.

#include "Exec.h"

#include <bit>

namespace tpu_mlir::sim {
namespace {

/// Parameters as rows of `count` 32-bit words: one row per channel, or one row for all.
struct Parameters {
  const int32_t *words;
  int64_t rows, count;
  const int32_t *row(int64_t c) const { return words + (rows == 1 ? 0 : c * count); }
};

Parameters loadParameters(Exec &e, const LocalTensor &result, int64_t count) {
  LocalTensor t = e.aligned("opd1", Field::opd1_addr, DType::I32, {1, result.dims.c, 1, count});
  e.requireLane("opd1", t, result.start.lane, ", where the result starts");
  return {e.load("opd1", t).as<int32_t>(), result.dims.c, count};
}

kernel::Round roundField(int64_t mode) {
  if (mode > int64_t(kernel::Round::HalfDown))
    throw UserError("rounding mode " + std::to_string(mode) + " does not exist");
  return kernel::Round(mode);
}

/// The parameters of all channels, or the command's constants, as entries made from a row of words.
template <typename Entry, typename F>
std::vector<Entry> entriesOf(Exec &e, const LocalTensor &result, int64_t count, F entry) {
  std::vector<Entry> entries;
  if (e.flag(Field::opd1_const)) {
    const int32_t words[] = {int32_t(e.get(Field::opd1_addr)), int32_t(e.get(Field::opd2_addr))};
    return {entry(words)};
  }
  Parameters p = loadParameters(e, result, count);
  for (int64_t c = 0; c < p.rows; ++c)
    entries.push_back(entry(p.row(c)));
  return entries;
}

void requantInteger(Exec &e, const LocalTensor &result, const LocalTensor &input) {
  kernel::Round round = roundField(e.get(Field::opd2_n_str) & 7);
  bool isConstant = e.flag(Field::opd1_const);
  auto entries = entriesOf<kernel::QuantEntry>(e, result, 3, [&](const int32_t *row) {
    // The shift is the low byte of its word; a constant's word has the zero point above it.
    return kernel::QuantEntry{row[0], int8_t(row[1]), isConstant ? row[1] >> 8 : row[2]};
  });
  Tensor out = e.target("res0", result), in = e.view("opd0", input, result);
  kernel::requant(out, in, entries.data(), int64_t(entries.size()), round);
  e.finish("res0", result, out);
}

} // namespace

void executeQuant(Exec &e) {
  bool dequantises = e.kind == isa::kQuantDq0 || e.kind == isa::kQuantDq1;
  if (!dequantises && e.kind != isa::kQuantRq0 && e.kind != isa::kQuantRq1)
    e.notBuilt("this requantisation (its meaning is unknown)");
  DType inType = e.format(Field::opd0_prec, Field::opd0_sign), outType = e.format(Field::res0_prec, Field::opd2_sign);
  if (kernel::isFloat(inType) || inType == DType::U32 || kernel::isFloat(outType) != (e.kind == isa::kQuantDq0) ||
      (e.kind == isa::kQuantDq0 && outType != DType::F32))
    e.notBuilt(std::string("a requantisation from ") + kernel::name(inType) + " to " + kernel::name(outType));
  LocalTensor result = e.aligned("res0", Field::res0_addr, outType, e.resultDims());
  LocalTensor input = e.aligned("opd0", Field::opd0_addr, inType, e.resultDims());
  e.requireLane("opd0", input, result.start.lane, ", where the result starts");
  if (e.kind == isa::kQuantRq1)
    return requantInteger(e, result, input);
  Tensor in = e.load("opd0", input);

  Tensor out = e.blank(outType, result.dims);
  if (e.kind == isa::kQuantRq0) {
    int64_t modes = e.get(Field::opd2_n_str);
    if ((modes & 7) != (modes >> 3))
      e.notBuilt("rq0 with two different rounding modes (their order is unknown)");
    kernel::Round round = roundField(modes & 7);
    auto entries = entriesOf<kernel::FloatEntry>(e, result, 2, [](const int32_t *row) {
      return kernel::FloatEntry{std::bit_cast<float>(row[0]), std::bit_cast<float>(row[1])};
    });
    kernel::requantFloat(out, in, entries.data(), int64_t(entries.size()), round);
  } else if (e.kind == isa::kQuantDq0) {
    // Tensor form {offset int32, scale fp32}; constants: scale, then offset (stated roles, order inferred).
    bool swapped = e.flag(Field::opd1_const);
    auto entries = entriesOf<kernel::ScaleEntry>(e, result, 2, [&](const int32_t *row) {
      return kernel::ScaleEntry{row[swapped], std::bit_cast<float>(row[!swapped])};
    });
    kernel::dequantFloat(out, in, entries.data(), int64_t(entries.size()));
  } else {
    if (e.flag(Field::opd1_const))
      e.notBuilt("dq1 with constant parameters (their packing is unknown)");
    kernel::Round round = roundField(e.get(Field::opd2_n_str) & 7);
    auto entries = entriesOf<kernel::DequantEntry>(
        e, result, 3, [](const int32_t *row) { return kernel::DequantEntry{row[0], row[1], int8_t(row[2])}; });
    kernel::dequantInteger(out, in, entries.data(), int64_t(entries.size()), round);
  }
  e.store("res0", result, out);
}

} // namespace tpu_mlir::sim
