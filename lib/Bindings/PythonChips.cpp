//===- PythonChips.cpp - pymlir.known_chips, pymlir.host_list -------------===//
// The names of chips, which stand in the chips' data files alone, for Python to
// refuse or resolve what a user typed; and what no chip runs.
#include "Python.h"
#include "tpu_mlir/Dialect/Top/IR/HostOps.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir {

static py::dict knownChips() {
  std::vector<std::string> names, built;
  for (std::string_view name : target::knownNames())
    names.emplace_back(name);
  for (const target::Chip *chip : target::builtChips())
    built.emplace_back(chip->identity.name);
  py::dict aliases;
  for (const target::Alias &alias : target::aliases())
    aliases[py::str(std::string(alias.name))] = std::string(alias.target);
  py::dict result;
  result["names"] = names;
  result["aliases"] = aliases;
  result["built"] = built;
  return result;
}

void bindChips(py::module_ &m) {
  m.def(
      "host_list",
      [] {
        std::vector<std::pair<std::string, std::string>> list;
        for (const top::HostRule &rule : top::hostRules())
          list.emplace_back(rule.what.str(), rule.reason.str());
        return list;
      },
      "What the host may run, because no chip does: pairs of an op or an element type, and why.");
  m.def("known_chips", &knownChips,
        "{'names': what users may type, 'aliases': second names, 'built': chips that have rules}.");
}

} // namespace tpu_mlir
