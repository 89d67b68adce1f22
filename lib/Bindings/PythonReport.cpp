//===- PythonReport.cpp - pymlir.profile_bmodel ---------------------------===//
// The Python face of the profile, and of the file of groups that may go with it.
// Knows no MLIR.
#include "Python.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/GroupText.h"
#include "tpu_mlir/Report/Profile.h"
#include "tpu_mlir/Support/Files.h"

namespace tpu_mlir {

namespace {

py::list readGroups(const FilePath &path) {
  std::vector<uint8_t> text = readFile(path);
  py::list groups;
  for (const tpu::WrittenGroup &g :
       tpu::readGroupText({reinterpret_cast<const char *>(text.data()), text.size()}, path).groups) {
    py::dict group;
    group["ops"] = g.ops;
    group["joined"] = g.joined;
    group["stored"] = g.stored;
    if (g.alone)
      group["alone"] = *g.alone;
    if (g.hasSlices) {
      py::dict slices;
      slices["n"] = g.n, slices["h"] = g.h, slices["w"] = g.w;
      group["slices"] = slices;
    }
    groups.append(group);
  }
  return groups;
}

} // namespace

void bindReport(py::module_ &m) {
  m.def(
      "profile_bmodel",
      [](const FilePath &path) {
        py::gil_scoped_release release;
        std::string profile = report::profileOf(bmodel::readBmodel(path.text), path);
        MappedFile::requireWhole();
        return profile;
      },
      py::arg("path"),
      "Time a bmodel without its data. Returns JSON text: figures, layers, commands with their times and accesses, and "
      "what lies in local memory from when to when.");
  m.def("read_groups", &readGroups, py::arg("path"),
        "The groups of a file that layer-group dumped or takes: dicts with 'ops', 'joined', 'stored', and 'alone' or "
        "'slices'.");
}

} // namespace tpu_mlir
