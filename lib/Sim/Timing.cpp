//===- Timing.cpp - Cycles and work of one command ------------------------===//
// Reads a command's shape, layout and banks, and asks the cost model. Source of
// what the fields mean: shared ISA notes, isa.md §5 and §6.

#include "Costs.h"
#include "tpu_mlir/Sim/Forms.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <algorithm>
#include <cmath>

namespace tpu_mlir::sim {

using isa::Field;

Work &Work::operator+=(const Work &o) {
  convMacs += o.convMacs, depthwiseMacs += o.depthwiseMacs, matmulMacs += o.matmulMacs;
  ddrReadBytes += o.ddrReadBytes, ddrWriteBytes += o.ddrWriteBytes;
  arrayCycles += o.arrayCycles;
  return *this;
}

namespace {

/// A count as an integer; counts of impossible commands stop growing.
int64_t counted(double v) { return int64_t(std::clamp(v, 0.0, 1e18)); }

/// Fields of a TIU command that the formulas ask for.
class Tiu {
public:
  Tiu(const isa::Command &c, const target::Chip &chip) : c(c), chip(chip), kind(uint32_t(c.get(c.info->kindField))) {}
  const isa::Command &c;
  const target::Chip &chip;
  const uint32_t kind;

  double get(Field f) const { return double(c.get(f)); }
  int64_t bytes(Field precision) const {
    switch (c.get(precision)) {
    case isa::kTiuPrecInt8:
    case isa::kTiuPrecInt4:
    case isa::kTiuPrecFp8:
      return 1;
    case isa::kTiuPrecFp32:
    case isa::kTiuPrecInt32:
      return 4;
    default:
      return 2;
    }
  }
  double resultPlane() const { return get(Field::res0_h) * get(Field::res0_w); }
  double resultCount() const { return get(Field::res0_n) * get(Field::res0_c) * resultPlane(); }
  double lane(Field address) const { return double(int64_t(c.get(address)) / chip.local.laneStride); }
  timing::Spread result() const {
    double h = get(Field::res0_h), w = get(Field::res0_w);
    bool apart = h > 1 && c.get(Field::res0_str) == isa::kLayoutExplicit && get(Field::res0_h_str) != w;
    return {get(Field::res0_n), get(Field::res0_c), h, w, lane(Field::res0_addr), apart};
  }
  int64_t widest(bool second = false) const {
    int64_t most = std::max(bytes(Field::res0_prec), bytes(Field::opd0_prec));
    return second ? std::max(most, bytes(Field::opd1_prec)) : most;
  }
  /// Share of the time that two tensors of the result's shape, streamed together, are in one bank.
  double meet(Field a, Field aPrecision, Field b, Field bPrecision) const {
    auto extent = [&](Field precision) {
      double align = double(chip.local.alignBytes), plane = resultPlane() * double(bytes(precision));
      return timing::lanePasses(chip, get(Field::res0_n), get(Field::res0_c)) * std::ceil(plane / align) * align;
    };
    auto offset = [&](Field address) { return double(int64_t(c.get(address)) % chip.local.laneStride); };
    return timing::bankShare(chip, offset(a), extent(aPrecision), offset(b), extent(bPrecision));
  }
  /// The same for the result and up to two operands; one-element operands are read once and do not count. Two accesses
  /// in a bank or three cost alike: sums whose three tensors share a bank measured as those that share two.
  double conflict(bool first, bool second) const {
    double share = 0;
    if (first)
      share = meet(Field::opd0_addr, Field::opd0_prec, Field::res0_addr, Field::res0_prec);
    if (second)
      share = std::max(share, meet(Field::opd1_addr, Field::opd1_prec, Field::res0_addr, Field::res0_prec));
    if (first && second && c.get(Field::opd0_addr) != c.get(Field::opd1_addr))
      share = std::max(share, meet(Field::opd0_addr, Field::opd0_prec, Field::opd1_addr, Field::opd1_prec));
    return share;
  }
};

} // namespace

Cost convCost(const isa::Command &c, const target::Chip &chip) {
  const Tiu t(c, chip);
  double kernel = t.get(Field::opd1_h) * t.get(Field::opd1_w), channels = t.get(Field::opd0_c);
  double bytes = double(t.bytes(Field::opd0_prec));
  Cost cost;
  cost.cycles = timing::convCycles(t.chip, {t.get(Field::res0_n), channels, t.get(Field::res0_c), t.get(Field::res0_h),
                                            t.get(Field::res0_w), t.get(Field::opd1_h), t.get(Field::opd1_w), bytes,
                                            t.lane(Field::res0_addr)});
  cost.work.convMacs = counted(t.resultCount() * channels * kernel);
  cost.work.arrayCycles = t.resultCount() * channels * kernel / timing::arrayRate(t.chip, bytes);
  return cost;
}

Cost poolCost(const isa::Command &c, const target::Chip &chip) {
  const Tiu t(c, chip);
  timing::WindowShape shape{t.result(), t.get(Field::opd1_h), t.get(Field::opd1_w), double(t.bytes(Field::opd0_prec)),
                            double(t.bytes(Field::res0_prec))};
  Cost cost;
  bool multiplies = t.kind == isa::kPordDepthwise || t.kind == isa::kPordDepthwiserelu;
  cost.cycles = multiplies ? timing::depthwiseCycles(t.chip, shape) : timing::poolCycles(t.chip, shape);
  if (multiplies)
    cost.work.depthwiseMacs = counted(t.resultCount() * shape.kh * shape.kw);
  return cost;
}

Cost arithCost(const isa::Command &c, const target::Chip &chip) {
  const Tiu t(c, chip);
  bool second = t.get(Field::tsk_opd_num) >= 2 && !t.c.get(Field::opd1_const);
  auto repeats = [&](Field layout, Field h, Field w) {
    return t.c.get(layout) == isa::kLayoutChannelScalar ||
           (t.c.get(layout) == isa::kLayoutExplicit && !t.c.get(h) && !t.c.get(w));
  };
  bool firstStreams = !t.c.get(Field::opd0_const) && !repeats(Field::opd0_str, Field::opd0_h_str, Field::opd0_w_str);
  bool secondStreams = second && !repeats(Field::opd1_str, Field::opd1_h_str, Field::opd1_w_str);
  double widest = double(t.widest(second)), conflict = t.conflict(firstStreams, secondStreams);
  Cost cost;
  cost.cycles = t.kind == isa::kArithDiv ? timing::divideCycles(t.chip, t.result(), widest, conflict)
                                         : timing::elementCycles(t.chip, t.result(), widest, conflict);
  return cost;
}

Cost quantCost(const isa::Command &c, const target::Chip &chip) {
  const Tiu t(c, chip);
  return {timing::elementCycles(chip, t.result(), double(t.widest()), t.conflict(true, false)), {}};
}

Cost matrix2Cost(const isa::Command &c, const target::Chip &chip) {
  const Tiu t(c, chip);
  double rows = t.get(Field::res0_c), columns = t.get(Field::res0_w), bytes = double(t.bytes(Field::opd0_prec));
  double depth = t.get(t.kind == isa::kMm2Nt ? Field::opd1_w : Field::opd1_c);
  Cost cost;
  cost.cycles = timing::matrix2Cycles(chip, rows, depth, columns, bytes);
  cost.work.matmulMacs = counted(rows * depth * columns);
  cost.work.arrayCycles = rows * depth * columns / timing::arrayRate(chip, bytes);
  return cost;
}

Cost matrixCost(const isa::Command &c, const target::Chip &chip) {
  const Tiu t(c, chip);
  double rows = t.get(Field::opd0_n), sections = t.get(Field::res0_c), width = t.get(Field::res0_w);
  double depth = std::max(0.0, (t.get(Field::opd0_c) - 1) * t.get(Field::opd0_w) + t.get(Field::opd1_w));
  Cost cost;
  cost.cycles = timing::matrixCycles(chip, rows, depth, sections, width, double(t.bytes(Field::opd0_prec)));
  cost.work.matmulMacs = counted(rows * depth * sections * width);
  return cost;
}

Cost gatherCost(const isa::Command &c, const target::Chip &chip) {
  const Tiu t(c, chip);
  return {timing::gatherCycles(chip, t.result(), t.kind >= isa::kSgPeSGatherHzd), {}};
}

Cost transposeCost(const isa::Command &c, const target::Chip &chip) {
  const Tiu t(c, chip);
  const double bytes = double(t.bytes(Field::res0_prec));
  const bool turns = t.kind == isa::kTsbcCwTs || t.kind == isa::kTsbcWcTs;
  return {turns ? timing::transposeCycles(chip, t.result(), bytes) : timing::laneCopyCycles(chip, t.result(), bytes),
          {}};
}

Cost passCost(const isa::Command &c, const target::Chip &chip) {
  const Tiu t(c, chip);
  const isa::KindInfo *kind = c.kind();
  return {(kind ? double(kind->initialCycles) : 0) + timing::streamCycles(chip, t.result(), double(t.widest())), {}};
}

Cost systemCost(const isa::Command &, const target::Chip &chip) { return {chip.time.systemCycles, {}}; }

Cost copyCost(const isa::Command &c, const target::Chip &chip) {
  using isa::CommandId;
  Cost cost;
  auto get = [&](Field f) { return double(c.get(f)); };
  static constexpr int64_t kFormatBytes[8] = {1, 2, 4, 2, 4, 2, 1, 1};
  double size = double(kFormatBytes[c.get(Field::src_data_format)]);
  uint64_t source = c.get(Field::src_start_addr_h8) << 32 | c.get(Field::src_start_addr_l32);
  uint64_t target = c.get(Field::dst_start_addr_h8) << 32 | c.get(Field::dst_start_addr_l32);
  bool fills = c.get(Field::fill_constant_en), fromDdr = !fills && source >= uint64_t(chip.global.ddrBase),
       toDdr = target >= uint64_t(chip.global.ddrBase);

  bool linear = c.info->id == CommandId::DMAGeneral;
  double n = get(Field::src_nsize), channels = get(Field::src_csize), h = get(Field::src_hsize),
         w = get(Field::src_wsize);
  if (linear)
    n = channels = h = 1, w = get(Field::src_cstride);
  else if (fills && !c.get(Field::nchw_copy))
    n = get(Field::dst_nsize), channels = get(Field::dst_csize), h = get(Field::dst_hsize), w = get(Field::dst_wsize);
  double readBytes = n * channels * h * w * size, moved = readBytes;
  bool broadcasts =
      (c.info->id == CommandId::DMATensor && c.get(Field::cmd_special_function) == isa::kDmaTensorBroadcast) ||
      (linear && c.get(Field::cmd_special_function) == isa::kDmaGeneralBroadcast);
  // A broadcast reads its source once; writing the lanes in parallel costs no more (inferred).
  auto direction = fromDdr && toDdr ? timing::Copy::Move
                   : toDdr          ? timing::Copy::Store
                   : fromDdr        ? timing::Copy::Load
                                    : timing::Copy::Local;

  // The contiguous runs: every row of a channel, or the channel, or all of it where the linear side and the lanes
  // agree.
  double run = w * size, runs = n * channels * h;
  bool rowsJoin = get(Field::src_hstride) == w && (get(Field::dst_hstride) == w || broadcasts);
  if (rowsJoin || h == 1)
    run *= h, runs /= h;
  if (linear)
    run = moved, runs = 1;
  cost.cycles = timing::copyCycles(chip, direction, runs, run);
  cost.work.ddrReadBytes = fromDdr ? counted(readBytes) : 0;
  cost.work.ddrWriteBytes = toDdr ? counted(moved) : 0;
  return cost;
}

Cost costOf(const isa::Command &command, const target::Chip &chip) { return formOf(*command.info).cost(command, chip); }

} // namespace tpu_mlir::sim
