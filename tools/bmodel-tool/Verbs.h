//===- Verbs.h - What bmodel-tool can do ------------------------*- C++ -*-===//
// One function per verb; each has its own file. They throw UserErrors for the
// user's mistakes and return the exit code.
#ifndef TPU_MLIR_TOOLS_BMODEL_TOOL_VERBS_H
#define TPU_MLIR_TOOLS_BMODEL_TOOL_VERBS_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Isa/Table.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir::bmodel_tool {

/// The command line behind the verb: files in order, -o and -i.
struct Arguments {
  std::vector<std::string> inputs;
  std::string output, networkInput;
};

int info(const Arguments &arguments);
int disassemble(const Arguments &arguments);
int assemble(const Arguments &arguments);
int extract(const Arguments &arguments);
int check(const Arguments &arguments);
int profile(const Arguments &arguments);
int compare(const Arguments &arguments);

/// The chip that a model was compiled for; UserError that names the file where there are no rules for it.
const target::Chip &chipOf(const bmodel::Model &model, const std::string &path);

/// Writes to -o, or to standard output where that is empty or "-".
void writeText(const std::string &output, const std::string &text);

} // namespace tpu_mlir::bmodel_tool

#endif // TPU_MLIR_TOOLS_BMODEL_TOOL_VERBS_H
