//===- Timing.cpp - Cycles and work of one command ------------------------===//
// First formulas. Source: shared ISA notes, isa.md §8 and timing.md (silicon
// counters of a sibling chip, scaled by lanes and execution units; each
// constant's own source is in the chip file).

#include "tpu_mlir/Sim/Timing.h"

#include <algorithm>
#include <cmath>

namespace tpu_mlir::sim {

using isa::Field;

Work &Work::operator+=(const Work &o) {
  convMacs += o.convMacs, depthwiseMacs += o.depthwiseMacs, matmulMacs += o.matmulMacs;
  ddrReadBytes += o.ddrReadBytes, ddrWriteBytes += o.ddrWriteBytes;
  return *this;
}

namespace {

double ceilDiv(double a, double b) { return std::ceil(a / b); }

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
  /// Passes over the lanes: batches times groups of channels.
  double passes() const { return get(Field::res0_n) * ceilDiv(get(Field::res0_c), double(chip.local.lanes)); }
  /// Multiply-accumulates per cycle for operand format bytes.
  double macRate(int64_t operandBytes) const {
    return double(operandBytes == 1 ? chip.compute.mac8 : operandBytes == 2 ? chip.compute.mac16 : chip.compute.mac32);
  }
  double channelsTogether(int64_t operandBytes) const {
    return double(operandBytes == 1   ? chip.compute.icParallel8
                  : operandBytes == 2 ? chip.compute.icParallel16
                                      : chip.compute.icParallel32);
  }
  int64_t bank(Field address) const {
    return int64_t(c.get(address)) % chip.local.laneStride / (chip.local.laneBytes / chip.local.banks);
  }
  /// One pass of an element-wise unit over the result, `widest` bytes per element.
  double elementPass(int64_t widest) const {
    return passes() * ceilDiv(resultPlane() * double(widest), double(chip.time.elementBytes));
  }
};

Cost conv(const Tiu &t) {
  int64_t bytes = t.bytes(Field::opd0_prec);
  double kernel = t.get(Field::opd1_h) * t.get(Field::opd1_w), channels = t.get(Field::opd0_c);
  double together = t.channelsTogether(bytes), lanes = double(t.chip.local.lanes);
  double pixels = t.macRate(bytes) / (lanes * together);
  double groups = ceilDiv(t.get(Field::res0_c), lanes);
  Cost cost;
  cost.cycles =
      t.get(Field::res0_n) * groups * ceilDiv(t.resultPlane(), pixels) * ceilDiv(channels, together) * kernel +
      t.chip.time.convCycles + t.chip.time.convCyclesPerGroup * groups;
  cost.work.convMacs = counted(t.resultCount() * channels * kernel);
  return cost;
}

Cost pool(const Tiu &t) {
  double kernel = t.get(Field::opd1_h) * t.get(Field::opd1_w);
  double input = kernel * t.elementPass(t.bytes(Field::opd0_prec)) * t.chip.time.poolFactor;
  Cost cost;
  cost.cycles = std::max(input, t.elementPass(t.bytes(Field::res0_prec))) + t.chip.time.poolCycles;
  if (t.kind == isa::kPordDepthwise || t.kind == isa::kPordDepthwiserelu)
    cost.work.depthwiseMacs = counted(t.resultCount() * kernel);
  return cost;
}

Cost matmul(const Tiu &t, double rows, double depth, double columns) {
  int64_t bytes = t.bytes(Field::opd0_prec);
  double lanes = double(t.chip.local.lanes);
  Cost cost;
  cost.cycles = ceilDiv(rows, lanes) * depth * columns / (t.macRate(bytes) / lanes) * t.chip.time.matmulFactor;
  cost.work.matmulMacs = counted(rows * depth * columns);
  return cost;
}

/// Factor for operands and result that meet in a bank; one-element operands are read once and do not count.
double conflictFactor(const Tiu &t, bool firstIsTensor, bool secondIsTensor, int64_t widest) {
  bool conflict = (firstIsTensor && t.bank(Field::opd0_addr) == t.bank(Field::res0_addr)) ||
                  (secondIsTensor && t.bank(Field::opd1_addr) == t.bank(Field::res0_addr)) ||
                  (firstIsTensor && secondIsTensor && t.bank(Field::opd0_addr) == t.bank(Field::opd1_addr));
  return !conflict ? 1.0 : widest == 4 ? t.chip.time.bankConflict32 : t.chip.time.bankConflict;
}

Cost arith(const Tiu &t) {
  int64_t operands = int64_t(t.get(Field::tsk_opd_num));
  bool second = operands >= 2 && !t.c.get(Field::opd1_const);
  int64_t widest = std::max(t.bytes(Field::res0_prec), t.bytes(Field::opd0_prec));
  if (second)
    widest = std::max(widest, t.bytes(Field::opd1_prec));
  auto repeats = [&](Field layout, Field h, Field w) {
    return t.c.get(layout) == isa::kLayoutChannelScalar ||
           (t.c.get(layout) == isa::kLayoutExplicit && !t.c.get(h) && !t.c.get(w));
  };
  bool firstStreams = !t.c.get(Field::opd0_const) && !repeats(Field::opd0_str, Field::opd0_h_str, Field::opd0_w_str);
  bool secondStreams = second && !repeats(Field::opd1_str, Field::opd1_h_str, Field::opd1_w_str);
  // A division iterates (stated: 5 passes).
  double passes = t.kind == isa::kArithDiv ? 5 : 1;
  Cost cost;
  cost.cycles = passes * t.elementPass(widest) * conflictFactor(t, firstStreams, secondStreams, widest) +
                t.chip.time.elementCycles;
  return cost;
}

Cost tiuCost(const isa::Command &c, const target::Chip &chip) {
  using isa::CommandId;
  Tiu t(c, chip);
  const isa::KindInfo *kind = c.kind();
  double initial = kind ? double(kind->initialCycles) : 0;
  Cost cost;
  switch (c.info->id) {
  case CommandId::CONV:
  case CommandId::SCONV:
    return conv(t);
  case CommandId::PORD:
  case CommandId::SPORD:
    return pool(t);
  case CommandId::AR:
  case CommandId::SAR:
    return arith(t);
  case CommandId::MM2:
  case CommandId::SMM2: {
    double rightRows = t.get(Field::opd1_c), rightColumns = t.get(Field::opd1_w);
    cost = matmul(t, t.get(Field::res0_c), t.kind == isa::kMm2Nt ? rightColumns : rightRows, t.get(Field::res0_w));
    cost.cycles += initial;
    return cost;
  }
  case CommandId::MM:
  case CommandId::SMM: {
    double depth = std::max(0.0, (t.get(Field::opd0_c) - 1) * t.get(Field::opd0_w) + t.get(Field::opd1_w));
    cost = matmul(t, t.get(Field::opd0_n), depth, t.get(Field::res0_c) * t.get(Field::res0_w));
    cost.cycles += initial;
    return cost;
  }
  case CommandId::RQ:
  case CommandId::SRQ: {
    int64_t widest = std::max(t.bytes(Field::res0_prec), t.bytes(Field::opd0_prec));
    cost.cycles = t.elementPass(widest) * conflictFactor(t, true, false, widest) + chip.time.elementCycles;
    return cost;
  }
  case CommandId::SG:
  case CommandId::SSG: {
    double factor = t.kind >= isa::kSgPeSGatherHzd ? chip.time.gatherConflict : 1;
    cost.cycles = t.passes() * t.resultPlane() * chip.time.gatherCyclesPerElement * factor + chip.time.elementCycles;
    return cost;
  }
  case CommandId::TRANS:
  case CommandId::STRANS: {
    int64_t bytes = t.bytes(Field::res0_prec);
    bool transposes = t.kind == isa::kTsbcCwTs || t.kind == isa::kTsbcWcTs;
    // Transpositions pass one lane at a time (stated).
    cost.cycles = initial + (transposes ? ceilDiv(t.resultCount() * double(bytes), double(chip.time.elementBytes))
                                        : t.elementPass(bytes));
    return cost;
  }
  case CommandId::SYSID:
    cost.cycles = chip.time.systemCycles;
    return cost;
  default:
    cost.cycles = initial + t.elementPass(std::max(t.bytes(Field::res0_prec), t.bytes(Field::opd0_prec)));
    return cost;
  }
}

Cost gdmaCost(const isa::Command &c, const target::Chip &chip) {
  using isa::CommandId;
  Cost cost;
  if (c.info->id == CommandId::SDMASys) {
    cost.cycles = chip.time.systemCycles;
    return cost;
  }
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
  double rate = fromDdr && toDdr ? chip.time.gdmaMoveBytes : toDdr ? chip.time.gdmaStoreBytes : chip.time.gdmaLoadBytes;

  // The contiguous run of a channel: short runs cost extra cycles each.
  double run = w * size, runs = n * channels * h;
  bool rowsJoin = get(Field::src_hstride) == w && (get(Field::dst_hstride) == w || broadcasts);
  if (rowsJoin || h == 1)
    run *= h, runs /= h;
  cost.cycles = chip.time.gdmaLatencyCycles + moved / rate;
  if (!linear && run < double(chip.local.alignBytes) && runs > 1)
    cost.cycles += chip.time.gdmaShortRowCycles * runs;
  cost.work.ddrReadBytes = fromDdr ? counted(readBytes) : 0;
  cost.work.ddrWriteBytes = toDdr ? counted(moved) : 0;
  return cost;
}

} // namespace

Cost costOf(const isa::Command &command, const target::Chip &chip) {
  return command.engine() == isa::Engine::TIU ? tiuCost(command, chip) : gdmaCost(command, chip);
}

} // namespace tpu_mlir::sim
