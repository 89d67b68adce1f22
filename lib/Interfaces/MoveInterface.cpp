//===- MoveInterface.cpp - Generated interface definitions ----------------===//
// The definitions that tablegen has made.
#include "tpu_mlir/Interfaces/MoveInterface.h"

#include "tpu_mlir/Interfaces/MoveInterface.cpp.inc"
