//===- ExecPool.cpp - Depth-wise convolution and pooling ------------------===//
// Input, weights, bias and result share their start lane. 8-bit sums are int32;
// narrower results saturate after the shift that average pooling's fields name.
// Source: shared ISA notes, isa.md §5 (depth-wise and maximum verified by use;
// the shift of average pooling stated, its rounding on the chip unknown).

#include "ExecWindow.h"

namespace tpu_mlir::sim {
namespace {

LocalTensor perChannel(Exec &e, const char *operand, Field address, DType dtype, Dims dims, int64_t lane) {
  LocalTensor t = e.compact(operand, address, dtype, dims);
  e.requireLane(operand, t, lane, ", where the result starts");
  return t;
}

void depthwise(Exec &e, const LocalTensor &result, const Tensor &in, const kernel::Window &win) {
  bool average = e.kind == isa::kPordAvgpooling, isFloat = kernel::isFloat(in.dtype);
  const Dims &out = result.dims;
  DType weightType = e.format(Field::opd0_prec, Field::opd1_sign), sumType = isFloat ? in.dtype : DType::I32;
  if (!isFloat && kernel::bitWidth(in.dtype) != 8)
    e.notBuilt(std::string("a depth-wise window over ") + kernel::name(in.dtype));
  if (isFloat ? result.dtype != in.dtype : kernel::isFloat(result.dtype))
    e.notBuilt(std::string("a depth-wise window from ") + kernel::name(in.dtype) + " to " + kernel::name(result.dtype));

  Tensor weights = e.flag(Field::opd1_const)
                       ? e.constant(Field::opd1_addr, weightType)
                       : e.load("opd1", perChannel(e, "opd1", Field::opd1_addr, weightType, {1, out.c, win.kh, win.kw},
                                                   result.start.lane));
  if (e.flag(Field::kernel_rotate) && weights.dims.count() > 1)
    kernel::turnWindows(weights);

  const void *bias = nullptr;
  if (!average) {
    Tensor all = e.blank(sumType, {1, out.c, 1, 1});
    if (e.flag(Field::opd2_const))
      kernel::copyElements(all, e.constant(Field::opd2_addr, sumType));
    else
      all = e.load("opd2", perChannel(e, "opd2", Field::opd2_addr, sumType, all.dims, result.start.lane));
    if (isFloat) { // in the operands' format; sums start in fp32
      Tensor wide = e.blank(DType::F32, all.dims);
      kernel::cast(wide, all, kernel::Round::HalfToEven);
      all = wide;
    }
    bias = all.data;
  }
  if (!e.flag(Field::opd3_const))
    e.notBuilt("a padding value per channel");
  bool padded = win.padTop || win.padBottom || win.padLeft || win.padRight;
  if (isFloat && padded && e.floatConstant(Field::opd3_addr, in.dtype) != 0)
    e.notBuilt("a floating padding value other than 0");
  int padValue = isFloat ? 0 : int(e.integerConstant(Field::opd3_addr, in.dtype));

  bool isPlain = result.dtype == DType::I32 && e.kind == isa::kPordDepthwise;
  Tensor sums = isPlain ? e.target("res0", result) : e.blank(sumType, out);
  kernel::depthwise(sums, in, weights, bias, win, padValue);
  if (e.kind == isa::kPordDepthwiserelu) {
    Tensor zero = e.blank(sumType, {1, 1, 1, 1});
    *zero.as<uint32_t>() = 0;
    kernel::binary(kernel::BinaryOp::Max, sums, sums, zero);
  }
  if (isFloat || (result.dtype == DType::I32 && !average))
    return e.finish("res0", result, sums);
  kernel::QuantEntry shift{1, average ? int32_t(int8_t(e.get(Field::res1_addr))) : 0, 0};
  Tensor narrow = e.blank(result.dtype, out);
  kernel::requant(narrow, sums, &shift, 1, e.round());
  e.store("res0", result, narrow);
}

void maximum(Exec &e, const LocalTensor &result, const Tensor &in, const kernel::Window &win) {
  if (!e.flag(Field::opd3_const))
    e.notBuilt("a padding value per channel");
  if (in.dtype != result.dtype || (kernel::byteSize(in.dtype) == 2 && !kernel::isFloat(in.dtype)))
    e.notBuilt(std::string("maximum pooling from ") + kernel::name(in.dtype) + " to " + kernel::name(result.dtype));
  // In floating formats compilers pad with the lowest value, which is the same as skipping padding.
  bool padded = win.padTop || win.padBottom || win.padLeft || win.padRight;
  bool isFloat = kernel::isFloat(in.dtype);
  float lowest = in.dtype == DType::F16 ? -65504.0f : in.dtype == DType::BF16 ? -0x1.fep127f : -3.4e38f;
  if (isFloat && padded && !(e.floatConstant(Field::opd3_addr, in.dtype) <= lowest))
    e.notBuilt("a floating padding value above the lowest number in maximum pooling");
  Tensor out = e.blank(in.dtype, result.dims);
  kernel::maxPool(out, in, win, isFloat ? 0 : int(e.integerConstant(Field::opd3_addr, in.dtype)));
  e.store("res0", result, out);
}

} // namespace

void executePool(Exec &e) {
  bool isMax = e.kind == isa::kPordMaxpooling;
  if (!isMax && e.kind != isa::kPordDepthwise && e.kind != isa::kPordDepthwiserelu && e.kind != isa::kPordAvgpooling)
    e.notBuilt("this pooling");
  kernel::Window win = windowOf(e);
  Dims out = e.resultDims(), in{out.n, out.c, e.get(Field::opd0_h), e.get(Field::opd0_w)};
  checkResultSize(out, insertedDims(e, in), win);
  bool isSigned = e.flag(Field::opd0_sign) || (!isMax && e.flag(Field::opd1_sign));
  DType inType = e.format(Field::opd0_prec, Field::opd0_sign);
  // A sum of 8-bit products is int32 whatever its operands; narrower results are signed if an operand is (inferred).
  DType outType = e.format(Field::res0_prec, isSigned || (!isMax && e.get(Field::res0_prec) == isa::kTiuPrecInt32));
  LocalTensor result = e.aligned("res0", Field::res0_addr, outType, out);
  LocalTensor input = e.aligned("opd0", Field::opd0_addr, inType, in);
  e.requireLane("opd0", input, result.start.lane, ", where the result starts");
  bool inPlace = !isMax && kernel::bitWidth(inType) == 8 && insertedDims(e, in) == in;
  Tensor image = inPlace ? e.view("opd0", input, result) : insertZeros(e, e.load("opd0", input));
  if (isMax)
    maximum(e, result, image, win);
  else
    depthwise(e, result, image, win);
}

} // namespace tpu_mlir::sim
