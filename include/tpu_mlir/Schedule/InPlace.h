//===- InPlace.h - Copies that need not happen ------------------*- C++ -*-===//
// Finds copies whose operand or result may lie where the other is. Gives no
// addresses: address-assign does.
#ifndef TPU_MLIR_SCHEDULE_INPLACE_H
#define TPU_MLIR_SCHEDULE_INPLACE_H

#include "tpu_mlir/Schedule/Timeline.h"

namespace tpu_mlir::schedule {

/// Where in global memory a value lies: in its own place, or inside that of another.
struct Inside {
  int host = -1; ///< value, or -1: its own place
  int64_t offset = 0;
};

/// By value: what ops that run by themselves would copy from one place to another and may as well have there from the
/// start. An operand that a concatenation takes whole is made where the result wants it; a slice of consecutive bytes
/// stays where its operand is. Hosts lie in their own places or inside others, never in a circle.
std::vector<Inside> placesInside(const Network &network, const Plan &plan);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_INPLACE_H
