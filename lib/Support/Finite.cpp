//===- Finite.cpp - NaN and infinity in arrays ----------------------------===//
// Says which element of an array is no finite number.
#include "tpu_mlir/Support/Finite.h"

#include <algorithm>
#include <cmath>

namespace tpu_mlir {

std::string nonfiniteText(const NpzArray &array) {
  if (array.type != NpyType::F16 && array.type != NpyType::F32 && array.type != NpyType::F64)
    return "";
  std::vector<float> values(size_t(array.count()));
  toFloat(array, values.data());
  auto isBad = [](float v) { return !std::isfinite(v); };
  auto first = std::find_if(values.begin(), values.end(), isBad);
  if (first == values.end())
    return "";
  std::string index;
  for (int64_t flat = first - values.begin(), axis = int64_t(array.shape.size()) - 1; axis >= 0; --axis) {
    index = std::to_string(flat % array.shape[size_t(axis)]) + (index.empty() ? "" : ", ") + index;
    flat /= array.shape[size_t(axis)];
  }
  return std::to_string(std::count_if(first, values.end(), isBad)) + " of " + std::to_string(values.size()) +
         " elements that are not finite; the first is " +
         (std::isnan(*first) ? "nan"
          : *first > 0       ? "inf"
                             : "-inf") +
         " at [" + index + "]";
}

} // namespace tpu_mlir
