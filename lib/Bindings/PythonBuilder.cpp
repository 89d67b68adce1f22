//===- PythonBuilder.cpp - pymlir.Builder ---------------------------------===//
// The Python face of GraphBuilder.
#include "GraphBuilder.h"
#include "Python.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/Shapes.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace tpu_mlir {

namespace {

/// A tensor of a graph; keeps its graph alive.
struct PyValue {
  std::shared_ptr<GraphBuilder> graph;
  Value value;
};

SmallVector<NamedAttribute> attributesOf(GraphBuilder &graph, const py::dict &given) {
  SmallVector<NamedAttribute> attributes;
  for (auto [key, value] : given) {
    auto name = py::str(key).cast<std::string>();
    if (!value.is_none())
      attributes.emplace_back(StringAttr::get(graph.context(), name), toAttribute(graph.context(), name, value));
  }
  return attributes;
}

/// The element type of a weight array, which is converted to fp32 where it is another float.
Type elementTypeOf(MLIRContext *context, py::array &array, const std::string &name) {
  char kind = array.dtype().kind();
  auto bits = static_cast<unsigned>(array.itemsize() * 8);
  if (kind == 'f') {
    if (bits != 32)
      array = py::array_t<float, py::array::c_style | py::array::forcecast>(array);
    return Float32Type::get(context);
  }
  if (kind == 'b') {
    array = py::array(array.attr("astype")("int8"));
    return IntegerType::get(context, 1);
  }
  if (kind == 'i' || (kind == 'u' && bits <= 32))
    return IntegerType::get(context, bits, kind == 'u' ? IntegerType::Unsigned : IntegerType::Signless);
  throw MlirError("weight '" + name + "' has elements of " + py::str(array.dtype()).cast<std::string>() +
                  "; weights are floats, booleans or integers of up to 64 bits, unsigned ones of up to 32");
}

/// The element type that numpy calls `name`.
Type elementTypeNamed(MLIRContext *context, const std::string &name, const std::string &user) {
  if (auto element = top::elementNamed(name))
    return top::typeOf(context, *element);
  throw MlirError("'" + user + "' has elements of type '" + name +
                  "'; known: float32, int64, int32, int8, uint8, bool");
}

class PyBuilder {
public:
  explicit PyBuilder(const std::string &name) : graph(std::make_shared<GraphBuilder>(name)) {}

  PyValue input(const std::string &name, const std::vector<int64_t> &shape, const py::dict &attributes,
                const std::string &type) {
    return wrap(
        graph->input(name, elementTypeNamed(graph->context(), type, name), shape, attributesOf(*graph, attributes)));
  }
  PyValue weight(const std::string &name, const py::object &given) {
    py::array array = py::array::ensure(given, py::array::c_style);
    if (!array)
      throw MlirError("weight '" + name + "' is no array");
    Type type = elementTypeOf(graph->context(), array, name);
    std::vector<int64_t> shape(array.shape(), array.shape() + array.ndim());
    auto *bytes = static_cast<const uint8_t *>(array.data());
    return wrap(graph->weight(name, type, {bytes, bytes + array.nbytes()}, shape));
  }
  PyValue weightInFile(const std::string &name, const std::string &path, size_t offset,
                       const std::vector<int64_t> &shape) {
    return wrap(graph->weightInFile(name, path, offset, shape));
  }
  PyValue none() { return wrap(graph->none()); }
  /// `name` and `type` are lists where the op has several results, which are returned as a list then.
  py::object op(const std::string &opName, const py::iterable &operands, const py::dict &attributes,
                const py::object &name, const py::object &type) {
    bool isOne = py::isinstance<py::str>(name);
    std::vector<std::string> names, types;
    if (isOne)
      names.push_back(name.cast<std::string>());
    else
      names = name.cast<std::vector<std::string>>();
    if (py::isinstance<py::str>(type))
      types.push_back(type.cast<std::string>());
    else if (!type.is_none())
      types = type.cast<std::vector<std::string>>();
    SmallVector<Type> elements;
    for (const std::string &each : types)
      elements.push_back(elementTypeNamed(graph->context(), each, names.empty() ? opName : names.front()));
    ResultRange results = graph->op(opName, valuesOf(operands, names.empty() ? opName : names.front()),
                                    attributesOf(*graph, attributes), names, elements);
    if (isOne)
      return py::cast(wrap(results[0]));
    py::list list;
    for (Value result : results)
      list.append(wrap(result));
    return list;
  }
  std::string type(const PyValue &tensor) {
    auto element = top::elementOf(tensor.value);
    return element ? host::nameOf(*element) : "";
  }
  std::vector<int64_t> shape(const PyValue &tensor) {
    if (top::isNone(tensor.value))
      throw MlirError("an absent tensor has no shape");
    return top::shapeOf(tensor.value).vec();
  }
  void finish(const py::iterable &results) { graph->finish(valuesOf(results, "finish")); }
  void save(const FilePath &path, const FilePath &weightFile) {
    py::gil_scoped_release release;
    graph->save(path, weightFile);
  }
  void setModuleAttribute(const std::string &name, const py::object &value) {
    graph->setModuleAttribute(name, toAttribute(graph->context(), name, value));
  }

private:
  PyValue wrap(Value value) { return {graph, value}; }
  /// Tensors of this graph; None is the absent one.
  SmallVector<Value> valuesOf(const py::iterable &given, const std::string &user) {
    SmallVector<Value> values;
    for (py::handle element : given) {
      if (element.is_none()) {
        values.push_back(graph->none());
        continue;
      }
      if (!py::isinstance<PyValue>(element))
        throw MlirError("'" + user + "': operand " + std::to_string(values.size()) +
                        " is no tensor of a builder, but " + py::repr(element).cast<std::string>());
      const auto &tensor = element.cast<const PyValue &>();
      if (tensor.graph != graph)
        throw MlirError("'" + user + "': operand " + std::to_string(values.size()) + " belongs to another builder");
      values.push_back(tensor.value);
    }
    return values;
  }

  std::shared_ptr<GraphBuilder> graph;
};

} // namespace

void bindBuilder(py::module_ &m) {
  py::class_<PyValue>(m, "Value", "A tensor of a graph being built.");
  py::class_<PyBuilder>(m, "Builder", "Builds a Top module in memory; every op is verified as it is added.")
      .def(py::init<const std::string &>(), py::arg("name"))
      .def("input", &PyBuilder::input, py::arg("name"), py::arg("shape"), py::arg("attributes") = py::dict(),
           py::arg("type") = "float32", "A network input with its preprocessing attributes.")
      .def("weight", &PyBuilder::weight, py::arg("name"), py::arg("array"), "A constant tensor; the array is copied.")
      .def("weight_in_file", &PyBuilder::weightInFile, py::arg("name"), py::arg("path"), py::arg("offset"),
           py::arg("shape"),
           "A constant tensor whose fp32 elements lie in a file from byte `offset` on; nothing is "
           "copied, and the file must stay as it is until save().")
      .def("none", &PyBuilder::none, "Stands for an absent operand.")
      .def(
          "op", &PyBuilder::op, py::arg("op"), py::arg("operands"), py::arg("attributes"), py::arg("name"),
          py::arg("type") = py::none(),
          "Add an op such as 'top.Conv'; its result is called `name` and has elements of `type`, by default of what an "
          "op that moves\nvalues moves, else float32. Lists of names and types stand for several results. Raises "
          "MLIRError if the op is invalid.")
      .def("type", &PyBuilder::type, py::arg("value"), "The element type, as numpy spells it.")
      .def("shape", &PyBuilder::shape, py::arg("value"))
      .def("finish", &PyBuilder::finish, py::arg("results"), "Make `results` the outputs and verify the module.")
      .def("save", &PyBuilder::save, py::arg("path"), py::arg("weight_file"),
           "Write the .mlir file, and the weights beside it under the bare name `weight_file`.")
      .def("set_module_attr", &PyBuilder::setModuleAttribute, py::arg("name"), py::arg("value"));
}

} // namespace tpu_mlir
