//===- Habits.cpp - What commands of one layer have in common -------------===//
// A layer runs in slices and parts, and does the same in each: operands of one
// role are of one kind, and what it loads is seen the same way each time.

#include "Values.h"
#include "tpu_mlir/Support/NameText.h"

#include <algorithm>

namespace tpu_mlir::safety {

using isa::Field;

/// Whether an operand is the same for every element of a plane: filters, entries and tables, and what is broadcast.
bool Values::isParameter(const Operand &operand, bool &broadcasts) const {
  const std::string_view family = command->info->family, name = operand.access.operand;
  const Grid &grid = operand.access.grid;
  broadcasts = family == "AR" && claims.hasFilters(layer) &&
               command->get(Field::res0_h) * command->get(Field::res0_w) > 1 && (grid.h == 1 || !grid.stepH) &&
               (grid.w == 1 || !grid.stepW) &&
               command->get(name == "opd0" ? Field::opd0_str : Field::opd1_str) == isa::kLayoutExplicit;
  return broadcasts || (family == "RQ" && name == "opd1") ||
         (name != "opd0" && (family == "CONV" || family == "PORD")) || family == "SG";
}

/// Filters, entries and tables of a layer are of one kind in all its commands, and so is what they are applied to.
void Values::checkRole(const Operand &operand) {
  bool broadcasts = false;
  const std::string_view family = command->info->family, name = operand.access.operand;
  const bool isApplied = family == "CONV" || family == "PORD";
  if (layer < 0 || !operand.first || !(isParameter(operand, broadcasts) || isApplied))
    return;
  const Value &value = all[operand.first];
  if (broadcasts && value.tensor >= 0)
    return; // sums may have several such operands
  const Role role = {value.tensor, value.tensor < 0 ? value.step : 0, mark};
  const auto [it, isNew] = roles.try_emplace({layer, step << 1 | broadcasts, name}, role);
  if (!isNew && (it->second.tensor != role.tensor || it->second.step != role.step))
    found.push_back(
        {name, "reads " + nameOf(value) + ", of another kind than that of the same layer's ", it->second.reader});
}

bool Values::takesWeights() const {
  const std::string_view family = command->info->family;
  return family == "CONV" || family == "PORD" || family == "RQ";
}

/// Filters, entries and biases come from the weights, and what they are applied to does not.
void Values::checkWeights(const Operand &operand) {
  const std::string_view family = command->info->family, name = operand.access.operand;
  if (layer < 0 || !operand.first)
    return;
  bool broadcasts = false;
  const bool isParameter = this->isParameter(operand, broadcasts);
  const bool mustBe = broadcasts || (takesWeights() && name != "opd0" && name != "res0");
  const bool mustNot =
      (name == "opd0" || name == "res0") && (family == "CONV" || family == "PORD" || family == "TRANS");
  if (!(mustBe && isParameter) && !mustNot)
    return;
  const Value &value = all[operand.first];
  const bool isWeight = value.tensor < 0 && value.from.isWeight;
  if (mustBe && !isWeight)
    found.push_back({name, "reads " + nameOf(value) + " in place of weights, written by ", value.writer});
  else if (!mustBe && isWeight)
    found.push_back({name, "reads weights in place of elements, written by ", value.writer});
}

/// The parameters that a layer loads once it sees the same way each time: parts for other channels begin whole steps
/// away.
void Values::checkLoaded(const Operand &operand) {
  bool broadcasts = false;
  const Value &value = all[operand.first];
  if (!operand.first || engineOf(value.writer) == 0 || value.tensor >= 0 || operand.access.space == Space::Linear ||
      !isParameter(operand, broadcasts))
    return;
  const Grid &grid = operand.access.grid;
  const auto [it, isNew] =
      uses.try_emplace({operand.first, step, operand.access.operand}, Use{grid.place, grid.stepC, mark});
  Use &use = it->second;
  use.isUneven |= use.stepC != grid.stepC; // blocks of groups that read more channels or fewer
  const uint64_t apart = use.place < grid.place ? grid.place - use.place : use.place - grid.place;
  if (!use.isUneven && apart && (!grid.stepC || apart % grid.stepC))
    found.push_back({operand.access.operand, "reads other bytes of what its layer has loaded than ", use.reader});
}

/// Copies between lanes and linear memory take no element twice.
void Values::checkCopy(std::span<const Access> accesses) {
  const uint32_t kind = uint32_t(command->get(command->info->kindField));
  const bool isPlain = kind == isa::kDmaTensor && command->get(Field::nchw_copy);
  if (command->info->family != "DMATensor" || !(isPlain || kind == isa::kDmaTensorBroadcast) || accesses.size() < 2 ||
      accesses[0].writes || accesses[0].space == accesses.back().space)
    return;
  const Grid &grid = accesses[0].grid;
  Box box;
  box.base = grid.place, box.run = grid.item;
  box.add(grid.w, grid.stepW), box.add(grid.h, grid.stepH);
  if (accesses[0].space == Space::Linear) // channels in lanes lie apart
    box.add(grid.c, grid.stepC), box.add(grid.n, grid.stepN);
  if (box.collides())
    found.push_back({accesses[0].operand, "reads some elements more than once", kNobody});
}

/// Loads from an input take a box of it, and those of one layer with the same steps.
void Values::checkInput(const Access &access) {
  for (const bmodel::Tensor &input : parameter.inputTensor) {
    if (access.grid.place < input.deviceAddr || access.grid.place >= input.deviceAddr + input.size ||
        input.shape.empty())
      continue;
    const auto &shapes = claims.shapesOfInput(size_t(&input - &parameter.inputTensor[0]));
    if (std::none_of(shapes.begin(), shapes.end(),
                     [&](const auto &shape) { return isBoxOf(access.grid, input.deviceAddr, shape); }))
      found.push_back({access.operand, "reads beyond the end of an axis of input " + quotedName(input.name), kNobody});
    const Grid &g = access.grid;
    if (claims.readsOf(layer, claims.inputTensor(size_t(&input - &parameter.inputTensor[0]))) == bmodel::Reads::ByIndex)
      continue;
    const auto [it, isNew] = inputSteps.try_emplace({layer, input.name}, g.stepH, g.stepW, g.stepC, mark);
    const auto &[h, w, c, reader] = it->second;
    if (!isNew && g.h > 1 && h != g.stepH)
      found.push_back({access.operand,
                       "reads input " + quotedName(input.name) + " with another row step than the same layer's ",
                       reader});
  }
}

} // namespace tpu_mlir::safety
