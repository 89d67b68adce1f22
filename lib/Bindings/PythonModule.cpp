//===- PythonModule.cpp - pymlir.module -----------------------------------===//
// The Python face of the interpreters: arrays by tensor name.
#include "GraphBuilder.h"
#include "Python.h"
#include "Session.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Host/Stored.h"
#include "tpu_mlir/Interpreter/Interpreter.h"
#include "tpu_mlir/Support/Files.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

#include <cstring>
#include <mutex>

using namespace mlir;

namespace tpu_mlir {

namespace {

class PyModule {
public:
  /// `oneDnn` and `fuse`: see TopInterpreterOptions.
  void load(const std::string &path, bool oneDnn, bool fuse);

  const std::vector<std::string> &inputNames() { return loaded().inputNames(); }
  const std::vector<std::string> &outputNames() { return loaded().outputNames(); }
  const std::vector<std::string> &tensorNames() { return loaded().tensorNames(); }
  std::vector<std::string> weightNames();
  std::vector<std::string> viewNames();
  std::string text(const char *name) { return (loaded(), llvm::json::fixUTF8(session->text(name))); }
  int64_t flops();
  int64_t macs();

  py::list ops();
  py::dict inputAttributes(const std::string &name);
  std::vector<int64_t> shape(const std::string &name) { return described(name).shape; }
  std::vector<int64_t> inputShape(const std::string &name) { return (requireInput(name), described(name).shape); }
  std::string type(const std::string &name) { return host::nameOf(described(name).own); }
  double scale(const std::string &name) { return described(name).scale; }
  int64_t zeroPoint(const std::string &name) { return described(name).zeroPoint; }

  void setTensor(const std::string &name, const py::array &array);
  void invoke(bool dumpAll);
  py::array tensor(const std::string &name, bool isFixed);
  py::dict allTensors(bool isFixed);

private:
  Interpreter &loaded();
  void requireInput(const std::string &name);
  HostTensor described(const std::string &name);
  py::array arrayOf(const HostTensor &tensor, bool isFixed);

  std::unique_ptr<Session> session;
  std::unique_ptr<Interpreter> interpreter;
  /// One call at a time; the interpreter lock of Python is not held while a network runs.
  std::mutex busy;
};

void PyModule::load(const std::string &path, bool oneDnn, bool fuse) {
  py::gil_scoped_release release;
  std::lock_guard lock(busy);
  interpreter.reset();
  session = loadSession(path);
  ErrorCollector errors(&session->context);
  FailureOr<std::unique_ptr<Interpreter>> made = createInterpreter(*session->module, {oneDnn, fuse});
  errors.check(made, "'" + path + "' cannot be interpreted");
  interpreter = std::move(*made);
}

Interpreter &PyModule::loaded() {
  if (!interpreter)
    throw MlirError("no module is loaded: call load() first");
  return *interpreter;
}

[[noreturn]] void raiseUnknown(const std::string &what, const std::string &name,
                               const std::vector<std::string> &known) {
  SmallVector<llvm::StringRef> names(known.begin(), known.end());
  throw MlirError("there is no " + what + " '" + name + "'" + didYouMean(name, names));
}

void PyModule::requireInput(const std::string &name) {
  if (!llvm::is_contained(inputNames(), name))
    throw MlirError("there is no input '" + name + "'; inputs: " + llvm::join(inputNames(), ", "));
}

HostTensor PyModule::described(const std::string &name) {
  std::optional<HostTensor> tensor = loaded().tensor(name);
  if (!tensor)
    raiseUnknown("tensor", name, tensorNames());
  return *tensor;
}

std::vector<std::string> PyModule::weightNames() {
  loaded();
  std::vector<std::string> names;
  session->module->walk([&](top::WeightOp op) { names.push_back(top::nameOf(op).str()); });
  return names;
}

/// The network as data: what computes each tensor from which others.
py::list PyModule::ops() {
  loaded();
  py::list list;
  session->module->walk([&](Operation *op) {
    if (op->getNumResults() == 0 || isa<top::WeightOp, top::NoneOp>(op))
      return;
    py::list operands;
    for (Value v : op->getOperands())
      if (v.getDefiningOp() && !isa<top::NoneOp>(v.getDefiningOp()))
        operands.append(py::str(top::nameOf(v).str()));
    py::dict attributes, described;
    for (NamedAttribute attribute : op->getAttrs())
      attributes[py::str(attribute.getName().str())] = fromAttribute(attribute.getValue());
    described["name"] = py::str(top::nameOf(op->getResult(0)).str());
    described["op"] = py::str(op->getName().getStringRef().str());
    described["operands"] = operands;
    described["attributes"] = attributes;
    list.append(described);
  });
  return list;
}

/// Results that are the bytes of another tensor: a program shows them under one name only.
std::vector<std::string> PyModule::viewNames() {
  loaded();
  std::vector<std::string> names;
  session->module->walk([&](FormInterface op) {
    if (std::holds_alternative<View>(op.form()))
      names.push_back(top::nameOf(op.getOperation()).str());
  });
  return names;
}

int64_t PyModule::flops() {
  loaded();
  if (auto known = (*session->module)->getAttrOfType<IntegerAttr>("module.FLOPs"))
    return known.getInt();
  int64_t sum = 0;
  session->module->walk([&](FlopsInterface op) { sum += op.flops(); });
  return sum;
}

/// Products of convolutions and matrix products alone: what a multiplier array could be busy with.
int64_t PyModule::macs() {
  loaded();
  int64_t sum = 0;
  auto add = [&](Value result, int64_t perElement) {
    sum += perElement * cast<ShapedType>(result.getType()).getNumElements();
  };
  session->module->walk([&](Operation *op) {
    if (auto conv = dyn_cast<top::ConvOp>(op))
      add(conv.getOutput(), cast<ShapedType>(conv.getFilter().getType()).getNumElements() /
                                cast<ShapedType>(conv.getFilter().getType()).getDimSize(0));
    if (auto product = dyn_cast<top::MatMulOp>(op)) {
      llvm::ArrayRef<int64_t> left = cast<ShapedType>(product.getInput().getType()).getShape();
      add(product.getOutput(), left[product.getLeftTranspose() && left.size() > 1 ? left.size() - 2 : left.size() - 1]);
    }
  });
  return sum;
}

py::dict PyModule::inputAttributes(const std::string &name) {
  requireInput(name);
  py::dict attributes;
  session->module->walk([&](top::InputOp op) {
    if (top::nameOf(op) == name)
      for (NamedAttribute attribute : op->getAttrs())
        attributes[py::str(attribute.getName().str())] = fromAttribute(attribute.getValue());
  });
  return attributes;
}

/// Integers and booleans in the form in which the interpreter keeps them; an MlirError where a number does not fit.
static std::vector<uint8_t> ownInput(const std::string &name, const HostTensor &input, const py::array &given) {
  std::string own = host::nameOf(input.own), type = py::str(given.dtype()).cast<std::string>();
  if (type != own && !(given.dtype().kind() == 'i' && input.own == host::Element::I64))
    throw MlirError("input '" + name + "' takes " + own + ", got " + type);
  std::vector<uint8_t> bytes(input.bytes());
  py::array array = py::array::ensure(given.attr("astype")(own), py::array::c_style);
  if (input.isWide || input.own != host::Element::I64) {
    std::memcpy(bytes.data(), array.data(), bytes.size());
    return bytes;
  }
  if (int64_t bad = host::store(input.own, array.data(), input.count(), bytes.data()); bad >= 0)
    throw MlirError("input '" + name + "' has " + std::to_string(static_cast<const int64_t *>(array.data())[bad]) +
                    " as its element " + std::to_string(bad) + ", which does not fit the chip's 32 bits");
  return bytes;
}

void PyModule::setTensor(const std::string &name, const py::array &given) {
  requireInput(name);
  HostTensor input = described(name);
  if (std::vector<int64_t>(given.shape(), given.shape() + given.ndim()) != input.shape)
    throw MlirError("input '" + name + "' has shape " + top::shapeText(input.shape) + ", got " + shapeTextOf(given));
  char kind = given.dtype().kind();
  if (input.own != host::Element::F32) {
    std::vector<uint8_t> bytes = ownInput(name, input, given);
    std::lock_guard lock(busy);
    return interpreter->setInputBytes(name, bytes.data());
  }
  py::dtype own = numpyType(input.dtype);
  bool isOwn = given.dtype().is(own) || given.dtype().equal(own);
  // An integer tensor takes its own integers or real values: other integers could mean either.
  if (!isOwn && kind != 'f' && (input.isInteger() || (kind != 'i' && kind != 'u' && kind != 'b')))
    throw MlirError("input '" + name + "' takes float32 or " + py::str(own).cast<std::string>() + ", got " +
                    py::str(given.dtype()).cast<std::string>());
  py::array array = isOwn ? py::array::ensure(given, py::array::c_style)
                          : py::array(py::array_t<float, py::array::c_style | py::array::forcecast>(given));
  std::lock_guard lock(busy);
  interpreter->setInput(name, isOwn ? input.dtype : kernel::DType::F32, array.data());
}

void PyModule::invoke(bool dumpAll) {
  loaded();
  py::gil_scoped_release release;
  std::lock_guard lock(busy);
  ErrorCollector errors(&session->context);
  errors.check(interpreter->invoke(dumpAll), "the network could not be computed");
  MappedFile::requireWhole();
}

py::array PyModule::arrayOf(const HostTensor &tensor, bool isFixed) {
  if (tensor.countedAxis >= 0) {
    HostTensor whole = tensor;
    whole.countedAxis = -1;
    return firstOf(arrayOf(whole, isFixed), tensor.countedAxis, tensor.valid);
  }
  if (tensor.own != host::Element::F32) {
    py::array stored(tensor.isWide ? py::dtype("int64") : numpyType(tensor.dtype), tensor.shape, tensor.data);
    return py::array(stored.attr("astype")(host::nameOf(tensor.own)));
  }
  if (isFixed || tensor.dtype == kernel::DType::F32)
    return py::array(numpyType(tensor.dtype), tensor.shape, tensor.data);
  py::array_t<float> values(tensor.shape);
  toReal(tensor, values.mutable_data());
  return values;
}

py::array PyModule::tensor(const std::string &name, bool isFixed) {
  loaded();
  std::lock_guard lock(busy);
  HostTensor found = described(name);
  if (!found.data)
    throw MlirError("the value of '" + name +
                    "' is not there: call invoke(dump_all=True) to keep every tensor, or invoke() "
                    "for the outputs");
  return arrayOf(found, isFixed);
}

py::dict PyModule::allTensors(bool isFixed) {
  loaded();
  std::lock_guard lock(busy);
  py::dict all;
  for (const std::string &name : tensorNames())
    if (HostTensor found = described(name); found.data)
      all[py::str(name)] = arrayOf(found, isFixed);
  return all;
}

} // namespace

void bindModule(py::module_ &m) {
  py::class_<PyModule>(m, "module", "A network of any stage, to be run on the host.")
      .def(py::init<>())
      .def(
          "load", [](PyModule &self, const FilePath &path, bool oneDnn, bool fuse) { self.load(path, oneDnn, fuse); },
          py::arg("path"), py::kw_only(), py::arg("onednn") = true, py::arg("fuse") = true,
          "Read a .mlir file and its weights. For tests of the fp32 interpreter, onednn=False computes on the "
          "project's own\n"
          "loops, and fuse=False computes op by op.")
      .def_property_readonly("input_names", &PyModule::inputNames)
      .def_property_readonly("output_names", &PyModule::outputNames)
      .def_property_readonly("all_tensor_names", &PyModule::tensorNames)
      .def_property_readonly("weight_names", &PyModule::weightNames)
      .def_property_readonly("ops", &PyModule::ops,
                             "In order: {'name', 'op', 'operands': names, 'attributes'} of what computes each tensor.")
      .def_property_readonly("view_names", &PyModule::viewNames, "Lowered tensors that are another tensor's bytes.")
      .def_property_readonly("state", [](PyModule &self) { return self.text("state"); })
      .def_property_readonly("chip", [](PyModule &self) { return self.text("chip"); })
      .def_property_readonly("name", [](PyModule &self) { return self.text("name"); })
      .def_property_readonly("mode", [](PyModule &self) { return self.text("mode"); })
      .def_property_readonly("flops", &PyModule::flops, "Floating point operations of one inference.")
      .def_property_readonly("macs", &PyModule::macs,
                             "Multiply-accumulates of a Top model's convolutions and matrix products.")
      .def("input_attrs", &PyModule::inputAttributes, py::arg("name"), "The preprocessing attributes of an input.")
      .def("input_shape", &PyModule::inputShape, py::arg("name"))
      .def("tensor_shape", &PyModule::shape, py::arg("name"))
      .def("tensor_type", &PyModule::type, py::arg("name"),
           "What the elements are to the network's author: 'float32' (real values, whatever their format), 'int64' ...")
      .def("qscale", &PyModule::scale, py::arg("name"), "Step of one integer unit; 1 for floats.")
      .def("qzp", &PyModule::zeroPoint, py::arg("name"), "The integer that stands for 0.")
      .def("set_tensor", &PyModule::setTensor, py::arg("name"), py::arg("array"),
           "Set an input from real values (quantised where the input is integer) or from its own integers.")
      .def("invoke", &PyModule::invoke, py::arg("dump_all") = false, "Compute the outputs, or every tensor.")
      .def(
          "get_tensor", [](PyModule &self, const std::string &name) { return self.tensor(name, false); },
          py::arg("name"), "Real values of a tensor.")
      .def("get_all_tensor", [](PyModule &self) { return self.allTensors(false); })
      .def(
          "get_fixed_tensor", [](PyModule &self, const std::string &name) { return self.tensor(name, true); },
          py::arg("name"), "Stored values of a tensor: raw integers where it is quantised.")
      .def("get_all_fixed_tensor", [](PyModule &self) { return self.allTensors(true); });
}

} // namespace tpu_mlir
