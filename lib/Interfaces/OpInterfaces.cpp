//===- OpInterfaces.cpp - Generated interface definitions -----------------===//
// The definitions that tablegen has made.
#include "tpu_mlir/Interfaces/OpInterfaces.h"

#include "tpu_mlir/Interfaces/OpInterfaces.cpp.inc"
