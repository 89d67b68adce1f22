//===- Values.cpp - Do commands read what the file says they read ---------===//
// Compares, operand by operand, what a command reads with what a sound stream
// of its layer would. How elements descend through a command is Descent.cpp's.

#include "Values.h"

#include <algorithm>

namespace tpu_mlir::safety {

using isa::Field;

void Values::begin(const isa::Command &c, Mark m, int l, std::span<const Access> accesses) {
  command = &c, mark = m, layer = l, made = 0;
  isLoad = engineOf(m) == 1 && accesses.size() > 1 && !accesses[0].writes && accesses[0].space == Space::Linear &&
           accesses.back().space == Space::Lanes;
  const auto &weights = parameter.coeffMem;
  readsWeights = engineOf(m) == 1 && weights && weights->coeff && !accesses.empty() && !accesses[0].writes &&
                 accesses[0].space == Space::Linear && accesses[0].box.base >= weights->address &&
                 accesses[0].box.base - weights->address < weights->coeff->size();
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

bool Values::mayStayUnread(ValueId id, bool isAll) const {
  const Value &value = all[id];
  return value.tensor >= 0 ? (!isAll && wasRead.contains(value.tensor)) || claims.isTakenInParts(value.tensor)
                           : claims.leavesParts(value.layer);
}

std::pair<int, int64_t> Values::hostOf(int tensor) const {
  int64_t apart = 0;
  for (auto it = standsIn.find(tensor); it != standsIn.end(); it = standsIn.find(tensor))
    tensor = it->second.first, apart += it->second.second;
  return {tensor, apart};
}

bool Values::mayTake(int taker, int tensor) const {
  if (taker < 0 || claims.mayTake(taker, tensor))
    return true;
  const int host = hostOf(tensor).first;
  const auto takes = [&](int other) { return hostOf(other).first == host && claims.mayTake(taker, other); };
  return takes(host) ||
         std::any_of(standsIn.begin(), standsIn.end(), [&](const auto &one) { return takes(one.first); });
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
  const bool isPrivate = engineOf(value.writer) == 0 || (value.from.tensor < 0 && claims.hasFilters(layer));
  if (value.tensor < 0 && isLocal && isPrivate) {
    if (value.user < 0)
      value.user = (engineOf(value.writer) == 1 || value.from.isWeight) && layer >= 0 ? layer : value.layer;
    if (value.user != layer)
      complain(operand,
               "reads what only layer '" + (value.user < 0 ? "" : claims.layerName(value.user)) +
                   "' may read, written by ",
               value.writer);
  }
  if (const int tensor = value.tensor >= 0 || value.from.isComputed ? value.tensor : value.from.tensor;
      tensor >= 0 && !isLoad && !mayTake(layer, tensor))
    complain(operand, "reads " + claims.quotedTensor(tensor) + ", which its layer does not take, written by ",
             value.writer);
  if (!operand.first)
    operand.first = history.value;
  const Value &first = all[operand.first];
  if (first.tensor != value.tensor)
    complain(operand, "reads " + nameOf(first) + " and " + nameOf(value) + " as one operand; the latter is from ",
             value.writer);
  const bool areWeights = first.from.isWeight && value.from.isWeight;
  if (first.tensor < 0 && value.tensor < 0 &&
      (areWeights ? engineOf(first.writer) != engineOf(value.writer)
                  : first.from.isWeight != value.from.isWeight && takesWeights()))
    complain(operand, "reads different things as one operand; the latter is from ", value.writer);
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
  const bmodel::Reads reads = claims.readsOf(layer, value.tensor >= 0 ? value.tensor : value.from.tensor);
  const bool movesParts = command->info->family == "SG" || command->info->family == "TRANS";
  if (reads == bmodel::Reads::ByIndex || (reads == bmodel::Reads::Whole && !isBox) ||
      (movesParts && !value.numbers.isLinear())) {
    operand.isBroken = true;
    if (!operand.source)
      operand.source = id;
    return;
  }
  // The number that the operand's first element has if this one is where it should be. In linear memory steps between
  // elements are those of the addresses.
  const Numbering &numbers = value.numbers;
  const int64_t inLinear = int64_t((at - access.grid.place) / access.grid.item);
  if (!isLocal && !numbers.isLinear())
    return;
  const Spot start = {there.n - here.n, there.c - here.c, there.at - here.at, true};
  // What is one row does not say where others begin, nor do pieces of rows where images of another size do.
  const bool isOneOfRows = !numbers.row && access.grid.h > 1 && start.at;
  const bool isReshaped = value.tensor < 0 && !numbers.isLinear() && (access.grid.n > 1 || value.grid.n > 1) &&
                          access.grid.stepN != value.grid.stepN;
  if (isLocal && (isOneOfRows || isReshaped)) {
    operand.isBroken = true;
    if (!operand.source)
      operand.source = id;
    return;
  }
  const int64_t number = isLocal ? start.number(numbers) : there.number(numbers) - inLinear;
  const std::pair plane = {here.n, here.c};
  const bool mayJump = movesParts && plane != operand.plane;
  operand.plane = plane;
  if (!operand.source)
    operand.source = id, operand.at = number,
    operand.phase = numbers.isLinear() ? 0 : (start.at % numbers.row + numbers.row) % numbers.row;
  else if (mayJump)
    operand.isBroken |= operand.at != number, operand.at = number;
  else if (const Value &source = all[operand.source]; source.from.isWindow || value.from.isWindow)
    operand.isBroken |= id != operand.source; // rows of different windows are not compared
  else if (const Numbering &first = all[operand.source].numbers;
           operand.at != number || (first.width != numbers.width && !(first.isLinear() && numbers.isLinear())))
    complain(operand, "reads elements of " + nameOf(value) + " out of order; some are from ", value.writer);
}

void Values::finish(std::span<const Access> accesses, std::vector<Complaint> &complaints) {
  for (const Access &access : accesses)
    if (!claims.empty() && !access.writes && access.space == Space::Linear)
      checkInput(access);
  for (const Operand &operand : operands)
    if (!operand.isComplained)
      checkRole(operand), checkWeights(operand), checkLoaded(operand);
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
    const bool isHost = claims.countOf(claim.tensor) >= claims.countOf(value.tensor);
    const int part = isHost ? value.tensor : claim.tensor, whole = isHost ? claim.tensor : value.tensor;
    const Spot there = spotOf(value.grid, true, lanes, lane, begin), here = spotOf(grid, true, lanes, lane, begin);
    const int64_t apart = here.number(claim.numbers) - there.number(value.numbers);
    if (hostOf(whole).first != part)
      standsIn.try_emplace(part, whole, isHost ? apart : -apart);
    return isHost;
  }
  if (value.layer != (engineOf(mark) == 0 && maker >= 0 ? maker : layer))
    return complain(" in which other layers' bytes stand, written by ", value.writer);
  if (std::string wrong = wrongTensor(claim, value, access.space == Space::Lanes); !wrong.empty())
    return complain(wrong, value.writer);
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
