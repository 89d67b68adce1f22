//===- Figures.cpp - A timed stream's figures as JSON ---------------------===//
// Which figures there are, what they are called and with how many decimals.
// Where they come from is lib/Sim's.

#include "tpu_mlir/Report/Figures.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace tpu_mlir::report {

using nlohmann::ordered_json;
using namespace sim;

/// `value` with so many decimals: what lies behind them is noise of adding floats.
static double rounded(double value, int decimals) {
  double unit = std::pow(10, decimals);
  return std::round(value * unit) / unit;
}

double roundedCycles(double cycles) { return rounded(cycles, 2); }

ordered_json figuresOf(const target::Chip &chip, const TimedStream &stream, const StreamReport &r,
                       const InferenceEstimate &e) {
  const Bounds &b = stream.bounds();
  int64_t ddr = r.work.ddrReadBytes + r.work.ddrWriteBytes;
  auto share = [&](double busy) { return r.cycles > 0 ? rounded(busy / r.cycles, 6) : 0; };
  auto engine = [&](isa::Engine e) -> ordered_json {
    const EngineReport &own = r.engines[e];
    return {{"commands", own.commands},
            {"busy_cycles", roundedCycles(own.busyCycles)},
            {"utilisation", share(own.busyCycles)}};
  };
  return {
      {"chip", chip.identity.name},
      {"cycles", roundedCycles(r.cycles)},
      {"milliseconds", rounded(timing::milliseconds(chip, r.cycles), 6)},
      {"tiu", engine(isa::Engine::TIU)},
      {"gdma", engine(isa::Engine::GDMA)},
      {"mac_array", {{"cycles_at_peak", roundedCycles(r.work.arrayCycles)}, {"utilisation", rounded(r.arrayUse(), 6)}}},
      {"macs",
       {{"convolution", r.work.convMacs},
        {"depthwise", r.work.depthwiseMacs},
        {"matrix", r.work.matmulMacs},
        {"total", r.work.macs()}}},
      {"ddr",
       {{"read_bytes", r.work.ddrReadBytes},
        {"write_bytes", r.work.ddrWriteBytes},
        {"total_bytes", ddr},
        {"lower_bound_bytes", b.ddrBytes()},
        {"weight_bytes", b.weightBytes},
        {"weights_by_address_range", b.weightsByRange},
        {"input_bytes", b.inputBytes},
        {"output_bytes", b.outputBytes},
        {"ratio", b.ddrBytes() ? rounded(double(ddr) / double(b.ddrBytes()), 6) : 0}}},
      {"roofline",
       {{"packed_tiu_cycles", roundedCycles(r.packedTiu)},
        {"ddr_cycles", roundedCycles(r.ddrBound)},
        {"cycles", roundedCycles(r.roofline())},
        {"bound_by", r.packedTiu >= r.ddrBound ? "tiu" : "ddr"},
        {"ratio", r.roofline() > 0 ? rounded(r.cycles / r.roofline(), 6) : 0},
        {"macs_per_byte", ddr ? rounded(double(r.work.macs()) / double(ddr), 6) : 0}}},
      {"inference",
       {{"launch_ms", rounded(e.launch, 6)},
        {"inputs_ms", rounded(e.inputs, 6)},
        {"stream_ms", rounded(e.stream, 6)},
        {"outputs_ms", rounded(e.outputs, 6)},
        {"total_ms", rounded(e.total(), 6)}}}};
}

ordered_json figuresOf(const LayerReport &l) {
  const EngineReport &tiu = l.engines[isa::Engine::TIU], &gdma = l.engines[isa::Engine::GDMA];
  return {{"name", l.name},
          {"op", l.op},
          {"start_cycle", roundedCycles(l.start)},
          {"end_cycle", roundedCycles(l.end)},
          {"tiu_commands", tiu.commands},
          {"gdma_commands", gdma.commands},
          {"tiu_cycles", roundedCycles(tiu.busyCycles)},
          {"gdma_cycles", roundedCycles(gdma.busyCycles)},
          {"macs", l.work.macs()},
          {"mac_array_cycles_at_peak", roundedCycles(l.work.arrayCycles)},
          {"ddr_read_bytes", l.work.ddrReadBytes},
          {"ddr_write_bytes", l.work.ddrWriteBytes}};
}

std::string textOf(const ordered_json &json, int indent) {
  return json.dump(indent, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

} // namespace tpu_mlir::report
