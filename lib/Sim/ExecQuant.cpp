//===- ExecQuant.cpp - Requantisation and dequantisation ------------------===//
// rq1 is verified on vendor streams: y = sat(round_shift(x·multiplier, shift) +
// zero point), parameters per channel as [1, C, 1, 3] int32 or constant. rq0
// and dq0 (fp32 scale and offset) and dq1 follow the stated formulas; the order
// of rq0's two rounding fields is unknown, so they must agree.
// Source: shared ISA notes, isa.md §5.

#include "ElementReader.h"

#include <cmath>
#include <cstring>

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

float asFloat(int32_t bits) {
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}

kernel::Round roundField(int64_t mode) {
  if (mode > int64_t(kernel::Round::HalfDown))
    throw UserError("rounding mode " + std::to_string(mode) + " does not exist");
  return kernel::Round(mode);
}

void requantInteger(Exec &e, const LocalTensor &result, const LocalTensor &input) {
  kernel::Round round = roundField(e.get(Field::opd2_n_str) & 7);
  std::vector<kernel::QuantEntry> entries;
  if (e.flag(Field::opd1_const)) {
    // The second word holds the shift in its low byte and the zero point above it.
    int32_t packed = int32_t(e.get(Field::opd2_addr));
    entries.push_back({int32_t(e.get(Field::opd1_addr)), int8_t(packed), packed >> 8});
  } else {
    Parameters p = loadParameters(e, result, 3);
    for (int64_t c = 0; c < p.rows; ++c)
      entries.push_back({p.row(c)[0], int8_t(p.row(c)[1]), p.row(c)[2]}); // the shift is the word's low byte
  }
  Tensor out = e.target("res0", result), in = e.view("opd0", input, result);
  kernel::requant(out, in, entries.data(), int64_t(entries.size()), round);
  e.finish("res0", result, out);
}

/// Applies f(element index, parameter row) to every element.
template <typename F> void forElements(const Dims &d, const Parameters &p, F f) {
  int64_t plane = d.h * d.w;
  for (int64_t i = 0; i < d.count(); ++i)
    f(i, p.row(i / plane % d.c));
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

  int32_t constants[2] = {int32_t(e.get(Field::opd1_addr)), int32_t(e.get(Field::opd2_addr))};
  Tensor out = e.blank(outType, result.dims);
  if (e.kind == isa::kQuantRq0) {
    int64_t modes = e.get(Field::opd2_n_str);
    if ((modes & 7) != (modes >> 3))
      e.notBuilt("rq0 with two different rounding modes (their order is unknown)");
    kernel::Round round = roundField(modes & 7);
    Parameters p = e.flag(Field::opd1_const) ? Parameters{constants, 1, 2} : loadParameters(e, result, 2);
    forElements(out.dims, p, [&](int64_t i, const int32_t *row) {
      float scaled = float(integerAt(in, i)) * asFloat(row[0]);
      int64_t q = kernel::floatToInt(scaled + asFloat(row[1]), outType, round);
      std::memcpy(out.as<uint8_t>() + i * kernel::byteSize(outType), &q, size_t(kernel::byteSize(outType)));
    });
  } else if (e.kind == isa::kQuantDq0) {
    // Tensor form {offset int32, scale fp32}; constants: scale, then offset (stated roles, order inferred).
    if (e.flag(Field::opd1_const))
      std::swap(constants[0], constants[1]);
    Parameters p = e.flag(Field::opd1_const) ? Parameters{constants, 1, 2} : loadParameters(e, result, 2);
    forElements(out.dims, p, [&](int64_t i, const int32_t *row) {
      out.as<float>()[i] = float(integerAt(in, i) - row[0]) * asFloat(row[1]);
    });
  } else {
    if (e.flag(Field::opd1_const))
      e.notBuilt("dq1 with constant parameters (their packing is unknown)");
    kernel::Round round = roundField(e.get(Field::opd2_n_str) & 7);
    Parameters p = loadParameters(e, result, 3);
    forElements(out.dims, p, [&](int64_t i, const int32_t *row) {
      int64_t q = kernel::requantOne(integerAt(in, i) - row[0], row[1], int8_t(row[2]), 0, round, outType);
      std::memcpy(out.as<uint8_t>() + i * kernel::byteSize(outType), &q, size_t(kernel::byteSize(outType)));
    });
  }
  e.store("res0", result, out);
}

} // namespace tpu_mlir::sim
