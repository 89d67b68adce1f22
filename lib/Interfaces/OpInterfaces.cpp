//===- OpInterfaces.cpp - Generated interface definitions -----------------===//
#include "tpu_mlir/Interfaces/OpInterfaces.h"

#include "tpu_mlir/Interfaces/OpInterfaces.cpp.inc"
