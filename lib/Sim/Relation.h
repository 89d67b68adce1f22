//===- Relation.h - Could these results follow from these inputs? -*- C++ -*-===//
// The test by which a debugger tells a wrong element-wise command from a right
// one with wrong inputs: no element-wise command gives equal inputs different
// results, and one that scales, shifts, adds or clamps never turns. So expected
// results that break this cannot come from these inputs.
#ifndef TPU_MLIR_LIB_SIM_RELATION_H
#define TPU_MLIR_LIB_SIM_RELATION_H

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace tpu_mlir::sim {

/// Inputs and expected results of an element-wise command, in one set per channel or one for all.
class Relation {
public:
  void add(int64_t set, double input, double expected) { sets[set].push_back({input, expected}); }
  /// Pairs of neighbours in the order of inputs.
  int64_t pairs() const { return count; }
  /// Whether expected results could be a function of the inputs; with `isMonotone` one that never turns.
  bool isPossible(bool isMonotone) {
    bool possible = true;
    for (auto &[set, points] : sets) {
      std::sort(points.begin(), points.end());
      bool rises = false, falls = false;
      for (size_t i = 1; i < points.size(); ++i) {
        auto [x0, y0] = points[i - 1];
        auto [x1, y1] = points[i];
        ++count;
        if (x0 == x1 && y0 != y1)
          possible = false;
        rises |= y1 > y0, falls |= y1 < y0;
      }
      possible &= !(isMonotone && rises && falls);
    }
    return possible;
  }

private:
  std::map<int64_t, std::vector<std::pair<double, double>>> sets;
  int64_t count = 0;
};

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_RELATION_H
