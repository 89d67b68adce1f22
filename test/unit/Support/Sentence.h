//===- Sentence.h - What a user would be told -------------------*- C++ -*-===//
// Turns the UserError of an action into its text, for comparisons.
#ifndef TPU_MLIR_TEST_UNIT_SUPPORT_SENTENCE_H
#define TPU_MLIR_TEST_UNIT_SUPPORT_SENTENCE_H

#include "tpu_mlir/Support/Error.h"

#include <functional>
#include <string>

namespace tpu_mlir::test {

/// The sentence that `action` ends with, or "no error".
inline std::string sentenceOf(const std::function<void()> &action) {
  try {
    action();
  } catch (const UserError &e) {
    return e.what();
  }
  return "no error";
}

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_SUPPORT_SENTENCE_H
