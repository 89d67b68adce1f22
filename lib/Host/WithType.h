//===- WithType.h - C++ types of elements -----------------------*- C++ -*-===//
// From an element type that is known when a step is made to code for that type.
#ifndef TPU_MLIR_LIB_HOST_WITHTYPE_H
#define TPU_MLIR_LIB_HOST_WITHTYPE_H

#include "tpu_mlir/Host/Graph.h"

namespace tpu_mlir::host {

/// Calls `function` with a value of the C++ type of `element`. A bool is a uint8_t.
template <typename Function> auto withType(Element element, Function function) {
  switch (element) {
  case Element::F32:
    return function(float());
  case Element::I64:
    return function(int64_t());
  case Element::I32:
    return function(int32_t());
  case Element::I8:
    return function(int8_t());
  case Element::U8:
  case Element::Bool:
    break;
  }
  return function(uint8_t());
}

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_WITHTYPE_H
