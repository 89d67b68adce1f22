//===- Python.cpp - The Python module pymlir ------------------------------===//
// Puts the parts together, and converts values between Python and MLIR.
#include "Python.h"
#include "Session.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace tpu_mlir {

//===- Attributes ---------------------------------------------------------===//

static bool isBool(py::handle value) {
  return PyBool_Check(value.ptr()) || py::isinstance(value, py::module_::import("numpy").attr("bool_"));
}
static bool isInteger(py::handle value) { return PyIndex_Check(value.ptr()) && !py::isinstance<py::array>(value); }
static bool isReal(py::handle value) {
  return PyFloat_Check(value.ptr()) || py::isinstance(value, py::module_::import("numpy").attr("floating"));
}
static int64_t integerOf(py::handle value) {
  return py::reinterpret_steal<py::int_>(PyNumber_Index(value.ptr())).cast<int64_t>();
}

Attribute toAttribute(MLIRContext *context, const std::string &name, py::handle value) {
  try {
    if (py::isinstance<py::str>(value))
      return StringAttr::get(context, value.cast<std::string>());
    if (isReal(value))
      return FloatAttr::get(Float64Type::get(context), value.cast<double>());
    if (isBool(value))
      return BoolAttr::get(context, value.cast<bool>());
    if (isInteger(value))
      return IntegerAttr::get(IntegerType::get(context, 64), integerOf(value));
    if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
      SmallVector<int64_t> integers;
      SmallVector<double> reals;
      for (py::handle element : value)
        if (isReal(element))
          reals.push_back(element.cast<double>());
        else if (!isBool(element) && isInteger(element))
          integers.push_back(integerOf(element));
        else
          throw MlirError("attribute '" + name + "' is a list with " + py::repr(element).cast<std::string>() +
                          " in it; lists hold integers or floats");
      if (!integers.empty() && !reals.empty())
        throw MlirError("attribute '" + name + "' mixes integers and floats: " + py::repr(value).cast<std::string>());
      return reals.empty() ? Attribute(DenseI64ArrayAttr::get(context, integers))
                           : DenseF64ArrayAttr::get(context, reals);
    }
  } catch (const py::cast_error &) { // beyond 64 bits; the sentence below says what was given
  } catch (py::error_already_set &) {
  }
  throw MlirError("attribute '" + name + "' cannot be " + py::repr(value).cast<std::string>() +
                  "; it takes a bool, int, float, str or a list of int or float");
}

py::object fromAttribute(Attribute attribute) {
  if (auto value = dyn_cast<BoolAttr>(attribute))
    return py::bool_(value.getValue());
  if (auto value = dyn_cast<IntegerAttr>(attribute))
    return py::int_(value.getValue().getSExtValue());
  if (auto value = dyn_cast<FloatAttr>(attribute))
    return py::float_(value.getValueAsDouble());
  if (auto value = dyn_cast<StringAttr>(attribute))
    return py::str(llvm::json::fixUTF8(value.getValue()));
  if (auto value = dyn_cast<DenseI64ArrayAttr>(attribute))
    return py::cast(value.asArrayRef().vec());
  if (auto value = dyn_cast<DenseF64ArrayAttr>(attribute))
    return py::cast(value.asArrayRef().vec());
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  return py::str(text);
}

//===- Arrays -------------------------------------------------------------===//

py::array firstOf(const py::array &array, int64_t axis, int64_t count) {
  py::tuple part(static_cast<size_t>(axis) + 1);
  for (int64_t before = 0; before < axis; ++before)
    part[static_cast<size_t>(before)] = py::slice(py::none(), py::none(), py::none());
  part[static_cast<size_t>(axis)] = py::slice(py::int_(0), py::int_(count), py::int_(1));
  return py::array::ensure(array[part], py::array::c_style);
}

py::dtype numpyType(kernel::DType type) {
  using kernel::DType;
  switch (type) {
  case DType::F32:
    return py::dtype("float32");
  case DType::F16:
    return py::dtype("float16");
  case DType::I8:
  case DType::I4:
    return py::dtype("int8");
  case DType::U8:
  case DType::U4:
    return py::dtype("uint8");
  case DType::I16:
    return py::dtype("int16");
  case DType::U16:
  case DType::BF16:
    return py::dtype("uint16");
  case DType::I32:
    return py::dtype("int32");
  case DType::U32:
    return py::dtype("uint32");
  }
  return py::dtype("float32");
}

std::string shapeTextOf(const py::array &array) {
  std::string text;
  for (py::ssize_t axis = 0; axis < array.ndim(); ++axis)
    text += (axis ? "x" : "") + std::to_string(array.shape(axis));
  return text.empty() ? "scalar" : text;
}

//===- Passes -------------------------------------------------------------===//

/// Python's list of (name, {option: value}).
static std::vector<PassCall> passCalls(const py::object &passes) {
  std::vector<PassCall> calls;
  for (py::handle element : passes) {
    auto [name, options] = element.cast<std::pair<std::string, py::dict>>();
    PassCall call{name, {}};
    for (auto [key, value] : options) {
      if (value.is_none())
        continue;
      std::string text;
      if (isBool(value))
        text = value.cast<bool>() ? "true" : "false";
      else
        text = (py::isinstance<py::bytes>(value) ? py::reinterpret_borrow<py::object>(value) : py::str(value))
                   .cast<FilePath>()
                   .text;
      call.options.emplace_back(py::str(key).cast<std::string>(), text);
    }
    calls.push_back(std::move(call));
  }
  return calls;
}

} // namespace tpu_mlir

PYBIND11_MODULE(pymlir, m) {
  using namespace tpu_mlir;
  m.doc() = "Networks in MLIR: build them, run passes over them, interpret them.";
  py::register_exception<MlirError>(m, "MLIRError").doc() = "Something about the user's model, in one sentence.";
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error)
        std::rethrow_exception(error);
    } catch (const UserError &sentence) {
      py::set_error(py::module_::import("pymlir").attr("MLIRError"), MlirError(sentence.what()).what());
    }
  });
  guardMappings();
  bindBuilder(m);
  bindModule(m);
  bindSimulator(m);
  bindCheck(m);
  bindChips(m);
  bindPlan(m);
  bindReport(m);
  m.def(
      "run_passes",
      [](const FilePath &input, const FilePath &output, const py::object &passes,
         const std::optional<FilePath> &weightFile) {
        std::string pipeline =
            py::isinstance<py::str>(passes) ? passes.cast<FilePath>().text : pipelineOf(passCalls(passes));
        py::gil_scoped_release release;
        runPasses(input, output, pipeline, weightFile ? std::optional(weightFile->text) : std::nullopt);
      },
      py::arg("input"), py::arg("output"), py::arg("passes"), py::arg("weight_file") = py::none(),
      "Run passes over a .mlir file: a list of (name, {option: value}), where a None value is an absent option, or a "
      "pipeline\n"
      "in MLIR's text form. An empty output writes nothing. weight_file names the npz written beside the output; "
      "without "
      "it,\n"
      "weights that passes made are written under the name of the module's state.");
}
