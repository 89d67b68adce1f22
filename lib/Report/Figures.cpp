//===- Figures.cpp - A timed stream's figures as JSON ---------------------===//

#include "tpu_mlir/Report/Figures.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <nlohmann/json.hpp>

namespace tpu_mlir::report {

using nlohmann::ordered_json;
using namespace sim;

ordered_json figuresOf(const target::Chip &chip, const TimedStream &stream, const StreamReport &r,
                       const InferenceEstimate &e) {
  const Bounds &b = stream.bounds();
  int64_t ddr = r.work.ddrReadBytes + r.work.ddrWriteBytes;
  auto share = [&](double busy) { return r.cycles > 0 ? busy / r.cycles : 0; };
  return {{"chip", chip.identity.name},
          {"cycles", r.cycles},
          {"milliseconds", timing::milliseconds(chip, r.cycles)},
          {"tiu", {{"commands", r.tiuCommands}, {"busy_cycles", r.tiuBusy}, {"utilisation", share(r.tiuBusy)}}},
          {"gdma", {{"commands", r.gdmaCommands}, {"busy_cycles", r.gdmaBusy}, {"utilisation", share(r.gdmaBusy)}}},
          {"mac_array", {{"cycles_at_peak", r.work.arrayCycles}, {"utilisation", r.arrayUse()}}},
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
            {"ratio", b.ddrBytes() ? double(ddr) / double(b.ddrBytes()) : 0}}},
          {"roofline",
           {{"packed_tiu_cycles", r.packedTiu},
            {"ddr_cycles", r.ddrBound},
            {"cycles", r.roofline()},
            {"bound_by", r.packedTiu >= r.ddrBound ? "tiu" : "ddr"},
            {"ratio", r.roofline() > 0 ? r.cycles / r.roofline() : 0},
            {"macs_per_byte", ddr ? double(r.work.macs()) / double(ddr) : 0}}},
          {"inference",
           {{"launch_ms", e.launch},
            {"inputs_ms", e.inputs},
            {"stream_ms", e.stream},
            {"outputs_ms", e.outputs},
            {"total_ms", e.total()}}}};
}

ordered_json figuresOf(const LayerReport &l) {
  return {{"name", l.name},
          {"op", l.op},
          {"start_cycle", l.start},
          {"end_cycle", l.end},
          {"tiu_commands", l.tiuCommands},
          {"gdma_commands", l.gdmaCommands},
          {"tiu_cycles", l.tiuBusy},
          {"gdma_cycles", l.gdmaBusy},
          {"macs", l.work.macs()},
          {"mac_array_cycles_at_peak", l.work.arrayCycles},
          {"ddr_read_bytes", l.work.ddrReadBytes},
          {"ddr_write_bytes", l.work.ddrWriteBytes}};
}

std::string textOf(const ordered_json &json, int indent) {
  return json.dump(indent, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

} // namespace tpu_mlir::report
