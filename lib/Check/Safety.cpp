//===- Safety.cpp - Is a bmodel safe to run -------------------------------===//
// Walks the command groups in an order that their dependencies allow, and says
// in one line what is wrong. A command starts after its engine's earlier
// commands and after the command of the other engine that it waits for; with
// two engines that is all there is to happens-before: a command of the other
// engine is surely complete if its number is at most the largest waited for so
// far. Groups run one after the other. Source: ISA notes §7.

#include "tpu_mlir/Check/Safety.h"
#include "Operands.h"
#include "Shadow.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <set>

namespace tpu_mlir::safety {

namespace {

using bmodel::Finding;
using Commands = std::vector<isa::Command>;

constexpr const char *kEngines[] = {"tiu", "gdma"};
/// A stream with one mistake early can break every later command; more lines than this help nobody.
constexpr size_t kMostFindings = 1000;

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

class StageWalk {
public:
  StageWalk(const bmodel::NetParameter &parameter, const std::string &where, std::span<const bmodel::Region> regions,
            const isa::Table &table, const target::Chip &chip, Report &report)
      : parameter(parameter), where(where), table(table), chip(chip), report(report), claims(parameter, chip),
        values(claims, parameter, chip), shadow(regions, chip, values, dead) {
    for (const Finding &finding : report.findings)
      refused.insert(finding.where);
  }

  void run();

private:
  struct Group {
    Commands streams[2];
    uint32_t before[2]; ///< commands of the groups before it
  };

  bool decode(const bmodel::CmdGroup &from, size_t index);
  void nameInput(size_t index);
  void walk(size_t index);
  void unread(Mark mark, const std::vector<Dead::Cell> &cells);
  void check(size_t group, int engine, uint32_t position, uint32_t seen);
  std::string nameOf(size_t group, int engine, uint32_t position) const;
  std::string nameOf(Mark mark, size_t from) const;
  std::string sentence(const Conflict &conflict, size_t group) const;
  void add(const std::string &place, const std::string &text) {
    if (report.findings.size() < kMostFindings)
      report.findings.push_back({place, text});
    else
      ++unsaid;
  }

  const bmodel::NetParameter &parameter;
  const std::string &where;
  const isa::Table &table;
  const target::Chip &chip;
  Report &report;
  Claims claims;
  Values values;
  Dead dead;
  Shadow shadow;
  std::set<std::string, std::less<>> refused;
  std::vector<Group> groups;
  std::vector<Access> accesses;
  std::vector<Conflict> conflicts;
  std::vector<Complaint> complaints;
  size_t unsaid = 0;
};

bool StageWalk::decode(const bmodel::CmdGroup &from, size_t index) {
  Group group;
  const bmodel::OptionalBlob *blobs[] = {&from.bdc, &from.gdma};
  for (isa::Engine engine : {isa::Engine::TIU, isa::Engine::GDMA}) {
    const size_t e = size_t(engine);
    group.before[e] = groups.empty() ? 0 : groups.back().before[e] + uint32_t(groups.back().streams[e].size());
    if (!*blobs[e] || !(*blobs[e])->size())
      continue;
    try {
      group.streams[e] = isa::decodeStream(table, engine, (*blobs[e])->bytes());
    } catch (const UserError &error) {
      const std::string place = where + " group " + std::to_string(index) + " " + kEngines[e];
      if (!refused.count(place))
        add(place, error.what());
      return false;
    }
    report.commands += group.streams[e].size();
  }
  groups.push_back(std::move(group));
  return true;
}

std::string StageWalk::nameOf(size_t group, int engine, uint32_t position) const {
  const isa::Command &command = groups[group].streams[engine][position];
  return std::string(kEngines[engine]) + " " + std::to_string(position + 1) + " " + std::string(command.info->name) +
         " " + std::string(command.kind()->name);
}

std::string StageWalk::nameOf(Mark mark, size_t from) const {
  const int engine = engineOf(mark);
  const uint32_t number = numberOf(mark);
  size_t group = groups.size() - 1;
  while (groups[group].before[engine] >= number)
    --group;
  const std::string name = nameOf(group, engine, number - groups[group].before[engine] - 1);
  return group == from ? name : "group " + std::to_string(group) + " " + name;
}

std::string StageWalk::sentence(const Conflict &c, size_t group) const {
  std::string text =
      "'" + std::string(c.operand) + "' " + (c.writes ? "writes " : "reads ") + hex(c.begin) + " to " + hex(c.end);
  if (c.space == Space::Lanes)
    text += c.laneEnd - c.laneBegin == 1
                ? " of lane " + std::to_string(c.laneBegin)
                : " of lanes " + std::to_string(c.laneBegin) + " to " + std::to_string(c.laneEnd - 1);
  else if (!c.region.empty())
    text += " of the " + std::string(c.region);
  switch (c.fault) {
  case Fault::RaceWithWriter:
    return text + " while " + nameOf(c.other, group) + " may be writing there; neither waits for the other";
  case Fault::RaceWithReader:
    return text + " while " + nameOf(c.other, group) + " may be reading there; neither waits for the other";
  case Fault::NeverWritten:
    return text + ", which nothing has written";
  case Fault::Outside:
    return text + (c.space == Space::Lanes ? ", outside local memory" : ", which lies in no region of global memory");
  case Fault::NeverRead:
    return text + ", which nothing reads";
  case Fault::ReadOnly:
    return text + ", which must stay as they are";
  case Fault::Collides:
    return text + " with strides that put several elements into one place";
  case Fault::Scattered:
    return text + " in more separate pieces than can be checked";
  }
  return text;
}

void StageWalk::check(size_t group, int engine, uint32_t position, uint32_t seen) {
  const Group &here = groups[group];
  const isa::Command &command = here.streams[engine][position];
  const auto place = [&] { return where + " group " + std::to_string(group) + " " + nameOf(group, engine, position); };
  accesses.clear();
  if (!Operands(command, chip, accesses).describe() && !refused.count(place()))
    add(place(), "no public source says what this form reads and writes, so it cannot be checked");
  report.accesses += accesses.size();
  conflicts.clear();
  const Actor actor = {engine, here.before[engine] + position + 1, seen};
  values.begin(command, markOf(engine, actor.number), claims.layerOf(group, engine, position + 1));
  for (const Access &access : accesses)
    shadow.touch(actor, access, conflicts);
  values.finish(accesses, complaints);
  for (const Claim &claim : claims.after(group, engine, position + 1))
    for (const Access &access : claim.places) {
      const ValueId id = values.claimed(claim, access);
      shadow.visit(access, [&](History &history, LaneRange range, uint64_t begin, uint64_t end) {
        values.claim(claim, access, range.begin, begin, end, history, complaints);
        history.value = id;
      });
    }
  for (const Complaint &c : complaints)
    add(place(), (c.operand.empty() ? "" : "'" + std::string(c.operand) + "' ") + c.sentence +
                     (c.other ? nameOf(c.other, group) : ""));
  for (const Conflict &conflict : conflicts) {
    const bool isLegality =
        conflict.fault == Fault::Outside || conflict.fault == Fault::ReadOnly || conflict.fault == Fault::Collides;
    if (!isLegality || !refused.count(place()))
      add(place(), sentence(conflict, group));
  }
}

/// Blamed only where the file names its tensors: other streams may have written what their own tables explain.
void StageWalk::unread(Mark mark, const std::vector<Dead::Cell> &cells) {
  size_t group = groups.size() - 1;
  while (groups[group].before[engineOf(mark)] >= numberOf(mark))
    --group;
  const uint32_t position = numberOf(mark) - groups[group].before[engineOf(mark)] - 1;
  const isa::Command &command = groups[group].streams[engineOf(mark)][position];
  accesses.clear();
  Operands(command, chip, accesses).describe();
  uint64_t bytes = 0;
  const auto left = unexcused(cells, command, accesses, parameter, chip, !claims.empty());
  for (const Dead::Cell &cell : left)
    bytes += (cell.end - cell.begin) * cell.lanes.count();
  if (!bytes)
    return;
  const std::string place = where + " group " + std::to_string(group) + " " + nameOf(group, engineOf(mark), position);
  const std::string text = std::to_string(bytes) + " of the bytes that it writes, the first at " + hex(left[0].begin) +
                           ", are read by nobody";
  if (!claims.empty())
    add(place, text);
  else if (report.notes.size() < kMostFindings)
    report.notes.push_back({place, text});
}

void StageWalk::walk(size_t index) {
  const Group &group = groups[index];
  uint32_t next[2] = {0, 0}, seen[2] = {group.before[1], group.before[0]};
  while (true) {
    int engine = -1;
    for (int e : {1, 0})
      if (engine < 0 && next[e] < group.streams[e].size() && group.streams[e][next[e]].dep() <= next[1 - e])
        engine = e;
    if (engine < 0)
      return; // Done, or waiting for ever, which the legality rules refuse.
    const uint32_t position = next[engine]++;
    seen[engine] = std::max(seen[engine], group.before[1 - engine] + group.streams[engine][position].dep());
    check(index, engine, position, seen[engine]);
  }
}

/// The elements of an input are those of a dense tensor of its shape.
void StageWalk::nameInput(size_t index) {
  const bmodel::Tensor &input = parameter.inputTensor[index];
  Numbering numbers = {!input.shape.empty() && !input.shape[0].empty(), 0, 0, 0, 0};
  uint64_t count = 1;
  if (numbers.known)
    for (uint64_t size : input.shape[0])
      count *= size;
  if (!numbers.known || !count || input.size % count)
    return;
  const uint64_t item = input.size / count;
  Access access = {"input", false, Space::Linear, 0, 0, {input.deviceAddr, input.size}};
  access.grid = {input.deviceAddr, 0, item, 1, 1, 1, count, 0, 0, 0, item};
  // Rows, planes and batches of its last axes.
  const bmodel::Shape &shape = input.shape[0];
  numbers.width = int64_t(shape.back());
  numbers.plane = numbers.width * int64_t(shape.size() > 1 ? shape[shape.size() - 2] : 1);
  numbers.image = int64_t(count / shape[0]);
  const ValueId id = values.input(claims.inputTensor(index), access, numbers);
  shadow.visit(access, [&](History &history, LaneRange, uint64_t, uint64_t) { history.value = id; });
}

void StageWalk::run() {
  const auto present = [&](const bmodel::List<bmodel::Tensor> &tensors) {
    for (const bmodel::Tensor &tensor : tensors)
      shadow.present(tensor.deviceAddr, tensor.deviceAddr + tensor.size);
  };
  present(parameter.inputTensor);
  for (size_t i = 0; i < parameter.inputTensor.size(); ++i)
    nameInput(i);
  // The host moves tensors between subnets.
  if (parameter.subNet.size() > 1)
    for (const bmodel::SubNet &subnet : parameter.subNet)
      present(subnet.inputTensor);
  for (const bmodel::SubNet &subnet : parameter.subNet)
    if (!subnet.coreCommands.empty())
      add(where, "subnet " + std::to_string(subnet.id) + " has commands for several cores, which are not checked");
  const auto *list = &parameter.cmdGroup;
  if (list->empty() && parameter.subNet.size() == 1)
    list = &parameter.subNet[0].cmdGroup;
  for (const bmodel::CmdGroup &group : *list)
    if (!decode(group, groups.size()))
      return;
  report.groups += groups.size();
  for (size_t g = 0; g < groups.size(); ++g)
    walk(g);
  if (groups.empty())
    return;
  for (const bmodel::Tensor &tensor : parameter.outputTensor) {
    conflicts.clear();
    shadow.requireWritten(tensor.deviceAddr, tensor.deviceAddr + tensor.size, conflicts);
    for (const Conflict &c : conflicts)
      add(where + " tensor '" + tensor.name + "'",
          "nothing has written its bytes " + hex(c.begin) + " to " + hex(c.end));
  }
  shadow.sweep();
  for (const auto &[mark, cells] : dead.all())
    unread(mark, cells);
  // The file says where each weight lies: one that nothing reads was forgotten.
  if (parameter.coeffMem)
    for (const bmodel::Location &weight : parameter.coeffMem->location) {
      const uint64_t begin = parameter.coeffMem->address + weight.offset;
      conflicts.clear();
      shadow.requireRead(begin, begin + weight.size, conflicts);
      for (const Conflict &c : conflicts)
        add(where + " weight '" + weight.name + "'", "nothing reads its bytes " + hex(c.begin) + " to " + hex(c.end));
    }
  if (unsaid)
    report.findings.push_back({where, "and " + std::to_string(unsaid) + " more"});
}

} // namespace

void checkStage(const bmodel::NetParameter &parameter, const std::string &where,
                std::span<const bmodel::Region> regions, const isa::Table &table, const target::Chip &chip,
                Report &report) {
  std::vector<bmodel::Region> all(regions.begin(), regions.end());
  all.push_back({"L2 memory", uint64_t(chip.local.l2Base), uint64_t(chip.local.l2Base + chip.local.l2Bytes), true});
  StageWalk(parameter, where, all, table, chip, report).run();
}

Report checkModel(const bmodel::Model &model, const isa::Table &table, const target::Chip &chip) {
  Report report;
  report.findings = bmodel::check(model, table, chip);
  for (size_t n = 0; n < model.net.size(); ++n)
    for (size_t s = 0; s < model.net[n].parameter.size(); ++s) {
      const bmodel::NetParameter &parameter = model.net[n].parameter[s];
      checkStage(parameter, "net " + std::to_string(n) + " stage " + std::to_string(s),
                 bmodel::globalRegions(parameter, model.net[n].addrMode, chip), table, chip, report);
    }
  return report;
}

} // namespace tpu_mlir::safety
