//===- Python.h - What the parts of the Python module share -----*- C++ -*-===//
// Conversions between Python values and attributes, and between numpy arrays
// and host tensors.
#ifndef TPU_MLIR_LIB_BINDINGS_PYTHON_H
#define TPU_MLIR_LIB_BINDINGS_PYTHON_H

#include "Diagnostics.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "tpu_mlir/Kernel/Format.h"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace tpu_mlir {

namespace py = pybind11;

/// bool, int, float, str, list[int], list[float] as an attribute. Throws an MlirError about `name` for anything else.
mlir::Attribute toAttribute(mlir::MLIRContext *context, const std::string &name, py::handle value);
/// The way back; an attribute of another kind is its text.
py::object fromAttribute(mlir::Attribute attribute);

/// "float32", "int8", …; bfloat16 is kept as uint16.
py::dtype numpyType(kernel::DType type);
/// The first `count` indices of an axis.
py::array firstOf(const py::array &array, int64_t axis, int64_t count);
/// "1x3x8x8" of an array.
std::string shapeTextOf(const py::array &array);

/// A file name as the system has it: str, bytes or os.PathLike, in bytes that need not be UTF-8.
struct FilePath {
  std::string text;
  operator const std::string &() const { return text; }
};

void bindBuilder(py::module_ &m);
void bindModule(py::module_ &m);
void bindSimulator(py::module_ &m);
void bindCheck(py::module_ &m);
void bindChips(py::module_ &m);
void bindPlan(py::module_ &m);
void bindReport(py::module_ &m);

} // namespace tpu_mlir

template <> struct pybind11::detail::type_caster<tpu_mlir::FilePath> {
  PYBIND11_TYPE_CASTER(tpu_mlir::FilePath, const_name("os.PathLike"));
  bool load(handle source, bool) {
    PyObject *bytes = nullptr;
    if (!PyUnicode_FSConverter(source.ptr(), &bytes)) {
      PyErr_Clear();
      return false;
    }
    value.text.assign(PyBytes_AS_STRING(bytes), static_cast<size_t>(PyBytes_GET_SIZE(bytes)));
    Py_DECREF(bytes);
    return true;
  }
};

#endif // TPU_MLIR_LIB_BINDINGS_PYTHON_H
