//===- Primitive.cpp - The table of primitives ----------------------------===//
// The rows in order, and questions about the steps of a recipe that any row
// answers. Knows no row by name.
#include "tpu_mlir/Primitive/Primitive.h"

namespace tpu_mlir {

std::span<const Primitive *const> primitives() {
  static const Primitive *const table[] = {
#define PRIMITIVE(Name, function) &primitive::function(),
#include "tpu_mlir/Primitive/Primitives.def"
  };
  return table;
}

int numberOf(const Primitive &primitive) {
  const std::span<const Primitive *const> table = primitives();
  const auto at = std::find(table.begin(), table.end(), &primitive);
  assert(at != table.end() && "Primitives.def names every row");
  return int(at - table.begin());
}

Step makeStep(const Primitive &primitive, int dst, std::initializer_list<int> sources) {
  assert(sources.size() <= size_t(Step::kMostSources));
  Step step;
  step.primitive = &primitive, step.dst = dst;
  std::copy(sources.begin(), sources.end(), step.sources.begin());
  return step;
}

bool readsAs(const Step &step, int buffer, Role role) {
  const std::span<const Role> roles = step.primitive->roles();
  for (size_t i = 0; i < roles.size(); ++i)
    if (step.sources[i] == buffer && roles[i] == role)
      return true;
  return false;
}

bool readsAs(const Recipe &recipe, int buffer, Role role) {
  return std::any_of(recipe.steps.begin(), recipe.steps.end(), [&](const Step &s) { return readsAs(s, buffer, role); });
}

bool hasRole(const Recipe &recipe, Role role) {
  for (const Step &s : recipe.steps) {
    const std::span<const Role> roles = s.primitive->roles();
    for (size_t i = 0; i < roles.size(); ++i)
      if (s.has(int(i)) && roles[i] == role)
        return true;
  }
  return false;
}

} // namespace tpu_mlir
