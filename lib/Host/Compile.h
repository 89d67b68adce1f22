//===- Compile.h - From items to steps --------------------------*- C++ -*-===//
// From what is to be computed to steps with buffers and layouts. Which items
// are joined is decided before (Fuse.h), what a step calls, by its loop or by
// oneDNN.
#ifndef TPU_MLIR_LIB_HOST_COMPILE_H
#define TPU_MLIR_LIB_HOST_COMPILE_H

#include "Dnnl.h"
#include "Program.h"

namespace tpu_mlir::host {

/// Where a program leaves a tensor.
struct Stored {
  int buffer = -1;
  Layout layout;
};

struct Compiled {
  Program program;
  /// By tensor number; buffer -1 where it is not computed.
  std::vector<Stored> stored;
};

struct CompileRequest {
  std::vector<Item> items;
  const std::vector<Tensor> &tensors;
  std::vector<const void *> inputs; ///< by tensor number: memory of the module's inputs, null for others
  std::vector<int> outputs;         ///< tensors to leave row-major
  bool keepAll = false;             ///< leave every tensor that an item computes
  DnnlContext *dnnl = nullptr;      ///< null: only loops
};

/// Makes the steps of all items, with layouts as the steps like them best, and places their memory.
Compiled compile(const CompileRequest &request);

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_COMPILE_H
