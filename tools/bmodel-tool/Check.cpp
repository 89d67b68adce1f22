//===- Check.cpp - bmodel-tool check --------------------------------------===//
// Prints what the proof of legality and safety finds.

#include "Verbs.h"
#include "tpu_mlir/Check/Safety.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Tool.h"

namespace tpu_mlir::bmodel_tool {

int check(const Arguments &arguments) {
  const std::string &path = arguments.inputs[0];
  const bmodel::Model model = bmodel::readBmodel(path);
  const target::Chip &chip = chipOf(model, path);
  const safety::Report report = safety::checkModel(model, isa::tableFor(chip.identity.isa), chip);
  std::string out;
  for (const bmodel::Finding &finding : report.findings)
    out += finding.where + ": " + finding.sentence + "\n";
  for (const bmodel::Finding &note : report.notes)
    out += "note: " + note.where + ": " + note.sentence + "\n";
  if (report.isSafe())
    out += "ok: " + std::to_string(report.commands) + " commands in " + std::to_string(report.groups) +
           (report.groups == 1 ? " group\n" : " groups\n");
  writeText("", out);
  if (!report.isSafe())
    printError("'" + path + "' is not safe to run: " + std::to_string(report.findings.size()) +
               (report.findings.size() == 1 ? " finding" : " findings"));
  return report.isSafe() ? kExitDone : kExitCompareFailed;
}

} // namespace tpu_mlir::bmodel_tool
