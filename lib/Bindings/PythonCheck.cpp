//===- PythonCheck.cpp - pymlir.check_bmodel ------------------------------===//
// The Python face of the safety proof: its findings as lines, and what it looked
// at. Knows no MLIR.
#include "Python.h"
#include "tpu_mlir/Check/Safety.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir {

namespace {

py::dict checkBmodel(const FilePath &path) {
  safety::Report report;
  {
    py::gil_scoped_release release;
    const bmodel::Model model = bmodel::readBmodel(path.text);
    const target::Chip &chip = target::lookupOf(path, model.chip);
    report = safety::checkModel(model, isa::tableFor(chip.identity.isa), chip);
  }
  const auto lines = [](const std::vector<bmodel::Finding> &list) {
    std::vector<std::string> out;
    for (const bmodel::Finding &one : list)
      out.push_back(one.where + ": " + one.sentence);
    return out;
  };
  py::dict result;
  result["findings"] = lines(report.findings);
  result["notes"] = lines(report.notes);
  result["groups"] = report.groups;
  result["commands"] = report.commands;
  result["accesses"] = report.accesses;
  return result;
}

} // namespace

void bindCheck(py::module_ &m) {
  m.def("check_bmodel", &checkBmodel, py::arg("path"),
        "Prove that a bmodel is legal and safe to run, from its bytes alone. Returns {'findings': one line each, "
        "'notes': what is unusual, 'groups', 'commands', 'accesses'}; no findings means that the proof holds.");
}

} // namespace tpu_mlir
