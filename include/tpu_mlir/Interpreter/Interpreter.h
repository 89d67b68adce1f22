//===- Interpreter.h - Running a module on the host -------------*- C++ -*-===//
// What every interpreter offers: tensors by name, their number formats, inputs
// in, values out. Converting between real values and the stored integers of a
// format is done here, once. How a module is computed is each interpreter's.
#ifndef TPU_MLIR_INTERPRETER_INTERPRETER_H
#define TPU_MLIR_INTERPRETER_INTERPRETER_H

#include "mlir/IR/BuiltinOps.h"
#include "tpu_mlir/Host/Graph.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tpu_mlir {

/// A tensor as the interpreter stores it: row-major, real = (stored - zeroPoint) * scale. 4-bit formats take one byte
/// each.
struct HostTensor {
  kernel::DType dtype = kernel::DType::F32;
  std::vector<int64_t> shape;
  double scale = 1;
  int64_t zeroPoint = 0;
  /// What the elements are to the network's author: of float32, real values.
  host::Element own = host::Element::F32;
  /// 64-bit integers, in Top; in a lowered module they are 32 bits, as on the chip.
  bool isWide = false;
  /// Behind the first `valid` indices of this axis stands nothing that counts; -1: all of it counts. Known with `data`.
  int64_t countedAxis = -1, valid = 0;
  /// Belongs to the interpreter and is valid until its next call; null where the value was not kept.
  const void *data = nullptr;

  int64_t count() const {
    int64_t elements = 1;
    for (int64_t size : shape)
      elements *= size;
    return elements;
  }
  int64_t bytes() const { return count() * (isWide ? 8 : kernel::byteSize(dtype)); }
  /// Whether stored values are integers.
  bool isInteger() const { return !kernel::isFloat(dtype); }
  template <typename T> const T *as() const { return static_cast<const T *>(data); }
};

/// Real values of a tensor with data; `out` has tensor.count() items.
void toReal(const HostTensor &tensor, float *out);
/// The stored form of `real` in the format of `tensor` (whose data is not looked at): real · fp32(1 / scale) in fp32,
/// rounded half away from zero, plus the zero point, saturated; `out` has tensor.bytes() bytes.
void fromReal(const HostTensor &tensor, const float *real, void *out);

/// One module, loaded. Calls must not overlap; several interpreters may run at the same time. Names that do not exist
/// and data of the wrong size are the caller's to refuse: ask tensor() first.
class Interpreter {
public:
  virtual ~Interpreter() = default;

  /// Names of inputs and outputs in the order of the module's arguments and results.
  virtual const std::vector<std::string> &inputNames() const = 0;
  virtual const std::vector<std::string> &outputNames() const = 0;
  /// Names of all tensors that ops compute, inputs first, in the order of the module; weights are not among them.
  virtual const std::vector<std::string> &tensorNames() const = 0;

  /// The tensor of that name, described; `data` is there for inputs that are set, and after invoke() for outputs, or
  /// for every tensor if all were kept. Nothing when the module has no such tensor.
  virtual std::optional<HostTensor> tensor(llvm::StringRef name) = 0;

  /// Copies the stored form of an input: tensor(name)->bytes() bytes in its format.
  virtual void setInputBytes(llvm::StringRef name, const void *data) = 0;
  /// Sets an input from `data` in format `dtype`: its own format as it is, or F32 as real values.
  void setInput(llvm::StringRef name, kernel::DType dtype, const void *data);

  /// Computes the outputs from the inputs; inputs never set are zero. With `keepAll` every tensor can be read
  /// afterwards. Emits a diagnostic and fails where the module's values make a computation impossible.
  virtual mlir::LogicalResult invoke(bool keepAll) = 0;
};

/// What tests and benchmarks of the fp32 interpreter may change.
struct TopInterpreterOptions {
  /// Use oneDNN where this build has it; otherwise the project's own loops.
  bool useDnnl = true;
  /// Join ops into one step where no one asks for the values between them.
  bool fuse = true;
};

/// The interpreter for the module's `module.state`, with the module's weights taken from its context's WeightStore. The
/// module must outlive it. Emits a diagnostic and fails when the module cannot be interpreted.
mlir::FailureOr<std::unique_ptr<Interpreter>> createInterpreter(mlir::ModuleOp module,
                                                                const TopInterpreterOptions &options = {});

} // namespace tpu_mlir

#endif // TPU_MLIR_INTERPRETER_INTERPRETER_H
