//===- MatMul.cpp - Products of matrices ----------------------------------===//
// The row and its arithmetic, which is a kernel's: batches become matrices of
// one product. How a family of chips does it is the family's row.
#include "tpu_mlir/Primitive/MatMul.h"
#include "Row.h"

namespace tpu_mlir::primitive {

namespace {

struct MatMulPrimitive final : Row {
  MatMulPrimitive() : Row("matmul", Evidence::Inferred, {Role::Elements, Role::Elements}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return kernel::isFloat(result) ? sources[0] == result && sources[1] == result
                                   : result == DType::I32 && isByte(sources[0]) && isByte(sources[1]);
  }
  Reach reach(const Step &) const override { return Reach::Axes; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &recipe, const Step &step) const override {
    return recipe.buffers[step.dst].dims.count() * recipe.buffers[step.sources[0]].dims.w;
  }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &, HostStep &host) const override {
    // Rows are the chip's channels. A right operand without a batch serves the rows of all of them.
    const kernel::Tensor out = host.result();
    const kernel::ConstTensor a = host.source(0), b = host.source(1);
    auto matrix = [&](Dims d) { return b.dims.n == 1 ? Dims{1, 1, d.n * d.c, d.w} : Dims{1, d.n, d.c, d.w}; };
    kernel::matmul({out.dtype, matrix(out.dims), out.data}, {a.dtype, matrix(a.dims), a.data},
                   {b.dtype, matrix(b.dims), b.data});
  }
};

} // namespace

const Primitive &matMul() { return only<MatMulPrimitive>(); }
Step matMul(int dst, int left, int right) { return makeStep(matMul(), dst, {left, right}); }

} // namespace tpu_mlir::primitive
