//===- PythonReport.cpp - pymlir.profile_bmodel ---------------------------===//
// The Python face of the profile, and of the file of groups that may go with it.
// Knows no MLIR.
#include "Python.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/GroupText.h"
#include "tpu_mlir/Report/Profile.h"
#include "tpu_mlir/Sim/HostSubnets.h"
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

py::list hostOps(const FilePath &path) {
  const bmodel::Model model = bmodel::readBmodel(path.text);
  py::list list;
  for (const bmodel::Net &net : model.net)
    for (const bmodel::NetParameter &stage : net.parameter)
      for (const sim::HostOpReport &op : sim::hostReport(stage, path.text)) {
        py::dict one;
        one["name"] = op.layer.name, one["op"] = op.layer.op, one["reason"] = op.layer.reason;
        one["subnet"] = op.subnet, one["bytes_in"] = op.bytesIn, one["bytes_out"] = op.bytesOut;
        one["seconds"] = op.seconds;
        list.append(one);
      }
  return list;
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
  m.def("host_ops", &hostOps, py::arg("path"),
        "What the host runs of a bmodel, in order: dicts with 'name', 'op', 'reason', 'subnet', 'bytes_in' and "
        "'bytes_out' (across the border), and 'seconds', a rough estimate.");
  m.def("read_groups", &readGroups, py::arg("path"),
        "The groups of a file that layer-group dumped or takes: dicts with 'ops', 'joined', 'stored', and 'alone' or "
        "'slices'.");
}

} // namespace tpu_mlir
