//===- Interpreter.cpp - Real values, stored values, and which interpreter ===//
// The conversions that all interpreters share, and the choice among them by the
// module's state.
#include "tpu_mlir/Interpreter/Interpreter.h"
#include "tpu_mlir/Interpreter/TopInterpreter.h"
#include "tpu_mlir/Interpreter/TpuInterpreter.h"
#include "tpu_mlir/Kernel/Float.h"
#include "tpu_mlir/Kernel/Round.h"

#include <cassert>
#include <cmath>
#include <cstring>

using namespace mlir;

namespace tpu_mlir {
using kernel::DType;

template <typename T> static void toRealFrom(const HostTensor &tensor, float *out) {
  const T *stored = tensor.as<T>();
  for (int64_t i = 0, count = tensor.count(); i < count; ++i)
    out[i] = static_cast<float>(stored[i] - tensor.zeroPoint) * static_cast<float>(tensor.scale);
}

void toReal(const HostTensor &tensor, float *out) {
  assert(tensor.data);
  int64_t count = tensor.count();
  switch (tensor.dtype) {
  case DType::F32:
    std::memcpy(out, tensor.data, count * sizeof(float));
    return;
  case DType::F16:
    for (int64_t i = 0; i < count; ++i)
      out[i] = kernel::f16ToF32(tensor.as<uint16_t>()[i]);
    return;
  case DType::BF16:
    for (int64_t i = 0; i < count; ++i)
      out[i] = kernel::bf16ToF32(tensor.as<uint16_t>()[i]);
    return;
  case DType::I8:
  case DType::I4:
    return toRealFrom<int8_t>(tensor, out);
  case DType::U8:
  case DType::U4:
    return toRealFrom<uint8_t>(tensor, out);
  case DType::I16:
    return toRealFrom<int16_t>(tensor, out);
  case DType::U16:
    return toRealFrom<uint16_t>(tensor, out);
  case DType::I32:
    return toRealFrom<int32_t>(tensor, out);
  case DType::U32:
    return toRealFrom<uint32_t>(tensor, out);
  }
}

/// In fp32 and by the reciprocal, as tpu.Cast does on the chip and a bmodel's input scale means it: the same integers.
template <typename T> static void fromRealTo(const HostTensor &tensor, const float *real, void *out) {
  const float reciprocal = 1 / tensor.scale;
  for (int64_t i = 0, count = tensor.count(); i < count; ++i) {
    int64_t q =
        kernel::floatToInt(real[i] * reciprocal, DType::I32, kernel::Round::HalfAwayFromZero) + tensor.zeroPoint;
    static_cast<T *>(out)[i] = static_cast<T>(kernel::saturate(q, tensor.dtype));
  }
}

void fromReal(const HostTensor &tensor, const float *real, void *out) {
  int64_t count = tensor.count();
  switch (tensor.dtype) {
  case DType::F32:
    std::memcpy(out, real, count * sizeof(float));
    return;
  case DType::F16:
    for (int64_t i = 0; i < count; ++i)
      static_cast<uint16_t *>(out)[i] = kernel::f32ToF16(real[i]);
    return;
  case DType::BF16:
    for (int64_t i = 0; i < count; ++i)
      static_cast<uint16_t *>(out)[i] = kernel::f32ToBf16(real[i]);
    return;
  case DType::I8:
  case DType::I4:
    return fromRealTo<int8_t>(tensor, real, out);
  case DType::U8:
  case DType::U4:
    return fromRealTo<uint8_t>(tensor, real, out);
  case DType::I16:
    return fromRealTo<int16_t>(tensor, real, out);
  case DType::U16:
    return fromRealTo<uint16_t>(tensor, real, out);
  case DType::I32:
    return fromRealTo<int32_t>(tensor, real, out);
  case DType::U32:
    return fromRealTo<uint32_t>(tensor, real, out);
  }
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
