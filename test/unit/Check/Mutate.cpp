//===- Mutate.cpp - Faults planted into command streams -------------------===//
// Each kind of fault is one that a compiler could make: operands moved,
// buffers overlapped, loads dropped, waits lowered. Whether a fault has an
// effect is asked of the simulator (Plant.cpp).

#include "Mutate.h"
#include "tpu_mlir/Bmodel/TensorTable.h"
#include "tpu_mlir/Isa/Text.h"

#include "Operands.h"

#include <algorithm>
#include <set>

namespace tpu_mlir::test {

using isa::Command;
using isa::Field;

namespace {

using Random = std::mt19937_64;
constexpr int kTiu = 0, kGdma = 1;

size_t draw(Random &random, size_t below) { return size_t(random() % below); }

/// The streams of one group, and the way back into the model.
struct Streams {
  std::vector<Command> of[2];
};

const isa::Table &tableOf(const bmodel::Model &model) { return isa::tableFor(target::lookup(model.chip).identity.isa); }

Streams read(const bmodel::CmdGroup &group, const isa::Table &table) {
  return {{isa::decodeStream(table, isa::Engine::TIU, group.bdc->bytes()),
           isa::decodeStream(table, isa::Engine::GDMA, group.gdma->bytes())}};
}

bmodel::CmdGroup written(const Streams &streams) {
  constexpr size_t kPad = 128;
  const bmodel::Blob tiu(isa::encodeStream(streams.of[kTiu], kPad)), gdma(isa::encodeStream(streams.of[kGdma], kPad));
  return {uint32_t(streams.of[kTiu].size()),
          uint32_t(streams.of[kGdma].size()),
          tiu,
          gdma,
          uint32_t(tiu.size()),
          uint32_t(gdma.size())};
}

void put(Command &command, Field f, uint64_t value) { command.put(*command.info->find(f), value); }

uint64_t addressOf(const Command &c, std::string_view operand) {
  if (operand == "src")
    return c.get(Field::src_start_addr_h8) << 32 | c.get(Field::src_start_addr_l32);
  if (operand == "dst")
    return c.get(Field::dst_start_addr_h8) << 32 | c.get(Field::dst_start_addr_l32);
  return c.get(operand == "res0"   ? Field::res0_addr
               : operand == "opd0" ? Field::opd0_addr
               : operand == "opd1" ? Field::opd1_addr
                                   : Field::opd2_addr);
}

void setAddress(Command &c, std::string_view operand, uint64_t value) {
  if (operand == "src" || operand == "dst") {
    const bool isSource = operand == "src";
    put(c, isSource ? Field::src_start_addr_l32 : Field::dst_start_addr_l32, value & 0xffffffff);
    put(c, isSource ? Field::src_start_addr_h8 : Field::dst_start_addr_h8, value >> 32);
    return;
  }
  put(c,
      operand == "res0"   ? Field::res0_addr
      : operand == "opd0" ? Field::opd0_addr
      : operand == "opd1" ? Field::opd1_addr
                          : Field::opd2_addr,
      value);
}

/// The operands that a command really uses.
std::vector<std::string_view> operandsOf(const Command &command, const target::Chip &chip) {
  std::vector<safety::Access> accesses;
  safety::Operands(command, chip, accesses).describe();
  std::vector<std::string_view> names;
  for (const safety::Access &access : accesses)
    if (std::find(names.begin(), names.end(), access.operand) == names.end())
      names.push_back(access.operand);
  return names;
}

bool isLocal(const Command &c, uint64_t address, const target::Chip &chip) {
  return c.engine() == isa::Engine::TIU ||
         (address >= uint64_t(chip.local.windowBase) && address < uint64_t(chip.local.staticBase));
}

uint64_t rowBytes(const Command &c, std::string_view operand) {
  if (c.engine() == isa::Engine::GDMA) {
    constexpr uint64_t kBytes[] = {1, 2, 4, 2, 4, 2, 1, 1};
    const Field size = operand == "dst" && c.get(Field::dst_wsize) ? Field::dst_wsize : Field::src_wsize;
    return std::max<uint64_t>(c.get(size), 1) * kBytes[c.get(Field::src_data_format)];
  }
  const Field precision = operand == "res0"   ? Field::res0_prec
                          : operand == "opd0" ? Field::opd0_prec
                                              : Field::opd1_prec;
  const Field width = operand == "opd0" && c.has(Field::opd0_w) ? Field::opd0_w : Field::res0_w;
  const uint64_t bytes = safety::tiuBytes(c.has(precision) ? c.get(precision) : 0);
  return std::max<uint64_t>(c.get(width), 1) * std::max<uint64_t>(bytes, 1);
}

/// Whether two commands touch a byte, one of them writing it.
bool conflict(const Command &a, const Command &b, const target::Chip &chip) {
  std::vector<safety::Access> of[2];
  safety::Operands(a, chip, of[0]).describe(), safety::Operands(b, chip, of[1]).describe();
  const auto runsOf = [](const safety::Access &access) {
    std::vector<std::pair<uint64_t, uint64_t>> runs;
    access.box.forRuns([&](uint64_t begin, uint64_t end) { runs.emplace_back(begin, end); });
    std::sort(runs.begin(), runs.end());
    return runs;
  };
  for (const safety::Access &x : of[0])
    for (const safety::Access &y : of[1]) {
      const bool mayMeet = (x.writes || y.writes) && x.space == y.space && x.box.base < y.box.end() &&
                           y.box.base < x.box.end() &&
                           (x.space == safety::Space::Linear || (x.laneBegin < y.laneEnd && y.laneBegin < x.laneEnd));
      if (!mayMeet)
        continue;
      const auto left = runsOf(x), right = runsOf(y);
      for (size_t i = 0, j = 0; i < left.size() && j < right.size();) {
        if (left[i].first < right[j].second && right[j].first < left[i].second)
          return true;
        left[i].second < right[j].second ? ++i : ++j;
      }
    }
  return false;
}

/// A command no longer waits for the last one of the other engine that it conflicts with. Commands whose engine has
/// waited as long before are passed over: theirs is no race.
std::string lowerDependency(Streams &s, const target::Chip &chip, Random &random, Command *&changed) {
  struct Wait {
    int engine;
    size_t at;
    uint64_t before; ///< commands of the other engine that its own has waited for without it
  };
  std::vector<Wait> waits;
  for (int e : {kTiu, kGdma}) {
    uint64_t waited = 0;
    for (size_t i = 0; i < s.of[e].size(); ++i)
      if (const uint64_t dep = s.of[e][i].dep(); dep > waited) {
        if (!isa::isEnd(s.of[e][i]))
          waits.push_back({e, i, waited});
        waited = dep;
      }
  }
  if (waits.empty())
    return "";
  const Wait &wait = waits[draw(random, waits.size())];
  Command &c = s.of[wait.engine][wait.at];
  for (uint64_t other = c.dep(); other > wait.before; --other)
    if (conflict(c, s.of[1 - wait.engine][other - 1], chip)) {
      const std::string text = "waits for " + std::to_string(other - 1) + ", not for " + std::to_string(c.dep());
      put(c, Field::cmd_id_dep, other - 1);
      changed = &c;
      return text;
    }
  return "";
}

std::pair<int, size_t> anyCommand(const Streams &s, Random &random) {
  size_t i = draw(random, s.of[kTiu].size() + s.of[kGdma].size());
  return i < s.of[kTiu].size() ? std::pair(kTiu, i) : std::pair(kGdma, i - s.of[kTiu].size());
}

std::string moveByRow(Streams &s, const target::Chip &chip, Random &random, Command *&changed) {
  const auto [e, i] = anyCommand(s, random);
  Command &c = s.of[e][i];
  const auto operands = operandsOf(c, chip);
  if (operands.empty())
    return "";
  const std::string_view operand = operands[draw(random, operands.size())];
  uint64_t row = rowBytes(c, operand);
  const uint64_t address = addressOf(c, operand), align = uint64_t(chip.local.alignBytes);
  if (e == kTiu)
    row = (row + align - 1) / align * align; // else the fault is seen by its alignment alone
  const bool down = random() & 1 && address % uint64_t(chip.local.laneStride) >= row;
  setAddress(c, operand, down ? address - row : address + row);
  changed = &c;
  return "'" + std::string(operand) + "' is moved by " + (down ? "-" : "") + std::to_string(row) + " bytes";
}

/// All uses of one local buffer near a command move onto another buffer.
std::string overlapBuffers(Streams &s, const target::Chip &chip, Random &random, Command *&changed) {
  const size_t at = draw(random, s.of[kTiu].size());
  const auto near = [&](int engine) {
    const size_t middle = engine == kTiu ? at : s.of[kTiu][at].dep();
    const size_t first = middle > 3 ? middle - 3 : 0, last = std::min(s.of[engine].size(), middle + 4);
    return std::pair(first, last);
  };
  const auto offset = [&](const Command &c, uint64_t address) {
    return c.engine() == isa::Engine::TIU ? address : address - uint64_t(chip.local.windowBase);
  };
  std::set<uint64_t> bases;
  for (int e : {kTiu, kGdma})
    for (auto [i, end] = near(e); i < end; ++i)
      for (std::string_view operand : operandsOf(s.of[e][i], chip))
        if (const uint64_t a = addressOf(s.of[e][i], operand); isLocal(s.of[e][i], a, chip))
          bases.insert(offset(s.of[e][i], a));
  if (bases.size() < 2)
    return "";
  std::vector<uint64_t> list(bases.begin(), bases.end());
  const size_t a = draw(random, list.size()), b = (a + 1 + draw(random, list.size() - 1)) % list.size();
  changed = &s.of[kTiu][at];
  for (int e : {kTiu, kGdma})
    for (auto [i, end] = near(e); i < end; ++i)
      for (std::string_view operand : operandsOf(s.of[e][i], chip)) {
        Command &c = s.of[e][i];
        const uint64_t address = addressOf(c, operand);
        if (isLocal(c, address, chip) && offset(c, address) == list[a])
          setAddress(c, operand, address - list[a] + list[b]);
      }
  return "the buffer at " + std::to_string(list[a]) + " lies at " + std::to_string(list[b]) + " near it";
}

std::string wrongStride(Streams &s, Random &random, Command *&changed) {
  struct Axis {
    Field stride, size;
  };
  constexpr Axis kAxes[] = {{Field::src_nstride, Field::src_nsize}, {Field::src_cstride, Field::src_csize},
                            {Field::src_hstride, Field::src_hsize}, {Field::dst_nstride, Field::src_nsize},
                            {Field::dst_cstride, Field::src_csize}, {Field::dst_hstride, Field::src_hsize}};
  Command &c = s.of[kGdma][draw(random, s.of[kGdma].size())];
  if (c.info->id != isa::CommandId::DMATensor)
    return "";
  const Axis &axis = kAxes[draw(random, std::size(kAxes))];
  const uint64_t stride = c.get(axis.stride), row = std::max<uint64_t>(c.get(Field::src_wsize), 1);
  if (c.get(axis.size) < 2 || !stride)
    return "";
  const uint64_t wrong[] = {stride + 1, stride - 1, stride + row, stride > row ? stride - row : 2 * stride};
  put(c, axis.stride, wrong[draw(random, 4)]);
  changed = &c;
  return std::string(isa::name(axis.stride)) + " is " + std::to_string(c.get(axis.stride)) + ", not " +
         std::to_string(stride);
}

/// Removes a load and renumbers what comes behind it, tensor table included.
std::string dropLoad(Streams &s, bmodel::Model &model, size_t group, const target::Chip &chip, Random &random) {
  std::vector<size_t> loads;
  for (size_t i = 0; i < s.of[kGdma].size(); ++i) {
    const Command &c = s.of[kGdma][i];
    if (c.has(Field::dst_start_addr_l32) && isLocal(c, addressOf(c, "dst"), chip) &&
        !isLocal(c, addressOf(c, "src"), chip) && !c.get(Field::fill_constant_en))
      loads.push_back(i);
  }
  if (loads.empty())
    return "";
  const size_t gone = loads[draw(random, loads.size())];
  const std::string text = "dropped: " + isa::toText(tableOf(model), s.of[kGdma][gone]);
  s.of[kGdma].erase(s.of[kGdma].begin() + long(gone));
  for (size_t i = gone; i < s.of[kGdma].size(); ++i)
    put(s.of[kGdma][i], Field::cmd_id, i + 1);
  for (Command &c : s.of[kTiu])
    if (c.dep() > gone)
      put(c, Field::cmd_id_dep, c.dep() - 1);
  bmodel::NetParameter &p = model.net[0].parameter[0];
  if (p.tensorLoc && p.tensorLoc->size()) {
    const auto bytes = p.tensorLoc->bytes();
    auto table = bmodel::parseTensorTable({reinterpret_cast<const char *>(bytes.data()), bytes.size()}, "table");
    for (bmodel::TensorEntry &entry : table.tensors)
      for (bmodel::TensorPiece &piece : entry.pieces)
        if (piece.after.byGdma && piece.after.group == group && piece.after.id > gone)
          --piece.after.id;
    for (bmodel::LayerEntry &layer : table.layers)
      for (bmodel::CommandRange &range : layer.commands)
        if (range.byGdma && range.group == group) {
          range.first -= range.first > gone + 1;
          range.last -= range.last > gone;
        }
    for (bmodel::LayerEntry &layer : table.layers)
      std::erase_if(layer.commands, [](const bmodel::CommandRange &range) { return range.last < range.first; });
    const std::string json = bmodel::printTensorTable(table);
    p.tensorLoc = bmodel::Blob(std::vector<uint8_t>(json.begin(), json.end()));
  }
  return text;
}

} // namespace

const char *nameOf(FaultKind kind) {
  constexpr const char *kNames[] = {"dependency lowered", "address moved by a row", "buffers overlapped",
                                    "wrong stride", "missing load"};
  return kNames[int(kind)];
}

std::optional<Mutant> mutate(const bmodel::Model &model, FaultKind kind, Random &random) {
  const target::Chip &chip = target::lookup(model.chip);
  Mutant mutant{model, ""};
  bmodel::NetParameter &p = mutant.model.net[0].parameter[0];
  const size_t group = draw(random, p.cmdGroup.size());
  const bmodel::CmdGroup before = p.cmdGroup[group];
  Streams s = read(before, tableOf(model));
  Command *changed = nullptr;
  switch (kind) {
  case FaultKind::LowerDependency:
    mutant.what = lowerDependency(s, chip, random, changed);
    break;
  case FaultKind::MovedByRow:
    mutant.what = moveByRow(s, chip, random, changed);
    break;
  case FaultKind::OverlappedBuffers:
    mutant.what = overlapBuffers(s, chip, random, changed);
    break;
  case FaultKind::WrongStride:
    mutant.what = wrongStride(s, random, changed);
    break;
  case FaultKind::MissingLoad:
    mutant.what = dropLoad(s, mutant.model, group, chip, random);
    break;
  }
  if (mutant.what.empty())
    return std::nullopt;
  if (changed)
    mutant.what += ": " + isa::toText(tableOf(model), *changed);
  const bmodel::CmdGroup after = written(s);
  p.cmdGroup[group] = after;
  for (bmodel::SubNet &subnet : p.subNet)
    for (bmodel::CmdGroup &g : subnet.cmdGroup)
      if (g == before)
        g = after;
  return mutant;
}

} // namespace tpu_mlir::test
