//===- TensorTable.h - Which command completes which tensor -----*- C++ -*-===//
// The table that lets a debugger read every tensor of a network from global
// memory: where it lies, its format, and the command after which it is
// complete. It travels in NetParameter.tensor_loc of a bmodel, or beside it as
// tensor_location.json. Both are the same JSON text.
#ifndef TPU_MLIR_SIM_TENSORTABLE_H
#define TPU_MLIR_SIM_TENSORTABLE_H

#include "tpu_mlir/Kernel/Format.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tpu_mlir::sim {

/// Commands `first` to `last` of one stream.
struct CommandRange {
  uint32_t group = 0;
  bool byGdma = true;
  uint32_t first = 1, last = 1;
  bool operator==(const CommandRange &) const = default;
};

struct TensorEntry {
  std::string name;
  kernel::DType dtype = kernel::DType::F32;
  std::vector<int64_t> shape;
  uint64_t address = 0; ///< global memory, contiguous
  float scale = 1;      ///< value = (stored − zeroPoint) · scale
  int32_t zeroPoint = 0;
  uint32_t group = 0;                 ///< command group
  bool byGdma = true;                 ///< engine of the completing command
  uint32_t command = 0;               ///< its id; 0: the tensor is there from the start
  std::vector<CommandRange> ranges{}; ///< all commands of the layer that makes it; empty where the table does not say
  int64_t count() const;
  int64_t bytes() const { return count() * kernel::byteSize(dtype); }
  bool operator==(const TensorEntry &) const = default;
};

/// Reads the JSON text; `where` stands in messages. UserError for anything else.
std::vector<TensorEntry> parseTensorTable(std::string_view json, const std::string &where);

/// The inverse; one entry a line, the same bytes for the same entries.
std::string printTensorTable(const std::vector<TensorEntry> &entries);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_TENSORTABLE_H
