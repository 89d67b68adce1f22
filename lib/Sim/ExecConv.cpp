//===- ExecConv.cpp - Convolution -----------------------------------------===//
// conv.normal on 8-bit integers (int32 sums, no bias) and on floats. Weights lie
// grouped by input channels: element ((ic div n)·kh·kw + k)·n + ic mod n of an
// output channel's row, n input channels at a time.
// Source: shared ISA notes, isa.md §3 (nIC layout stated, addresses verified)
// and §5 (int8 → int32 verified; floats stated; their accumulation in fp32 is
// inferred and its order our model).

#include "ExecWindow.h"
#include "tpu_mlir/Kernel/Visit.h"

#include <algorithm>

namespace tpu_mlir::sim {
namespace {

int64_t icParallel(const Exec &e, DType t) {
  switch (kernel::bitWidth(t)) {
  case 8:
    return e.chip.compute.icParallel8;
  case 16:
    return e.chip.compute.icParallel16;
  default:
    return e.chip.compute.icParallel32;
  }
}

/// A filter whose rows hold `group` input channels together (1: [oc, ic, kh, kw]).
struct Filter {
  Tensor weights;
  int64_t group = 1;
};

/// The filter, turned by 180 degrees if the command says so. The integer kernel takes the grouped rows as they are.
Filter loadFilter(Exec &e, DType dtype, int64_t inChannels, const kernel::Window &win, const LocalTensor &result) {
  int64_t outChannels = result.dims.c;
  int64_t kernel = win.kh * win.kw, group = icParallel(e, dtype), size = kernel::byteSize(dtype);
  Dims dims{outChannels, inChannels, win.kh, win.kw};
  Tensor filter = e.blank(dtype, dims);
  if (e.flag(Field::opd1_const)) {
    kernel::copyElements(filter, e.constant(Field::opd1_addr, dtype));
    return {filter};
  }
  int64_t row = (inChannels + group - 1) / group * kernel * group;
  LocalTensor place = e.compact("opd1", Field::opd1_addr, dtype, {1, outChannels, 1, row});
  e.requireLane("opd1", place, result.start.lane, ", where the result starts");
  if (place.start.offset % e.memory.alignBytes() != 0)
    throw UserError("'opd1' (weights) starts at offset " + hex(uint64_t(place.start.offset)) +
                    ", which is not a multiple of " + std::to_string(e.memory.alignBytes()));
  bool rotate = e.flag(Field::kernel_rotate);
  if (size == 1 && (!rotate || kernel == 1)) {
    Tensor rows = e.view("opd1", place, result);
    return {{dtype, dims, rows.data, rows.planes}, group};
  }
  Tensor packed = e.load("opd1", place);
  kernel::visitBits(dtype, [&]<typename T>() {
    const T *from = packed.as<T>();
    T *to = filter.as<T>();
    for (int64_t oc = 0; oc < outChannels; ++oc)
      for (int64_t ic = 0; ic < inChannels; ++ic)
        for (int64_t k = 0; k < kernel; ++k)
          to[(oc * inChannels + ic) * kernel + (rotate ? kernel - 1 - k : k)] =
              from[oc * row + (ic / group * kernel + k) * group + ic % group];
  });
  return {filter};
}

void convInteger(Exec &e, const LocalTensor &result, const Tensor &in, const Filter &filter,
                 const kernel::Window &win) {
  if (!e.flag(Field::opd3_const))
    e.notBuilt("a padding value per channel");
  int padValue = int(e.integerConstant(Field::opd3_addr, in.dtype));
  DType zeroType = e.flag(Field::opd2_sign) ? DType::I8 : DType::U8;
  int zeroPoint = e.flag(Field::opd2_const) ? int(e.integerConstant(Field::opd2_addr, zeroType)) : 0;
  bool accumulate = e.flag(Field::res_add);
  // Zero points per channel are subtracted from dense sums.
  bool isDense = accumulate || !e.flag(Field::opd2_const);
  Tensor out = accumulate ? e.load("res0", result)
               : isDense  ? e.blank(DType::I32, result.dims)
                          : e.target("res0", result);
  kernel::convInt(out, in, filter.weights, win, padValue, zeroPoint, accumulate, filter.group);
  if (!e.flag(Field::opd2_const)) {
    LocalTensor zeros = e.compact("opd2", Field::opd2_addr, zeroType, {1, result.dims.c, 1, 1});
    e.requireLane("opd2", zeros, result.start.lane, ", where the result starts");
    kernel::subtractKernelZeroPoints(out, in, win, padValue, e.load("opd2", zeros));
  }
  e.finish("res0", result, out);
}

void convFloat(Exec &e, const LocalTensor &result, const Tensor &in, const Tensor &filter, const kernel::Window &win) {
  if (e.flag(Field::res_add))
    e.notBuilt("accumulating a floating convolution (its order is unknown)");
  bool padded = win.padTop || win.padBottom || win.padLeft || win.padRight;
  if (padded && (!e.flag(Field::opd3_const) || e.floatConstant(Field::opd3_addr, in.dtype) != 0))
    e.notBuilt("a floating padding value other than 0");
  Tensor bias = e.blank(DType::F32, {1, result.dims.c, 1, 1});
  if (e.flag(Field::opd2_const)) {
    std::fill_n(bias.as<float>(), result.dims.c, e.floatConstant(Field::opd2_addr, DType::F32));
  } else {
    LocalTensor place = e.compact("opd2", Field::opd2_addr, DType::F32, bias.dims);
    e.requireLane("opd2", place, result.start.lane, ", where the result starts");
    bias = e.load("opd2", place);
  }
  Tensor out = e.blank(result.dtype, result.dims);
  kernel::convF32(out, in, filter, bias.as<float>(), win);
  e.store("res0", result, out);
}

} // namespace

void executeConv(Exec &e) {
  if (e.kind != isa::kConvNormal)
    e.notBuilt("a convolution that requantises (its rounding is unknown)");
  kernel::Window win = windowOf(e);
  Dims out = e.resultDims(), in{out.n, e.get(Field::opd0_c), e.get(Field::opd0_h), e.get(Field::opd0_w)};
  checkResultSize(out, insertedDims(e, in), win);
  DType inType = e.format(Field::opd0_prec, Field::opd0_sign), outType = e.format(Field::res0_prec, true);
  // The short form names one precision for input and weights; the long form's second field says the same.
  DType filterType = e.format(Field::opd0_prec, Field::opd1_sign);
  bool integers = kernel::bitWidth(inType) == 8 && outType == DType::I32;
  if (!integers && !(kernel::isFloat(inType) && (outType == inType || outType == DType::F32)))
    e.notBuilt(std::string("a convolution from ") + kernel::name(inType) + " to " + kernel::name(outType));

  LocalTensor result = e.aligned("res0", Field::res0_addr, outType, out);
  Strides stride{e.get(Field::opd0_n_str), e.get(Field::opd0_c_str), e.get(Field::opd0_h_str),
                 e.get(Field::opd0_w_str)};
  LocalTensor input = e.byLayout("opd0", Field::opd0_addr, inType, in, Field::opd0_str, stride);
  if (kernel::bitWidth(inType) <= 16)
    e.requireLane("opd0", input, 0, integers ? " (8-bit convolution)" : " (16-bit convolution)");
  Filter filter = loadFilter(e, filterType, in.c, win, result);
  bool inPlace = integers && insertedDims(e, in) == in;
  Tensor image = inPlace ? e.view("opd0", input, result) : insertZeros(e, e.load("opd0", input));
  if (integers)
    convInteger(e, result, image, filter, win);
  else
    convFloat(e, result, image, filter.weights, win);
}

} // namespace tpu_mlir::sim
