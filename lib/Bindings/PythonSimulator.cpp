//===- PythonSimulator.cpp - pymlir.run_bmodel ----------------------------===//
// The Python face of the simulator: arrays by tensor name in and out, and a
// summary of the run. Knows no MLIR.
#include "Python.h"
#include "tpu_mlir/Sim/Numbers.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"

#include <cstring>

namespace tpu_mlir {

namespace {

/// A numpy array as the readers of npz files see one; `holder` keeps its bytes.
NpzArray viewOf(const std::string &name, const py::array &given, std::vector<py::array> &holder) {
  constexpr NpyType kTypes[] = {NpyType::Bool, NpyType::I8,  NpyType::U8,  NpyType::I16, NpyType::U16, NpyType::I32,
                                NpyType::U32,  NpyType::I64, NpyType::U64, NpyType::F16, NpyType::F32, NpyType::F64};
  py::dtype native = py::reinterpret_borrow<py::dtype>(given.dtype().attr("newbyteorder")("="));
  holder.push_back(py::array::ensure(given.attr("astype")(native, "C", "unsafe", true, false), py::array::c_style));
  const py::array &array = holder.back();
  std::string type = py::str(array.dtype().attr("name"));
  for (NpyType known : kTypes)
    if (type == tpu_mlir::name(known))
      return {name, known, std::vector<int64_t>(array.shape(), array.shape() + array.ndim()), array.data(),
              static_cast<size_t>(array.nbytes())};
  throw UserError("input '" + name + "' has type " + type + ", which is no number");
}

py::array arrayOf(const std::string &tensor, const sim::SeenArray &seen) {
  constexpr size_t kMostAxes = 32; // numpy before version 2 has no more
  if (seen.shape.size() > kMostAxes)
    throw UserError("tensor '" + tensor + "' has " + std::to_string(seen.shape.size()) + " axes; at most " +
                    std::to_string(kMostAxes) + " are possible, in numpy as here");
  py::array array(py::dtype(tpu_mlir::name(seen.type)), seen.shape);
  if (!seen.bytes.empty())
    std::memcpy(array.mutable_data(), seen.bytes.data(), seen.bytes.size());
  return array;
}

py::dict summaryOf(const sim::Simulator &simulator, const sim::RunResult &run) {
  py::dict summary;
  summary["chip"] = std::string(simulator.chip().identity.name);
  summary["cycles"] = static_cast<int64_t>(run.cycles + 0.5);
  summary["milliseconds"] = run.milliseconds;
  summary["tiu_commands"] = run.engines[isa::Engine::TIU].commands;
  summary["gdma_commands"] = run.engines[isa::Engine::GDMA].commands;
  summary["tiu_busy_cycles"] = static_cast<int64_t>(run.engines[isa::Engine::TIU].busyCycles + 0.5);
  summary["gdma_busy_cycles"] = static_cast<int64_t>(run.engines[isa::Engine::GDMA].busyCycles + 0.5);
  summary["macs"] = run.work.macs();
  summary["ddr_read_bytes"] = run.work.ddrReadBytes;
  summary["ddr_write_bytes"] = run.work.ddrWriteBytes;
  summary["ddr_bytes"] = run.work.ddrReadBytes + run.work.ddrWriteBytes;
  summary["host_ops"] = run.hostOps;
  return summary;
}

py::dict runBmodel(const FilePath &file, const py::dict &inputs, bool dumpAll, bool isFixed) {
  const std::string &path = file;
  bmodel::Model model = bmodel::readBmodel(path);
  sim::Simulator simulator(model, path);
  if (dumpAll && simulator.tensorTable().empty())
    throw UserError("'" + path +
                    "' has no tensor table, and no tensor_location.json lies beside it; only its outputs can be shown");
  std::vector<py::array> holder;
  py::dict taken;
  for (const sim::NetTensor &input : simulator.inputs()) {
    // A single array for a single input needs no matching name.
    py::handle given;
    if (inputs.contains(input.name))
      given = inputs[py::str(input.name)];
    else if (inputs.size() == 1 && simulator.inputs().size() == 1)
      given = inputs.begin()->second, taken[py::str(input.name)] = inputs.begin()->first;
    else
      throw UserError("'" + path + "' takes an input '" + input.name + "', which is not given");
    simulator.setInput(input.name, sim::encodeInput(input, viewOf(input.name, py::array::ensure(given), holder)));
  }
  sim::RunOptions options;
  options.collectTensors = dumpAll;
  sim::RunResult run;
  {
    py::gil_scoped_release release;
    run = simulator.run(options);
    MappedFile::requireWhole();
  }
  py::dict tensors, known;
  for (const std::vector<sim::TensorValue> *list : {&run.tensors, &run.outputs})
    for (const sim::TensorValue &tensor : *list)
      if (!tensors.contains(tensor.name)) {
        tensors[py::str(tensor.name)] = arrayOf(tensor.name, sim::asSeen(tensor, isFixed));
        if (!tensor.known.empty())
          known[py::str(tensor.name)] = arrayOf(tensor.name, sim::knownAsSeen(tensor));
      }
  py::dict result;
  result["tensors"] = tensors;
  result["known"] = known;
  result["taken"] = taken;
  result["summary"] = summaryOf(simulator, run);
  return result;
}

} // namespace

void bindSimulator(py::module_ &m) {
  m.def("run_bmodel", &runBmodel, py::arg("path"), py::arg("inputs"), py::arg("dump_all") = false,
        py::arg("fixed") = false,
        "Simulate a bmodel. Returns {'tensors': name -> array, 'known': name -> mask of the elements that were "
        "computed (only\n"
        "for tensors with others), 'taken': input -> name of the only array, where that was another, 'summary': "
        "cycles, commands, macs, ddr_bytes, host_ops ...}.\n"
        "Float inputs are quantised by the model's scale; fixed returns stored integers instead of float values.");
}

} // namespace tpu_mlir
