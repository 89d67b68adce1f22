//===- Profile.cpp - bmodel-tool profile ----------------------------------===//
// Prints the timed stream as JSON.

#include "tpu_mlir/Report/Profile.h"
#include "Verbs.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::bmodel_tool {

int profile(const Arguments &arguments) {
  const std::string &path = arguments.inputs[0];
  writeText(arguments.output, report::profileOf(bmodel::readBmodel(path), path));
  return kExitDone;
}

} // namespace tpu_mlir::bmodel_tool
