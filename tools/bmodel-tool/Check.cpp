//===- Check.cpp - bmodel-tool check --------------------------------------===//
// Prints what the library's check finds.

#include "tpu_mlir/Bmodel/Check.h"
#include "Verbs.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::bmodel_tool {

int check(const Arguments &arguments) {
  const std::string &path = arguments.inputs[0];
  const bmodel::Model model = bmodel::readBmodel(path);
  const target::Chip &chip = chipOf(model, path);
  const std::vector<bmodel::Finding> findings = bmodel::check(model, isa::tableFor(chip.identity.isa), chip);
  std::string out;
  for (const bmodel::Finding &finding : findings)
    out += finding.where + ": " + finding.sentence + "\n";
  size_t groups = 0, commands = 0;
  for (const bmodel::Net &net : model.net)
    for (const bmodel::NetParameter &parameter : net.parameter)
      for (const bmodel::CmdGroup &group : parameter.cmdGroup)
        ++groups, commands += group.bdcNum + group.gdmaNum;
  if (findings.empty())
    out += "ok: " + std::to_string(commands) + " commands in " + std::to_string(groups) +
           (groups == 1 ? " group\n" : " groups\n");
  writeText("", out);
  if (!findings.empty())
    throw UserError(path + ": " + std::to_string(findings.size()) + (findings.size() == 1 ? " finding" : " findings"));
  return kExitDone;
}

} // namespace tpu_mlir::bmodel_tool
