//===- Values.cpp - Do commands read what the file says they read ---------===//
// Compares, operand by operand, what a command reads with what a sound stream
// of its layer would. How elements descend through a command is Descent.cpp's.

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
  value.byConstant = command->has(Field::opd1_const) && command->get(Field::opd1_const);
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

bool Values::mayStayUnread(ValueId id) const {
  const Value &value = all[id];
  return value.tensor >= 0 ? wasRead.contains(value.tensor) || claims.leavesParts() : claims.isSlice(value.layer);
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
  wasRead.insert(value.tensor);
  // Loads of a tensor, or of a constant operand, serve all readers.
  const bool isPrivate = engineOf(value.writer) == 0 || (value.from.tensor < 0 && claims.hasWeights(layer));
  if (value.tensor < 0 && isLocal && isPrivate) {
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
    complain(operand, "reads " + nameOf(first) + " and " + nameOf(value) + " as one operand; the latter is from ",
             value.writer);
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
  // Where elements are moved, windows still read boxes. Pieces of rows lie closer together than their tensor's rows.
  const bool isBox = command->info->family == "CONV" || command->info->family == "PORD" || engineOf(mark) == 1;
  if (claims.cutsRows() || (claims.rearranges(layer) && !isBox)) {
    operand.isBroken = true;
    if (!operand.source)
      operand.source = id;
    return;
  }
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

void Values::finish(std::span<const Access> accesses, std::vector<Complaint> &complaints) {
  for (const Access &access : accesses)
    if (!claims.empty() && !access.writes && access.space == Space::Linear)
      checkInput(access);
  for (const Operand &operand : operands)
    if (!operand.isComplained)
      checkRole(operand), checkLoaded(operand), checkCurve(operand);
  if (!claims.empty())
    checkCopy(accesses);
  complaints = found;
}

bool Values::claim(const Claim &claim, const Access &access, uint32_t lane, uint64_t begin, uint64_t end,
                   const History &history, std::vector<Complaint> &complaints) {
  if (!complaints.empty())
    return true;
  const std::string piece = "completes a piece of tensor '" + claims.tensorName(claim.tensor) + "'";
  const Value &value = all[history.value];
  const Grid &grid = access.grid;
  const int maker = claims.layerOfTensor(claim.tensor);
  const auto complain = [&](const std::string &sentence, Mark other) {
    complaints.push_back({"", piece + sentence, other});
    return true;
  };
  if (!history.value)
    return complain(" of which nothing has written a part", kNobody);
  if (value.linear && value.tensor >= 0 && value.tensor != claim.tensor &&
      (maker < 0 || claims.mayStandInPlace(maker))) {
    hasSliceInPlace |= claims.countOf(claim.tensor) < claims.countOf(value.tensor);
    return claims.countOf(claim.tensor) >= claims.countOf(value.tensor);
  }
  if (value.layer != (engineOf(mark) == 0 && maker >= 0 ? maker : layer))
    return complain(" in which other layers' bytes stand, written by ", value.writer);
  if (claim.numbers.known && value.numbers.known && grid.item == value.grid.item)
    for (uint64_t at : {begin, end - grid.item}) {
      const Spot there = spotOf(value.grid, value.linear, lanes, lane, at);
      const Spot here = spotOf(grid, access.space == Space::Linear, lanes, lane, at);
      if (!there.inside || !here.inside)
        continue;
      if (std::string wrong = wrongElement(claim, value, here.number(claim.numbers), there.number(value.numbers));
          !wrong.empty())
        return complain(wrong, value.writer);
    }
  return true;
}

} // namespace tpu_mlir::safety
