//===- PythonPlan.cpp - pymlir.plan_arena ---------------------------------===//
// The Python face of the planner of global memory, for whoever wants to hold it
// against other lifetimes than a network's. Knows no MLIR.
#include "Python.h"
#include "tpu_mlir/Allocate/Arena.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir {

namespace {

py::dict planArena(const std::vector<std::tuple<int64_t, int64_t, int64_t>> &lifetimes, int64_t align) {
  std::vector<allocate::Lifetime> lives;
  for (auto [first, last, bytes] : lifetimes) {
    if (last < first || bytes < 0)
      throw UserError("lifetime " + std::to_string(lives.size()) + " from " + std::to_string(first) + " to " +
                      std::to_string(last) + " of " + std::to_string(bytes) + " bytes is none");
    lives.push_back({first, last, bytes});
  }
  if (align <= 0)
    throw UserError("an alignment of " + std::to_string(align) + " bytes is none");
  allocate::Arena arena;
  {
    py::gil_scoped_release release;
    arena = allocate::planArena(lives, align);
  }
  py::dict result;
  result["offsets"] = arena.offsets;
  result["bytes"] = arena.bytes;
  result["lower_bound"] = arena.lowerBound;
  return result;
}

} // namespace

void bindPlan(py::module_ &m) {
  m.def("plan_arena", &planArena, py::arg("lifetimes"), py::arg("align") = 4096,
        "Place tensors that live from step `first` to step `last`, both included, so that none that live at the same "
        "time overlap: a list of (first, last, bytes). Returns {'offsets', 'bytes', 'lower_bound'}, the last being the "
        "most bytes that live at once.");
}

} // namespace tpu_mlir
