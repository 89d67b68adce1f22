//===- Safety.cpp - Is a bmodel safe to run -------------------------------===//
// Walks the command groups in an order that their dependencies allow, and says
// in one line what is wrong. A command starts after its engine's earlier
// commands and after the command of the other engine that it waits for; with
// two engines that is all there is to happens-before: a command of the other
// engine is surely complete if its number is at most the largest waited for so
// far. Groups run one after the other. Source: ISA notes §7.

#include "StageWalk.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/NameText.h"

#include <algorithm>

namespace tpu_mlir::safety {

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
  values.begin(command, markOf(engine, actor.number), claims.layerOf(group, engine, position + 1), accesses);
  for (const Access &access : accesses)
    shadow.touch(actor, access, conflicts);
  values.finish(accesses, complaints);
  for (const Claim &claim : claims.after(group, engine, position + 1))
    for (const Access &access : claim.places) {
      const ValueId id = values.claimed(claim, access);
      shadow.visit(access, [&](History &history, LaneRange range, uint64_t begin, uint64_t end) {
        if (values.claim(claim, access, range.begin, begin, end, history, complaints))
          history.value = id;
      });
    }
  for (const Complaint &c : complaints)
    addOrNote(place(), (c.operand.empty() ? "" : "'" + std::string(c.operand) + "' ") + c.sentence +
                           (c.other ? nameOf(c.other, group) : ""));
  for (const Conflict &conflict : conflicts) {
    const bool isLegality =
        conflict.fault == Fault::Outside || conflict.fault == Fault::ReadOnly || conflict.fault == Fault::Collides;
    if (isLegality && refused.count(place()))
      continue;
    if (conflict.fault == Fault::NeverWritten && report.findings.size() < kMostFindings) {
      uint64_t written = 0;
      for (const Access &access : accesses)
        if (access.writes)
          written += access.box.pieces() * access.box.run * LaneRange{access.laneBegin, access.laneEnd}.count();
      unwrittenReads.push_back({report.findings.size(), markOf(engine, actor.number), written});
    }
    add(place(), sentence(conflict, group));
  }
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
  numbers.width = numbers.row = int64_t(shape.back());
  numbers.plane = numbers.width * int64_t(shape.size() > 1 ? shape[shape.size() - 2] : 1);
  numbers.image = int64_t(count / shape[0]);
  const ValueId id = values.input(claims.inputTensor(index), access, numbers);
  shadow.visit(access, [&](History &history, LaneRange, uint64_t, uint64_t) { history.value = id; });
}

/// The host reads what the chip has made for it, and leaves behind what it makes: both between two groups.
void StageWalk::runHost(size_t beforeGroup) {
  std::array<uint32_t, 2> before = {0, 0};
  for (size_t e : {0, 1})
    for (size_t g = 0; g < beforeGroup; ++g)
      before[e] += uint32_t(groups[g].streams[e].size());
  size_t group = 0;
  for (const bmodel::SubNet &subnet : parameter.subNet) {
    group += subnet.cmdGroup.size();
    if (subnet.subnetMode != int32_t(bmodel::SubnetMode::Cpu) || group != beforeGroup)
      continue;
    for (const bmodel::Tensor &tensor : subnet.inputTensor) {
      conflicts.clear();
      shadow.requireWritten(tensor.deviceAddr, tensor.deviceAddr + tensor.size, before, conflicts);
      for (const Conflict &c : conflicts)
        add(where + " subnet " + std::to_string(subnet.id) + " tensor " + quotedName(tensor.name),
            "the host reads its bytes " + hex(c.begin) + " to " + hex(c.end) + ", which nothing has written");
    }
    for (const bmodel::Tensor &tensor : subnet.outputTensor)
      shadow.present(tensor.deviceAddr, tensor.deviceAddr + tensor.size);
  }
}

void StageWalk::run() {
  if (!claims.error().empty())
    add(where, "its tensor table cannot be read: " + claims.error());
  if (!claims.empty() && !claims.hasTraits())
    report.notes.push_back({where, "its tensor table does not say how its layers read: what looks wrong with values is "
                                   "noted, and blames nobody; compile again to have it judged"});
  const auto present = [&](const bmodel::List<bmodel::Tensor> &tensors) {
    for (const bmodel::Tensor &tensor : tensors)
      shadow.present(tensor.deviceAddr, tensor.deviceAddr + tensor.size);
  };
  present(parameter.inputTensor);
  for (size_t i = 0; i < parameter.inputTensor.size(); ++i)
    nameInput(i);
  // Of subnets that choose a way, what reads what is not known.
  const auto isPlain = [](const bmodel::SubNet &subnet) {
    return subnet.subnetMode == int32_t(bmodel::SubnetMode::Tpu) ||
           subnet.subnetMode == int32_t(bmodel::SubnetMode::Cpu);
  };
  if (!std::all_of(parameter.subNet.begin(), parameter.subNet.end(), isPlain))
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
  for (size_t g = 0; g < groups.size(); ++g) {
    runHost(g);
    walk(g);
  }
  runHost(groups.size());
  if (groups.empty())
    return;
  for (const bmodel::Tensor &tensor : parameter.outputTensor) {
    conflicts.clear();
    shadow.requireWritten(tensor.deviceAddr, tensor.deviceAddr + tensor.size, conflicts);
    for (const Conflict &c : conflicts)
      add(where + " tensor " + quotedName(tensor.name),
          "nothing has written its bytes " + hex(c.begin) + " to " + hex(c.end));
  }
  shadow.sweep();
  excuseUnusedReads();
  for (const auto &[mark, cells] : dead.all())
    unread(mark, cells);
  // The file says where each weight lies: one that nothing reads was forgotten.
  if (parameter.coeffMem)
    for (const bmodel::Location &weight : parameter.coeffMem->location) {
      const uint64_t begin = parameter.coeffMem->address + weight.offset;
      conflicts.clear();
      shadow.requireRead(begin, begin + weight.size, conflicts);
      for (const Conflict &c : conflicts)
        add(where + " weight " + quotedName(weight.name),
            "nothing reads its bytes " + hex(c.begin) + " to " + hex(c.end));
    }
  if (unsaid)
    report.findings.push_back({where, "and " + std::to_string(unsaid) + " more"});
}

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
