//===- Profile.cpp - Everything about a timed bmodel as JSON --------------===//
// Commands and boxes are columns of numbers, which keeps a text of 50,000
// commands at a few megabytes.

#include "tpu_mlir/Report/Profile.h"
#include "tpu_mlir/Check/Accesses.h"
#include "tpu_mlir/Isa/Text.h"
#include "tpu_mlir/Report/Figures.h"
#include "tpu_mlir/Report/LocalLife.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <nlohmann/json.hpp>

namespace tpu_mlir::report {

using nlohmann::ordered_json;
using namespace sim;

namespace {

constexpr int kFormat = 1;
/// The encoded form of every command is written up to here; behind it, files would grow past what a page can hold.
constexpr size_t kMostTexts = 20000;

/// Words that columns name by their number.
class Words {
public:
  size_t operator[](std::string_view word) {
    auto [it, isNew] = numbers.try_emplace(std::string(word), list.size());
    if (isNew)
      list.push_back(it->first);
    return it->second;
  }
  const ordered_json &all() const { return list; }

private:
  std::map<std::string, size_t, std::less<>> numbers;
  ordered_json list = ordered_json::array();
};

ordered_json chipJson(const target::Chip &chip) {
  double toTiu = timing::gdmaToTiu(chip);
  return {{"name", chip.identity.name},
          {"clock_mhz", chip.clock.tiuMhz},
          {"lanes", chip.local.lanes},
          {"lane_bytes", chip.local.laneBytes},
          {"banks", chip.local.banks},
          {"macs_per_cycle", {{"8", chip.compute.mac8}, {"16", chip.compute.mac16}, {"32", chip.compute.mac32}}},
          {"ddr_read_bytes_per_cycle", timing::copyRate(chip, timing::Copy::Load) / toTiu},
          {"ddr_write_bytes_per_cycle", timing::copyRate(chip, timing::Copy::Store) / toTiu}};
}

/// Columns of commands, and columns of accesses: those of command i are first_access[i] to first_access[i + 1].
ordered_json commandJson(const TimedStream &stream, const std::vector<TimedCommand> &list,
                         const std::vector<size_t> &layerOf, Words &words) {
  ordered_json c, a;
  for (const char *key : {"engine", "group", "id", "dep", "name", "layer", "start", "end", "macs", "ddr_bytes"})
    c[key] = ordered_json::array();
  for (const char *key : {"operand", "writes", "lane_begin", "lane_end", "begin", "bytes", "span"})
    a[key] = ordered_json::array();
  ordered_json first = {0}, texts = ordered_json::array();
  const isa::Table &table = isa::tableFor(stream.chip().identity.isa);
  std::vector<safety::Access> accesses;
  for (size_t i = 0; i < list.size(); ++i) {
    const TimedCommand &t = list[i];
    const isa::Command &command = stream.command(t);
    c["engine"].push_back(int(t.engine)), c["group"].push_back(t.group), c["id"].push_back(t.id);
    c["dep"].push_back(command.dep()), c["name"].push_back(words[t.name]);
    c["layer"].push_back(layerOf.empty() ? 0 : layerOf[i]);
    c["start"].push_back(roundedCycles(t.start)), c["end"].push_back(roundedCycles(t.end));
    c["macs"].push_back(t.work.macs()), c["ddr_bytes"].push_back(t.work.ddrReadBytes + t.work.ddrWriteBytes);
    if (list.size() <= kMostTexts)
      texts.push_back(isa::toText(table, command));
    accesses.clear();
    safety::accessesOf(command, stream.chip(), accesses);
    for (const safety::Access &access : accesses) {
      bool isLocal = access.space == safety::Space::Lanes;
      a["operand"].push_back(words[access.operand]), a["writes"].push_back(int(access.writes));
      a["lane_begin"].push_back(isLocal ? int64_t(access.laneBegin) : -1);
      a["lane_end"].push_back(isLocal ? int64_t(access.laneEnd) : -1);
      a["begin"].push_back(access.box.base), a["bytes"].push_back(access.box.pieces() * access.box.run);
      a["span"].push_back(access.box.end() - access.box.base);
    }
    first.push_back(a["operand"].size());
  }
  c["first_access"] = std::move(first), c["access"] = std::move(a), c["text"] = std::move(texts);
  return c;
}

ordered_json localJson(const LocalLife &life, Words &words) {
  constexpr const char *kContents[] = {"scratch", "weights", "loaded", "result"};
  ordered_json b;
  for (const char *key : {"lane_begin", "lane_end", "begin", "end", "from", "to", "content", "name", "layer", "writer",
                          "last_user", "reads"})
    b[key] = ordered_json::array();
  for (const LocalBlock &x : life.blocks) {
    b["lane_begin"].push_back(x.laneBegin), b["lane_end"].push_back(x.laneEnd);
    b["begin"].push_back(x.begin), b["end"].push_back(x.end);
    b["from"].push_back(roundedCycles(x.from)), b["to"].push_back(roundedCycles(x.to));
    b["content"].push_back(words[kContents[size_t(x.content)]]), b["name"].push_back(words[x.name]);
    b["layer"].push_back(x.layer), b["writer"].push_back(x.writer);
    b["last_user"].push_back(x.lastUser), b["reads"].push_back(x.reads);
  }
  return b;
}

ordered_json tensorJson(const TensorTable &table) {
  ordered_json out = ordered_json::array();
  for (const TensorEntry &t : table.tensors) {
    size_t local = 0;
    for (const TensorPiece &p : t.pieces)
      local += p.isLocal();
    out.push_back({{"name", t.name},
                   {"dtype", kernel::name(t.dtype)},
                   {"shape", t.shape},
                   {"bytes", t.bytes()},
                   {"local_pieces", local},
                   {"global_pieces", t.pieces.size() - local}});
  }
  return out;
}

} // namespace

std::string profileOf(const bmodel::Model &model, const std::string &path, size_t net, size_t stage) {
  TimedStream stream(model, path, net, stage);
  const target::Chip &chip = stream.chip();
  std::vector<TimedCommand> list;
  StreamReport report = stream.time(chip, &list);
  std::vector<size_t> layerOf;
  std::vector<LayerReport> layers = stream.layers(list, &layerOf);
  LocalLife life = localLifeOf(stream, model.net[net].parameter[stage], list, layerOf);
  ordered_json layerRows = ordered_json::array(), handovers = ordered_json::array();
  for (const LayerReport &l : layers)
    layerRows.push_back(figuresOf(l));
  for (const auto &[pair, bytes] : life.handovers)
    handovers.push_back({pair.first, pair.second, bytes});
  Words words;
  ordered_json out = {{"format", kFormat},
                      {"net", model.net[net].name},
                      {"chip", chipJson(chip)},
                      {"summary", figuresOf(chip, stream, report, stream.inference(chip, report, false))},
                      {"layers", std::move(layerRows)},
                      {"tensors", tensorJson(stream.tensorTable())},
                      {"commands", commandJson(stream, list, layerOf, words)},
                      {"local_blocks", localJson(life, words)},
                      {"handovers", std::move(handovers)},
                      {"undescribed_commands", life.undescribed}};
  out["words"] = words.all();
  return textOf(out, -1);
}

} // namespace tpu_mlir::report
