//===- Timing.cpp - tpuc-sim --timing-only --------------------------------===//
// Times a stream and prints the summary block, the per-layer table (CSV or
// JSON), a trace for Chrome and Perfetto, and the same at both ends of every
// uncertain constant.

#include "Timing.h"
#include "tpu_mlir/Report/Figures.h"
#include "tpu_mlir/Sim/StreamTiming.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"
#include "tpu_mlir/Support/NameText.h"
#include "tpu_mlir/Timing/CostModel.h"
#include "tpu_mlir/Timing/Uncertain.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>

namespace tpu_mlir {

namespace {

using nlohmann::ordered_json;
using namespace sim;
using namespace report;

void print(const target::Chip &chip, const std::string &net, const ordered_json &j, bool floatTensors) {
  auto number = [&](const char *section, const char *key) { return j.at(section).at(key).get<double>(); };
  std::printf("%-10s %s on %s\n", "net", net.c_str(), std::string(chip.identity.name).c_str());
  std::printf("%-10s %.0f (%.3f ms at %lld MHz)\n", "cycles", j.at("cycles").get<double>(),
              j.at("milliseconds").get<double>(), static_cast<long long>(chip.clock.tiuMhz));
  for (const char *engine : {"tiu", "gdma"})
    std::printf("%-10s %.0f commands, busy %.0f cycles (%.1f %%)\n", engine, number(engine, "commands"),
                number(engine, "busy_cycles"), 100 * number(engine, "utilisation"));
  std::printf("%-10s %.0f cycles at its peak rate (%.1f %%)\n", "mac array", number("mac_array", "cycles_at_peak"),
              100 * number("mac_array", "utilisation"));
  std::printf("%-10s %.0f (convolution %.0f, depth-wise %.0f, matrix %.0f)\n", "macs", number("macs", "total"),
              number("macs", "convolution"), number("macs", "depthwise"), number("macs", "matrix"));
  std::printf("%-10s %.0f bytes read, %.0f bytes written\n", "ddr", number("ddr", "read_bytes"),
              number("ddr", "write_bytes"));
  std::printf("%-10s %.0f bytes (weights %.0f%s, inputs %.0f, outputs %.0f); moved %.3f times that\n", "ddr least",
              number("ddr", "lower_bound_bytes"), number("ddr", "weight_bytes"),
              j.at("ddr").at("weights_by_address_range") ? " by their address range" : "", number("ddr", "input_bytes"),
              number("ddr", "output_bytes"), number("ddr", "ratio"));
  std::printf("%-10s %.0f cycles, bound by %s (tiu %.0f, ddr %.0f); taken %.3f times that; %.1f macs per byte\n",
              "roofline", number("roofline", "cycles"), j.at("roofline").at("bound_by").get<std::string>().c_str(),
              number("roofline", "packed_tiu_cycles"), number("roofline", "ddr_cycles"), number("roofline", "ratio"),
              number("roofline", "macs_per_byte"));
  std::printf("%-10s %.3f ms%s: launch %.3f, inputs %.3f, stream %.3f, outputs %.3f\n", "inference",
              number("inference", "total_ms"), floatTensors ? " with fp32 in and out" : "",
              number("inference", "launch_ms"), number("inference", "inputs_ms"), number("inference", "stream_ms"),
              number("inference", "outputs_ms"));
}

/// A table by the file's name: .json, or .csv with the same columns.
void writeLayers(const std::string &path, const std::vector<LayerReport> &layers) {
  ordered_json rows = ordered_json::array();
  for (const LayerReport &l : layers)
    if (!l.isEmpty())
      rows.push_back(figuresOf(l));
  if (path.ends_with(".json"))
    return writeFileAtomically(path, textOf(rows));
  if (!path.ends_with(".csv"))
    throw UserError("option --layers writes .csv or .json, found '" + path + "'");
  std::string text;
  for (const auto &row : rows) {
    if (text.empty())
      for (const auto &[key, value] : row.items())
        text += (text.empty() ? "" : ",") + key;
    std::string line;
    for (const auto &[key, value] : row.items()) {
      std::string cell = value.is_string() ? value.get<std::string>() : value.dump();
      line += (line.empty() ? "" : ",") + csvCell(cell);
    }
    text += "\n" + line;
  }
  writeFileAtomically(path, text + "\n");
}

/// Trace Event Format: one row an engine, complete events in microseconds.
void writeTrace(const std::string &path, const target::Chip &chip, const std::vector<TimedCommand> &list,
                const std::vector<size_t> &layerOf, const std::vector<LayerReport> &layers) {
  ordered_json events = ordered_json::array();
  for (isa::Engine e : isa::kEngines)
    events.push_back(
        {{"name", "thread_name"}, {"ph", "M"}, {"pid", 0}, {"tid", int(e)}, {"args", {{"name", isa::name(e)}}}});
  for (size_t i = 0; i < list.size(); ++i) {
    const TimedCommand &c = list[i];
    ordered_json arguments = {{"group", c.group}, {"id", c.id}, {"cycles", roundedCycles(c.end - c.start)}};
    if (!layers.empty())
      arguments["layer"] = layers[layerOf[i]].name;
    if (c.work.macs())
      arguments["macs"] = c.work.macs();
    if (int64_t bytes = c.work.ddrReadBytes + c.work.ddrWriteBytes)
      arguments["ddr_bytes"] = bytes;
    double us = 1.0 / double(chip.clock.tiuMhz);
    auto rounded = [](double value) { return std::round(value * 1e5) / 1e5; };
    events.push_back({{"name", c.name},
                      {"cat", isa::wordFor(c.engine)},
                      {"ph", "X"},
                      {"ts", rounded(c.start * us)},
                      {"dur", rounded((c.end - c.start) * us)},
                      {"pid", 0},
                      {"tid", int(c.engine)},
                      {"args", arguments}});
  }
  writeFileAtomically(path, textOf({{"displayTimeUnit", "ns"}, {"traceEvents", events}}, -1));
}

ordered_json vary(const TimedStream &stream) {
  ordered_json rows = ordered_json::array();
  double nominal = stream.time(stream.chip()).cycles;
  for (const timing::UncertainGroup &group : timing::uncertainGroups())
    for (bool high : {false, true}) {
      target::Chip chip = timing::withConstants(stream.chip(), group, high);
      StreamReport r = stream.time(chip);
      std::string values;
      for (auto member : group.members) {
        char text[32];
        std::snprintf(text, sizeof text, "%s%g", values.empty() ? "" : ", ", chip.time.*member);
        values += text;
      }
      rows.push_back({{"constant", group.name},
                      {"end", high ? "high" : "low"},
                      {"values", values},
                      {"cycles", r.cycles},
                      {"milliseconds", timing::milliseconds(chip, r.cycles)},
                      {"to_nominal", r.cycles / nominal},
                      {"roofline_ratio", r.cycles / r.roofline()}});
    }
  return rows;
}

void printVary(const ordered_json &rows) {
  std::printf("\n%-16s %-5s %-22s %12s %9s %11s %12s\n", "constant", "end", "value", "cycles", "ms", "to nominal",
              "to roofline");
  for (const auto &row : rows)
    std::printf("%-16s %-5s %-22s %12.0f %9.3f %11.3f %12.3f\n", row["constant"].get<std::string>().c_str(),
                row["end"].get<std::string>().c_str(), row["values"].get<std::string>().c_str(),
                row["cycles"].get<double>(), row["milliseconds"].get<double>(), row["to_nominal"].get<double>(),
                row["roofline_ratio"].get<double>());
}

/// Decodes and times again and again, for a figure that the start of a process does not drown.
void printRate(const bmodel::Model &model, const TimingArguments &a, uint64_t commands) {
  auto start = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < a.repeat; ++i) {
    TimedStream again(model, a.model, a.net, a.stage);
    again.time(again.chip());
  }
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%-10s %.0f commands per second (decoded and timed %llu times in %.3f s)\n", "rate",
              double(commands) * double(a.repeat) / seconds, static_cast<unsigned long long>(a.repeat), seconds);
}

} // namespace

int timeOnly(const TimingArguments &a) {
  bmodel::Model model = bmodel::readBmodel(a.model);
  TimedStream stream(model, a.model, a.net, a.stage);
  const target::Chip &chip = stream.chip();
  std::vector<TimedCommand> list;
  bool details = !a.trace.empty() || !a.layers.empty();
  StreamReport report = stream.time(chip, details ? &list : nullptr);
  ordered_json figures = figuresOf(chip, stream, report, stream.inference(chip, report, a.floatTensors));
  print(chip, model.net[a.net].name, figures, a.floatTensors);
  std::vector<size_t> layerOf;
  std::vector<LayerReport> layers = stream.layers(list, &layerOf);
  if (!a.layers.empty()) {
    if (layers.empty())
      throw UserError("'" + a.model + "' has no tensor table, so its commands belong to no layer");
    writeLayers(a.layers, layers);
  }
  if (!a.trace.empty())
    writeTrace(a.trace, chip, list, layerOf, layers);
  if (a.vary) {
    figures["vary"] = vary(stream);
    printVary(figures["vary"]);
  }
  if (!a.summary.empty())
    writeFileAtomically(a.summary, textOf(figures));
  if (a.repeat)
    printRate(model, a, stream.commands());
  return kExitDone;
}

} // namespace tpu_mlir
