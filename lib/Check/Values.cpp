//===- Values.cpp - Do commands read what the file says they read ---------===//

#include "Values.h"

namespace tpu_mlir::safety {

using isa::Field;

namespace {

/// An element's place in a grid.
struct Spot {
  uint64_t n, c;
  int64_t at; ///< in its plane, in elements
  bool inside;
};

Spot spotOf(const Grid &grid, bool linear, uint32_t lanes, uint32_t lane, uint64_t address) {
  Spot spot = {0, 0, 0, false};
  if (address < grid.place && (linear || lane >= grid.lane))
    return spot;
  uint64_t rest = address - grid.place, group = 0;
  const uint64_t plane = (grid.h - 1) * grid.stepH + (grid.w - 1) * grid.stepW + grid.item;
  if (grid.n > 1 && grid.stepN) {
    spot.n = rest / grid.stepN;
    rest %= grid.stepN;
  }
  const uint64_t groups = linear ? grid.c : (grid.lane + grid.c + lanes - 1) / lanes;
  if (groups > 1 && grid.stepC) {
    group = rest / grid.stepC;
    rest %= grid.stepC;
  }
  spot.c = linear ? group : group * lanes + lane - grid.lane;
  spot.at = int64_t(rest / grid.item);
  spot.inside = rest < plane && spot.n < grid.n && spot.c < grid.c;
  return spot;
}

/// Whether places in a plane are proportional to addresses.
bool isPlain(const Grid &grid) {
  return (grid.w == 1 || grid.stepW == grid.item) && (grid.h == 1 || grid.stepH >= grid.w * grid.item) &&
         (grid.n == 1 || grid.stepN);
}

} // namespace

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
  made = ValueId(all.size());
  Value value = {mark, layer, -1, step, access.grid, access.space == Space::Linear, {}};
  // A copy to other lanes is still the tensor.
  if (command->info->family == "TRANS" && operands.size() == 1 && operands[0].numbered &&
      command->get(command->info->kindField) == isa::kTsbcLCopy) {
    const Value &source = all[operands[0].first];
    value.tensor = source.tensor, value.numbers = source.numbers, value.numbers.first = operands[0].at;
  }
  all.push_back(value);
  return made;
}

ValueId Values::claimed(const Claim &claim, const Access &access) {
  all.push_back({mark, layer, claim.tensor, step, access.grid, access.space == Space::Linear, claim.numbers});
  return ValueId(all.size() - 1);
}

std::string Values::nameOf(const Value &value) const {
  if (value.tensor >= 0)
    return "tensor '" + claims.tensorName(value.tensor) + "'";
  return value.layer >= 0 ? "what layer '" + claims.layerName(value.layer) + "' made" : "what no layer made";
}

void Values::complain(Operand &operand, const std::string &sentence, Mark other) {
  if (!operand.complained)
    found.push_back({operand.access.operand, sentence, other});
  operand.complained = true;
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
  if (isLocal && first.tensor != value.tensor)
    complain(operand,
             "reads " + nameOf(first) + " and " + nameOf(value) + " as one operand; the latter is from ", value.writer);
  if (!value.numbers.known || !isPlain(access.grid) || access.grid.item != value.grid.item)
    return;
  for (uint64_t at : {begin, end - access.grid.item})
    checkOrder(operand, access, value, lane, at);
}

/// The elements of an operand follow each other as in their tensor. A lookup may take one channel's in several lanes.
void Values::checkOrder(Operand &operand, const Access &access, const Value &value, uint32_t lane, uint64_t at) {
  const bool isLocal = access.space == Space::Lanes;
  const Numbering &numbers = value.numbers;
  const Spot there = spotOf(value.grid, value.linear, lanes, lane, at);
  const Spot here = spotOf(access.grid, !isLocal, lanes, lane, at);
  if (!there.inside || !here.inside)
    return;
  int64_t number =
      numbers.first + int64_t(there.n) * numbers.image + int64_t(there.c) * numbers.plane + there.at;
  if (isLocal)
    number -= int64_t(here.n) * numbers.image + int64_t(here.c) * numbers.plane + here.at;
  else
    number -= int64_t((at - access.grid.place) / access.grid.item);
  const uint64_t plane = (here.n << 32 | here.c) + 1;
  if (command->info->family == "SG" && plane != operand.plane)
    operand.numbered = false;
  operand.plane = plane;
  if (!operand.numbered)
    operand.at = number, operand.numbered = true;
  else if (operand.at != number)
    complain(operand, "reads elements of " + nameOf(value) + " out of order; some are from ", value.writer);
}

/// Filters, entries and tables of a layer are of one kind in all its commands, and so is what they are applied to.
void Values::checkRole(const Operand &operand) {
  const std::string_view family = command->info->family;
  const Grid &grid = operand.access.grid;
  const bool broadcasts = family == "AR" && (grid.h == 1 || !grid.stepH) && (grid.w == 1 || !grid.stepW) && command->has(Field::opd0_str) && command->get(operand.access.operand == "opd0" ? Field::opd0_str : Field::opd1_str) == isa::kLayoutExplicit;
  if (layer < 0 || !operand.first || !(broadcasts || family == "CONV" || family == "PORD" || family == "RQ" || family == "SG" || family == "LIN"))
    return;
  const Value &value = all[operand.first];
  const Role role = {value.tensor, value.layer, value.tensor < 0 ? value.step : 0, mark};
  const auto [it, isNew] = roles.try_emplace({layer, step << 1 | broadcasts, operand.access.operand}, role);
  if (!isNew && (it->second.tensor != role.tensor || it->second.step != role.step))
    found.push_back({operand.access.operand, "reads " + nameOf(value) + ", of another kind than that of the same layer's ", it->second.reader});
}

void Values::finish(std::vector<Complaint> &complaints) {
  for (const Operand &operand : operands)
    if (!operand.complained)
      checkRole(operand);
  complaints = found;
}

void Values::claim(const Claim &claim, const History &history, std::vector<Complaint> &complaints) {
  if (!complaints.empty())
    return;
  const std::string piece = "a piece of tensor '" + claims.tensorName(claim.tensor) + "' ";
  const Value &value = all[history.value];
  if (!history.value)
    complaints.push_back({"", piece + "is said to be complete, but nothing has written all of it since the start", kNobody});
  else if (const int maker = claims.layerOfTensor(claim.tensor); engineOf(mark) == 0 && maker >= 0 && value.layer != maker)
    complaints.push_back({"", piece + "is said to be complete, but has bytes of ", value.writer});
}

} // namespace tpu_mlir::safety
