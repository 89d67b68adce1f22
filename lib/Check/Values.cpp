//===- Values.cpp - Do commands read what the file says they read ---------===//

#include "Values.h"

namespace tpu_mlir::safety {

using isa::Field;

void Values::begin(const isa::Command &c, Mark m, int l) {
  command = &c, mark = m, layer = l, made = 0;
  step = uint32_t(c.info->id) << 8 | uint32_t(c.get(c.info->kindField));
  operands.clear();
  found.clear();
}

ValueId Values::written(const Access &access) {
  if (claims.empty())
    return 0;
  if (made && all[made].grid.place == access.grid.place)
    return made;
  Value value = {mark, layer, -1, step, access.grid, access.space == Space::Linear, {}, {}, -1};
  descend(value);
  made = ValueId(all.size());
  all.push_back(value);
  return made;
}

ValueId Values::claimed(const Claim &claim, const Access &access) {
  all.push_back({mark, layer, claim.tensor, step, access.grid, access.space == Space::Linear, claim.numbers, {}, -1});
  return ValueId(all.size() - 1);
}

ValueId Values::input(int tensor, const Access &access, const Numbering &numbers) {
  if (claims.empty())
    return 0;
  all.push_back({kHost, -1, tensor, 0, access.grid, true, numbers, {}, -1});
  return ValueId(all.size() - 1);
}

std::string Values::nameOf(const Value &value) const {
  if (value.tensor >= 0)
    return "tensor '" + claims.tensorName(value.tensor) + "'";
  return value.layer >= 0 ? "what layer '" + claims.layerName(value.layer) + "' made" : "what no layer made";
}

void Values::complain(Operand &operand, const std::string &sentence, Mark other) {
  if (!operand.isComplained)
    found.push_back({operand.access.operand, sentence, other});
  operand.isComplained = true;
}

Values::Operand &Values::operandOf(const Access &access) {
  if (operands.empty() || operands.back().access.operand != access.operand)
    operands.push_back({access});
  return operands.back();
}

void Values::read(const Access &access, uint32_t lane, uint64_t begin, uint64_t end, const History &history) {
  if (claims.empty() || !history.value)
    return;
  Operand &operand = operandOf(access);
  Value &value = all[history.value];
  const bool isLocal = access.space == Space::Lanes;
  if (value.tensor < 0 && isLocal) {
    if (value.user < 0)
      value.user = engineOf(value.writer) == 1 && layer >= 0 ? layer : value.layer;
    if (value.user != layer)
      complain(operand,
               "reads what only layer '" + (value.user < 0 ? "" : claims.layerName(value.user)) +
                   "' may read, written by ",
               value.writer);
  }
  if (!operand.first)
    operand.first = history.value;
  const Value &first = all[operand.first];
  if (first.tensor != value.tensor)
    complain(operand,
             "reads " + nameOf(first) + " and " + nameOf(value) + " as one operand; the latter is from ", value.writer);
  if (!value.numbers.known || !isPlain(access.grid) || access.grid.item != value.grid.item)
    return;
  for (uint64_t at : {begin, end - access.grid.item})
    checkOrder(operand, access, history.value, lane, at);
}

/// The elements of an operand follow each other as in their tensor. A lookup may take
/// parts of a channel in several lanes, where copies have put them.
void Values::checkOrder(Operand &operand, const Access &access, ValueId id, uint32_t lane, uint64_t at) {
  const bool isLocal = access.space == Space::Lanes;
  const Value &value = all[id];
  const Spot there = spotOf(value.grid, value.linear, lanes, lane, at);
  const Spot here = spotOf(access.grid, !isLocal, lanes, lane, at);
  if (!there.inside || !here.inside)
    return;
  Numbering steps = value.numbers;
  steps.first = 0;
  const int64_t passed = isLocal ? here.number(steps) : int64_t((at - access.grid.place) / access.grid.item);
  const int64_t number = there.number(value.numbers) - passed;
  const std::pair plane = {here.n, here.c};
  const bool mayJump = (command->info->family == "SG" || command->info->family == "TRANS") && plane != operand.plane;
  operand.plane = plane;
  if (!operand.source)
    operand.source = id, operand.at = number;
  else if (mayJump)
    operand.isBroken |= operand.at != number, operand.at = number;
  else if (const Value &source = all[operand.source]; source.from.isWindow || value.from.isWindow)
    operand.isBroken |= id != operand.source; // rows of different windows are not compared
  else if (operand.at != number)
    complain(operand, "reads elements of " + nameOf(value) + " out of order; some are from ", value.writer);
}

/// Filters, entries and tables of a layer are of one kind in all its commands, and so is what they are applied to.
void Values::checkRole(const Operand &operand) {
  const std::string_view family = command->info->family;
  const Grid &grid = operand.access.grid;
  const bool broadcasts = family == "AR" && (grid.h == 1 || !grid.stepH) && (grid.w == 1 || !grid.stepW) && command->has(Field::opd0_str) && command->get(operand.access.operand == "opd0" ? Field::opd0_str : Field::opd1_str) == isa::kLayoutExplicit;
  if (layer < 0 || !operand.first || !(broadcasts || family == "CONV" || family == "PORD" || family == "SG" || (family == "RQ" && operand.access.operand == "opd1")))
    return;
  const Value &value = all[operand.first];
  const Role role = {value.tensor, value.tensor < 0 ? value.step : 0, mark};
  const auto [it, isNew] = roles.try_emplace({layer, step << 1 | broadcasts, operand.access.operand}, role);
  if (!isNew && (it->second.tensor != role.tensor || it->second.step != role.step))
    found.push_back({operand.access.operand, "reads " + nameOf(value) + ", of another kind than that of the same layer's ", it->second.reader});
}

/// Loads from an input take a box of it, and those of one layer with the same steps.
void Values::checkInput(const Access &access) {
  for (const bmodel::Tensor &input : parameter.inputTensor) {
    if (access.grid.place < input.deviceAddr || access.grid.place >= input.deviceAddr + input.size ||
        input.shape.empty())
      continue;
    if (!isBoxOf(access.grid, input.deviceAddr, input.shape[0]))
      found.push_back({access.operand, "reads beyond the end of an axis of input '" + input.name + "'", kNobody});
    const Grid &g = access.grid;
    const auto [it, isNew] = inputSteps.try_emplace({layer, input.name}, g.stepH, g.stepW, g.stepC, mark);
    const auto &[h, w, c, reader] = it->second;
    if (!isNew && g.h > 1 && h != g.stepH)
      found.push_back({access.operand, "reads input '" + input.name + "' with another row step than the same layer's ", reader});
  }
}

/// What a layer loads once it sees the same way each time: parts for other channels begin whole steps away.
void Values::checkLoaded(const Operand &operand) {
  const Value &value = all[operand.first];
  if (!operand.first || engineOf(value.writer) == 0 || value.tensor >= 0 || operand.access.space == Space::Linear)
    return;
  const Grid &grid = operand.access.grid;
  const auto [it, isNew] = uses.try_emplace({operand.first, step, operand.access.operand}, grid.place, mark);
  const uint64_t place = it->second.first;
  const uint64_t apart = place < grid.place ? grid.place - place : place - grid.place;
  if (!isNew && apart && (!grid.stepC || apart % grid.stepC))
    found.push_back({operand.access.operand, "reads other bytes of what its layer has loaded than ", it->second.second});
}

/// Copies into lanes take no element twice.
void Values::checkCopy(std::span<const Access> accesses) {
  if (command->info->family != "DMATensor" || command->get(command->info->kindField) != isa::kDmaTensor ||
      accesses.size() < 2 || accesses[0].writes || accesses.back().space != Space::Lanes || !command->get(Field::nchw_copy))
    return;
  const Grid &grid = accesses[0].grid;
  Box box;
  box.base = grid.place, box.run = grid.item;
  box.add(grid.w, grid.stepW), box.add(grid.h, grid.stepH), box.add(grid.c, grid.stepC), box.add(grid.n, grid.stepN);
  if (accesses[0].space == Space::Linear && box.collides())
    found.push_back({accesses[0].operand, "reads some elements more than once", kNobody});
}

void Values::finish(std::span<const Access> accesses, std::vector<Complaint> &complaints) {
  for (const Access &access : accesses)
    if (!claims.empty() && !access.writes && access.space == Space::Linear)
      checkInput(access);
  for (const Operand &operand : operands)
    if (!operand.isComplained)
      checkRole(operand), checkLoaded(operand);
  if (!claims.empty())
    checkCopy(accesses);
  complaints = found;
}

void Values::claim(const Claim &claim, const Access &access, uint32_t lane, uint64_t begin, uint64_t end,
                   const History &history, std::vector<Complaint> &complaints) {
  if (!complaints.empty())
    return;
  const std::string piece = "completes a piece of tensor '" + claims.tensorName(claim.tensor) + "'";
  const Value &value = all[history.value];
  const int maker = claims.layerOfTensor(claim.tensor);
  if (!history.value)
    complaints.push_back({"", piece + " of which something has written no part", kNobody});
  else if (value.layer != (engineOf(mark) == 0 && maker >= 0 ? maker : layer))
    complaints.push_back({"", piece + " in which other layers' bytes stand, written by ", value.writer});
  else if (claim.numbers.known && value.numbers.known && access.grid.item == value.grid.item)
    for (uint64_t at : {begin, end - access.grid.item}) {
      const Spot there = spotOf(value.grid, value.linear, lanes, lane, at);
      const Spot here = spotOf(access.grid, access.space == Space::Linear, lanes, lane, at);
      if (!there.inside || !here.inside)
        continue;
      if (std::string wrong = wrongElement(claim, value, here.number(claim.numbers), there.number(value.numbers));
          !wrong.empty())
        return complaints.push_back({"", piece + wrong, value.writer});
    }
}

} // namespace tpu_mlir::safety
