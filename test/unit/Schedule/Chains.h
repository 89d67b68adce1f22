//===- Chains.h - Small networks for the scheduler's tests ------*- C++ -*-===//
// Networks that are small enough to be looked through. What the scheduler
// should make of them is each test's to say.
#ifndef TPU_MLIR_TEST_UNIT_SCHEDULE_CHAINS_H
#define TPU_MLIR_TEST_UNIT_SCHEDULE_CHAINS_H

#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"
#include "tpu_mlir/Schedule/Search.h"

#include <random>

namespace tpu_mlir::schedule {

inline const target::Chip &chip() { return target::lookup("bm1684x"); }
inline LocalMemory memoryOf(int64_t bytes = 0) {
  const auto &local = chip().local;
  int64_t bank = local.laneBytes / local.banks;
  return {local.lanes,
          bytes ? bytes : local.laneBytes,
          bank,
          local.alignBytes,
          chip().limits.maxDim,
          &backend::familyFor(chip().identity.family)};
}

/// Builds networks of 8-bit convolutions, maxima and additions.
struct Chain {
  Network network;

  int addValue(std::string name, Dims dims, DType type = DType::I8) {
    Value v;
    v.name = std::move(name), v.dims = dims, v.dtype = type;
    network.values.push_back(v);
    return int(network.values.size()) - 1;
  }
  int input(Dims dims) {
    int v = addValue("input", dims);
    network.values[v].isInput = true;
    return v;
  }
  int weight(int64_t bytes) {
    int v = addValue("weight" + std::to_string(network.values.size()), {1, 1, 1, bytes});
    network.values[v].isWeight = true;
    network.values[v].sameAs = v;
    return v;
  }
  int finish(std::string name, Recipe recipe, std::vector<int> operands) {
    Node node;
    node.id = int(network.nodes.size());
    node.name = name;
    node.result = addValue(std::move(name), recipe.outputDims());
    node.operands = std::move(operands);
    node.form = std::move(recipe);
    network.nodes.push_back(std::move(node));
    return network.nodes.back().result;
  }
  /// A convolution with bias and requantisation, as lowering makes them.
  int conv(int in, int64_t oc, int64_t kernel, int64_t stride) {
    Dims d = network.values[in].dims;
    kernel::Window w{kernel, kernel, stride, stride, 1, 1, kernel / 2, kernel / 2, kernel / 2, kernel / 2};
    Dims out{d.n, oc, w.outH(d.h), w.outW(d.w)};
    Recipe r;
    auto same = AxisMap::same(), full = AxisMap::full();
    std::array<AxisMap, 4> each = {full, same, full, full};
    int x = r.addInput(
        0, DType::I8, d,
        {same, full, AxisMap::window(kernel, stride, 1, w.padTop), AxisMap::window(kernel, stride, 1, w.padLeft)});
    int64_t blocks = (d.c + 63) / 64;
    int filter = r.addWeight(1, DType::I8, {1, oc, blocks, kernel * kernel * 64}, Layout::Compact, each);
    int bias = r.addWeight(2, DType::I32, {1, oc, 1, 1}, Layout::Compact, each);
    int entries = r.addWeight(3, DType::I32, {1, oc, 1, 3}, Layout::Aligned, each);
    int y = r.addOutput(DType::I8, out), sums = r.addScratch(DType::I32, out), biased = r.addScratch(DType::I32, out);
    r.steps = {primitive::conv(sums, x, filter, w), primitive::binary(kernel::BinaryOp::Add, biased, bias, sums),
               primitive::requant(y, biased, entries)};
    return finish("conv" + std::to_string(network.nodes.size()), std::move(r),
                  {in, weight(oc * blocks * 64 * kernel * kernel), weight(oc * 4), weight(oc * 12)});
  }
  int clamp(int in) {
    Recipe r;
    int x = r.addInput(0, DType::I8, network.values[in].dims), y = r.addOutput(DType::I8, network.values[in].dims);
    r.steps.push_back(primitive::binary(kernel::BinaryOp::Max, y, x, primitive::Constant{0, DType::I8}));
    return finish("clamp" + std::to_string(network.nodes.size()), std::move(r), {in});
  }
  int larger(int a, int b) {
    Recipe r;
    Dims d = network.values[a].dims;
    int x = r.addInput(0, DType::I8, d), z = r.addInput(1, DType::I8, d), y = r.addOutput(DType::I8, d);
    r.steps.push_back(primitive::binary(kernel::BinaryOp::Max, y, x, z));
    return finish("larger" + std::to_string(network.nodes.size()), std::move(r), {a, b});
  }
  Network &output(int v) {
    network.values[v].isOutput = true;
    network.link();
    return network;
  }
};

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_TEST_UNIT_SCHEDULE_CHAINS_H
