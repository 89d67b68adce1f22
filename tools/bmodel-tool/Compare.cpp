//===- Compare.cpp - bmodel-tool compare ----------------------------------===//
// Runs a model on the inputs of a reference file and prints what the library
// finds different.

#include "tpu_mlir/Sim/Compare.h"
#include "Verbs.h"
#include "tpu_mlir/Sim/Numbers.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::bmodel_tool {

namespace {

bool isSame(const NpzArray &a, const NpzArray &b) {
  if (a.count() != b.count())
    return false;
  std::vector<float> left(size_t(a.count())), right(left.size());
  toFloat(a, left.data());
  toFloat(b, right.data());
  return left == right;
}

/// The reference's own input, where it has one, must be the given one: else every tensor differs, and none is wrong.
const NpzArray &inputOf(const sim::NetTensor &input, const NpzFile &given, const NpzFile &reference) {
  const NpzArray *own = reference.find(input.name);
  if (const NpzArray *array = given.find(input.name)) {
    if (own && own != array && !isSame(*array, *own))
      throw UserError("'" + given.path() + "' and '" + reference.path() + "' are of different runs: their '" +
                      input.name + "' differs; give the input that made the reference, or leave out -i");
    return *array;
  }
  if (own)
    return *own;
  throw UserError("neither '" + given.path() + "' nor '" + reference.path() + "' has the network's input '" +
                  input.name + "'; give it with -i INPUTS.npz");
}

} // namespace

int compare(const Arguments &arguments) {
  const std::string &path = arguments.inputs[0];
  const bmodel::Model model = bmodel::readBmodel(path);
  chipOf(model, path);
  const NpzFile reference(arguments.inputs[1]);
  const NpzFile given(arguments.networkInput.empty() ? arguments.inputs[1] : arguments.networkInput);
  auto make = [&] {
    sim::Simulator simulator(model, path);
    for (const sim::NetTensor &input : simulator.inputs())
      simulator.setInput(input.name, sim::encodeInput(input, inputOf(input, given, reference)));
    return simulator;
  };
  if (make().tensorTable().empty())
    throw UserError("'" + path +
                    "' has no tensor table, and no tensor_location.json lies beside it; compare needs one");
  std::optional<sim::Simulator> simulator;
  sim::Comparison found = sim::compare(make, reference, {}, simulator);
  if (found.tensors == 0)
    throw UserError("'" + arguments.inputs[1] + "' has none of the tensors of '" + path +
                    "'; the reference must be the tpu interpreter's tensors");
  writeText(arguments.output, sim::report(found, *simulator));
  return found.difference ? kExitCompareFailed : kExitDone;
}

} // namespace tpu_mlir::bmodel_tool
