//===- PythonReport.cpp - pymlir.profile_bmodel ---------------------------===//
// The Python face of the profile. Knows no MLIR.
#include "Python.h"
#include "tpu_mlir/Report/Profile.h"

namespace tpu_mlir {

void bindReport(py::module_ &m) {
  m.def(
      "profile_bmodel",
      [](const std::string &path) {
        py::gil_scoped_release release;
        return report::profileOf(bmodel::readBmodel(path), path);
      },
      py::arg("path"),
      "Time a bmodel without its data. Returns JSON text: figures, layers, commands with their times and accesses, and "
      "what lies in local memory from when to when.");
}

} // namespace tpu_mlir
