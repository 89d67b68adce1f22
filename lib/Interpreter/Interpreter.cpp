//===- Interpreter.cpp - Real values, stored values, and which interpreter ===//
// The conversions that all interpreters share, and the choice among them by the
// module's state.
#include "tpu_mlir/Interpreter/Interpreter.h"
#include "tpu_mlir/Interpreter/TopInterpreter.h"
#include "tpu_mlir/Interpreter/TpuInterpreter.h"
#include "tpu_mlir/Kernel/Quant.h"

#include <cassert>
#include <cmath>
#include <cstring>

using namespace mlir;

namespace tpu_mlir {
using kernel::DType;

void toReal(const HostTensor &tensor, float *out) {
  assert(tensor.data);
  kernel::dequantise(tensor.dtype, tensor.data, tensor.count(), static_cast<float>(tensor.scale), tensor.zeroPoint,
                     out);
}

/// In fp32 and by the reciprocal, as tpu.Cast does on the chip and a bmodel's input scale means it: the same integers.
void fromReal(const HostTensor &tensor, const float *real, void *out) {
  const float reciprocal = 1 / tensor.scale;
  kernel::quantise(tensor.dtype, real, tensor.count(), reciprocal, tensor.zeroPoint, out);
}

void Interpreter::setInput(llvm::StringRef name, DType dtype, const void *data) {
  std::optional<HostTensor> input = tensor(name);
  assert(input && "no such input");
  if (dtype == input->dtype)
    return setInputBytes(name, data);
  assert(dtype == DType::F32 && "an input takes real values or its own format");
  std::vector<uint8_t> stored(input->bytes());
  fromReal(*input, static_cast<const float *>(data), stored.data());
  setInputBytes(name, stored.data());
}

FailureOr<std::unique_ptr<Interpreter>> createInterpreter(ModuleOp module, const TopInterpreterOptions &options) {
  auto state = module->getAttrOfType<StringAttr>("module.state");
  if (!state)
    return module.emitError("this module is no network: it has no attribute 'module.state'");
  return state.getValue().starts_with("TOP_") ? createTopInterpreter(module, options) : createTpuInterpreter(module);
}

} // namespace tpu_mlir
