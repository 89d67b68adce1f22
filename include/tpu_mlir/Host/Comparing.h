//===- Comparing.h - What comparisons ask -----------------------*- C++ -*-===//
// The modes of top.Compare, their names, and what each says of two numbers. Truth
// is 1 and 0, and any number but 0 is true. How chips compare is kernels'.
#ifndef TPU_MLIR_HOST_COMPARING_H
#define TPU_MLIR_HOST_COMPARING_H

#include <iterator>
#include <optional>
#include <string_view>

namespace tpu_mlir {

enum class Comparing { Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual, And, Or, Xor };

inline constexpr std::string_view kComparings[] = {
    "Equal", "NotEqual", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor"};

/// The mode of that name.
inline std::optional<Comparing> comparingOf(std::string_view name) {
  for (int i = 0; i < int(std::size(kComparings)); ++i)
    if (kComparings[i] == name)
      return Comparing(i);
  return std::nullopt;
}

/// Whether the mode joins truth values.
inline bool isLogical(Comparing mode) { return mode >= Comparing::And; }

/// Whether `a` is to `b` as the mode says; NaN differs from everything and is in no order.
template <typename T> bool holds(Comparing mode, T a, T b) {
  switch (mode) {
  case Comparing::Equal:
    return a == b;
  case Comparing::NotEqual:
    return a != b;
  case Comparing::Greater:
    return a > b;
  case Comparing::GreaterOrEqual:
    return a >= b;
  case Comparing::Less:
    return a < b;
  case Comparing::LessOrEqual:
    return a <= b;
  case Comparing::And:
    return a != 0 && b != 0;
  case Comparing::Or:
    return a != 0 || b != 0;
  case Comparing::Xor:
    return (a != 0) != (b != 0);
  }
  return false;
}

} // namespace tpu_mlir

#endif // TPU_MLIR_HOST_COMPARING_H
