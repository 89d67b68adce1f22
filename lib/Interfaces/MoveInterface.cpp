//===- MoveInterface.cpp - Generated interface definitions ----------------===//
#include "tpu_mlir/Interfaces/MoveInterface.h"

#include "tpu_mlir/Interfaces/MoveInterface.cpp.inc"
