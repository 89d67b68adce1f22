//===- Run.cpp - Recipes and copy programs on host tensors ----------------===//
// Executes the steps of a recipe by their primitives' arithmetic, over whole
// tensors. Decides where tensors lie, and knows no primitive.
#include "tpu_mlir/Kernel/Parallel.h"
#include "tpu_mlir/Primitive/Primitive.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>

namespace tpu_mlir {
using namespace kernel;

namespace {

/// Whole-tensor storage of one run.
class HostRun {
public:
  HostRun(const Recipe &recipe, const HostOperands &host) : recipe(recipe), host(host) {
    for (const Buffer &b : recipe.buffers)
      scratch.emplace_back(b.place == Place::Scratch ? b.dims.count() * byteSize(b.dtype) : 0);
  }
  void run() {
    for (const Step &s : recipe.steps) {
      assert(computes(recipe, s) && "ops make steps in formats that there are");
      OneStep step(*this, s);
      s.primitive->run(s, step);
    }
  }

private:
  /// What a row sees of the run.
  struct OneStep final : HostStep {
    OneStep(HostRun &run, const Step &step) : run(run), step(step) {}
    Tensor result() const override {
      Tensor t = run.write(step.dst);
      t.dtype = resultFormat(run.recipe, step);
      return t;
    }
    ConstTensor source(int index) const override {
      ConstTensor t = run.read(step.sources[index]);
      t.dtype = sourceFormat(run.recipe, step, index);
      return t;
    }
    ConstTensor repeated(int index) override { return run.repeated(step.sources[index], bytes); }
    const Buffer &buffer(int index) const override { return run.recipe.buffers[step.sources[index]]; }
    const Roundings &roundings() const override { return run.recipe.roundings; }

    HostRun &run;
    const Step &step;
    std::vector<uint8_t> bytes;
  };

  ConstTensor read(int id) {
    const Buffer &b = recipe.buffers[id];
    if (b.place == Place::Input || b.place == Place::Weight) {
      ConstTensor t = host.operands[b.index];
      return {b.dtype, b.dims, t.data};
    }
    return write(id);
  }
  /// The operand with every channel `times` times.
  ConstTensor repeated(int id, std::vector<uint8_t> &bytes) {
    ConstTensor t = read(id);
    int64_t times = recipe.buffers[id].repeat, plane = t.dims.h * t.dims.w * byteSize(t.dtype);
    if (times == 1)
      return t;
    bytes.resize(t.dims.n * t.dims.c * plane);
    for (int64_t i = 0; i < t.dims.n * t.dims.c; ++i)
      std::memcpy(bytes.data() + i * plane, static_cast<const uint8_t *>(t.data) + i / times * plane, plane);
    return {t.dtype, t.dims, bytes.data()};
  }
  Tensor write(int id) {
    const Buffer &b = recipe.buffers[id];
    assert(b.place == Place::Output || b.place == Place::Scratch);
    return {b.dtype, b.dims, b.place == Place::Output ? host.result.data : scratch[id].data()};
  }

  const Recipe &recipe;
  const HostOperands &host;
  std::vector<std::vector<uint8_t>> scratch;
};

void moveElements(const Move &m, size_t axis, const uint8_t *source, uint8_t *target, int64_t bytes) {
  if (axis == m.dims.size()) {
    std::memcpy(target, source, bytes);
    return;
  }
  int64_t sourceStep = m.source == -1 ? 0 : m.sourceStrides[axis] * bytes, targetStep = m.targetStrides[axis] * bytes;
  if (axis + 1 == m.dims.size() && sourceStep == bytes && targetStep == bytes) {
    std::memcpy(target, source, m.dims[axis] * bytes);
    return;
  }
  for (int64_t i = 0; i < m.dims[axis]; ++i)
    moveElements(m, axis + 1, source + i * sourceStep, target + i * targetStep, bytes);
}

} // namespace

/// Whether the result is a function of one byte, element by element, in many steps.
static bool isMapOfBytes(const Recipe &recipe) {
  constexpr size_t kWorthwhile = 4;
  int inputs = 0;
  for (const Buffer &b : recipe.buffers) {
    inputs += b.place == Place::Input;
    if (b.place == Place::Weight || b.dims != recipe.outputDims() || b.repeat != 1 ||
        (b.place != Place::Scratch && byteSize(b.dtype) != 1))
      return false;
  }
  return inputs == 1 && recipe.steps.size() >= kWorthwhile &&
         std::all_of(recipe.steps.begin(), recipe.steps.end(),
                     [](const Step &s) { return s.primitive->reach(s) == Reach::Same; });
}

/// Runs the steps on the 256 bytes that there are, and looks up.
static void runMapOfBytes(const Recipe &recipe, const HostOperands &host) {
  Recipe small = recipe;
  const Dims all{1, 1, 1, 256};
  int operand = -1;
  for (Buffer &b : small.buffers) {
    b.dims = all;
    if (b.place == Place::Input)
      operand = b.index;
  }
  uint8_t inputs[256], results[256];
  std::iota(std::begin(inputs), std::end(inputs), 0);
  HostOperands one{host.operands, {host.result.dtype, all, results}};
  one.operands[operand] = {host.operands[operand].dtype, all, inputs};
  HostRun(small, one).run();
  lookup(host.result, host.operands[operand], results);
}

/// Whether every element of the result depends on those in its place alone, in so many steps that tensors between them
/// should stay in a cache.
static bool isLongMap(const Recipe &recipe) {
  constexpr size_t kWorthwhile = 4;
  return recipe.steps.size() >= kWorthwhile &&
         std::all_of(recipe.buffers.begin(), recipe.buffers.end(),
                     [&](const Buffer &b) { return b.dims == recipe.outputDims() && b.repeat == 1; }) &&
         std::all_of(recipe.steps.begin(), recipe.steps.end(),
                     [](const Step &s) { return s.primitive->reach(s) == Reach::Same; });
}

/// The steps on one piece of all tensors after the other.
static void runInPieces(const Recipe &recipe, const HostOperands &host) {
  constexpr int64_t kPiece = 1 << 13;
  const int64_t count = recipe.outputDims().count();
  parallelFor((count + kPiece - 1) / kPiece, 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t first = piece * kPiece;
      const Dims dims{1, 1, 1, std::min(kPiece, count - first)};
      Recipe part = recipe;
      HostOperands one = host;
      for (Buffer &b : part.buffers) {
        b.dims = dims;
        if (b.place == Place::Input || b.place == Place::Weight)
          one.operands[b.index] = {
              b.dtype, dims, static_cast<const uint8_t *>(host.operands[b.index].data) + first * byteSize(b.dtype)};
      }
      one.result = {host.result.dtype, dims,
                    static_cast<uint8_t *>(host.result.data) + first * byteSize(host.result.dtype)};
      HostRun(part, one).run();
    }
  });
}

void runRecipe(const Recipe &recipe, const HostOperands &host) {
  if (isMapOfBytes(recipe))
    return runMapOfBytes(recipe, host);
  if (isLongMap(recipe))
    return runInPieces(recipe, host);
  HostRun(recipe, host).run();
}

void runCopy(const CopyProgram &program, const HostOperands &host) {
  int64_t bytes = byteSize(program.dtype);
  auto *target = static_cast<uint8_t *>(host.result.data);
  for (const Move &m : program.moves) {
    const uint8_t *source = m.source == -1            ? reinterpret_cast<const uint8_t *>(&m.value)
                            : m.source == kFromResult ? target
                                                      : static_cast<const uint8_t *>(host.operands[m.source].data);
    moveElements(m, 0, m.source == -1 ? source : source + m.sourceOffset * bytes, target + m.targetOffset * bytes,
                 bytes);
  }
}

} // namespace tpu_mlir
