//===- Family.cpp - A second family of chips ------------------------------===//
// The toy's rows: what its arithmetic engine does for each primitive, and of
// those that it cannot do, that no view suits them.
#include "Family.h"
#include "Emitter.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Elements.h"
#include "tpu_mlir/Primitive/Moves.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"

#include <bit>
#include <cassert>

namespace tpu_mlir::toy {

using backend::Row;
using backend::Shortcomings;
using backend::StepShape;
using backend::Task;
using codegen::LocalMemory;
using codegen::LocalView;
using codegen::StepEmitter;

namespace {

constexpr double kCopyLatency = 40, kRowCycles = 2, kBytesPerCycle = 8, kIssue = 2;
constexpr int64_t kElementBytes = 4; ///< of a lane in a cycle

int64_t bitsOf(double value, DType type) {
  return kernel::isFloat(type) ? int64_t(std::bit_cast<uint32_t>(float(value))) : int64_t(value);
}

/// One command of the arithmetic engine, whatever the strides of its views.
class ToyRow : public Row {
public:
  ToyRow(const Primitive &of, std::string_view mnemonic, bool streams = true)
      : of(of), mnemonic(mnemonic), streams(streams) {}
  const Primitive &primitive() const final { return of; }
  Shortcomings shortcomings() const final { return {}; }
  bool takes(const Step &, std::span<const LocalView>, const LocalMemory &) const override { return true; }
  bool needsRowsInPlace(const Step &) const final { return false; }
  bool streamsOnce() const final { return streams; }
  std::span<const std::string_view> instructions() const final { return {&mnemonic, 1}; }
  double cycles(const StepShape &shape, const target::Chip &) const override {
    return passCycles(shape.dims, shape.widest());
  }
  void emit(const Step &step, std::span<const LocalView> views, StepEmitter &to) const final {
    encode(step, views, static_cast<Emitter &>(to));
  }
  virtual void encode(const Step &step, std::span<const LocalView> views, Emitter &to) const = 0;

private:
  const Primitive &of;
  std::string_view mnemonic;
  bool streams;
};

struct ConvRow final : ToyRow {
  ConvRow() : ToyRow(primitive::conv(), "conv", false) {}
  void encode(const Step &step, std::span<const LocalView> views, Emitter &to) const override {
    assert(!step.has(2) && "sums of integers alone");
    const auto &with = attributesOf<primitive::WindowAttributes>(step);
    const LocalView &in = views[size_t(step.sources[0])], &filter = views[size_t(step.sources[1])],
                    &out = views[size_t(step.dst)];
    Words words;
    words.add(to.localOf(out)).add(to.localOf(in)).add(to.localOf(filter));
    words.add(windowOf(with.window, in)).add(with.padValue);
    to.compute(Op::Conv, words, {&in, &filter}, out);
  }
  double cycles(const StepShape &shape, const target::Chip &) const override {
    const kernel::Window &w = attributesOf<primitive::WindowAttributes>(shape.step).window;
    const double groups = double((shape.dims.c + kLanes - 1) / kLanes), together = double(kPack);
    return double(shape.dims.n * shape.dims.h * shape.dims.w * w.kh * w.kw) * groups *
           (double(shape.source(0).dims.c) / together + 1);
  }
  /// What the window sees of a view, with its own padding.
  static kernel::Window windowOf(kernel::Window w, const LocalView &in) {
    w.padTop = in.padBefore[0], w.padBottom = in.padAfter[0];
    w.padLeft = in.padBefore[1], w.padRight = in.padAfter[1];
    return w;
  }
};

struct MaxPoolRow final : ToyRow {
  MaxPoolRow() : ToyRow(primitive::maxPool(), "largest", false) {}
  void encode(const Step &step, std::span<const LocalView> views, Emitter &to) const override {
    const auto &with = attributesOf<primitive::WindowAttributes>(step);
    const LocalView &in = views[size_t(step.sources[0])], &out = views[size_t(step.dst)];
    Words words;
    words.add(to.localOf(out)).add(to.localOf(in)).add(ConvRow::windowOf(with.window, in)).add(with.padValue);
    to.compute(Op::MaxPool, words, {&in}, out);
  }
};

struct BinaryRow final : ToyRow {
  BinaryRow() : ToyRow(primitive::binary(), "binary") {}
  bool takes(const Step &step, std::span<const LocalView>, const LocalMemory &) const override {
    return !attributesOf<primitive::BinaryAttributes>(step).isConstantFirst;
  }
  void encode(const Step &step, std::span<const LocalView> views, Emitter &to) const override {
    const auto &with = attributesOf<primitive::BinaryAttributes>(step);
    const LocalView &a = views[size_t(step.sources[0])], &out = views[size_t(step.dst)];
    Words words;
    words.add(int64_t(with.op)).add(with.shift).add(step.has(1)).add(to.localOf(out)).add(to.localOf(a));
    if (!step.has(1)) {
      words.add(int64_t(with.constantType)).add(bitsOf(with.constant, with.constantType));
      return to.compute(Op::Binary, words, {&a}, out);
    }
    const LocalView &b = views[size_t(step.sources[1])];
    to.compute(Op::Binary, words.add(to.localOf(b)), {&a, &b}, out);
  }
};

struct RequantRow final : ToyRow {
  RequantRow() : ToyRow(primitive::requant(), "requant") {}
  void encode(const Step &step, std::span<const LocalView> views, Emitter &to) const override {
    const kernel::QuantEntry &entry = attributesOf<primitive::RequantAttributes>(step).entry;
    const LocalView &in = views[size_t(step.sources[0])], &out = views[size_t(step.dst)];
    Words words;
    words.add(step.has(1)).add(to.localOf(out)).add(to.localOf(in));
    if (!step.has(1)) {
      words.add(entry.multiplier).add(entry.shift).add(entry.zeroPoint);
      return to.compute(Op::Requant, words, {&in}, out);
    }
    const LocalView &entries = views[size_t(step.sources[1])];
    to.compute(Op::Requant, words.add(to.localOf(entries)), {&in, &entries}, out);
  }
};

/// One operand, one result.
template <Op kOp> struct UnaryRow final : ToyRow {
  using ToyRow::ToyRow;
  void encode(const Step &step, std::span<const LocalView> views, Emitter &to) const override {
    const LocalView &in = views[size_t(step.sources[0])], &out = views[size_t(step.dst)];
    to.compute(kOp, Words().add(to.localOf(out)).add(to.localOf(in)), {&in}, out);
  }
};

/// Copies that leave channels in their lanes.
struct CopyRow final : ToyRow {
  CopyRow() : ToyRow(primitive::copy(), "copy", false) {}
  bool takes(const Step &step, std::span<const LocalView>, const LocalMemory &) const override {
    const auto &with = attributesOf<primitive::CopyAttributes>(step);
    return with.fromChannel % kLanes == 0 && with.toChannel % kLanes == 0 && with.repeatH == 1 && with.repeatW == 1;
  }
  void encode(const Step &step, std::span<const LocalView> views, Emitter &to) const override {
    const auto &with = attributesOf<primitive::CopyAttributes>(step);
    const LocalView &in = views[size_t(step.sources[0])], &out = views[size_t(step.dst)];
    assert(with.stepH == 1 && with.stepW == 1);
    Local target = to.localOf(out), source = to.localOf(in);
    const int64_t item = kernel::byteSize(out.dtype);
    target.dims.c = with.channels ? with.channels : out.dims.c;
    target.offset += with.toChannel / kLanes * target.c * item;
    source.offset += with.fromChannel / kLanes * source.c * item;
    source.dims = target.dims;
    to.compute(Op::Copy, Words().add(target).add(source), {&in}, out);
  }
};

/// What no engine of the family does: no view will do.
struct MissingRow final : ToyRow {
  explicit MissingRow(const Primitive &of) : ToyRow(of, "none", false) {}
  bool takes(const Step &, std::span<const LocalView>, const LocalMemory &) const override { return false; }
  void encode(const Step &, std::span<const LocalView>, Emitter &) const override {
    assert(false && "no view was taken");
  }
};

/// By primitive; a new one needs a line here before this builds.
#define PRIMITIVE(Name, function) const Row &function##Row();
#include "tpu_mlir/Primitive/Primitives.def"

template <typename T> const Row &only() {
  static const T row;
  return row;
}
template <const Primitive &(*of)()> const Row &missing() {
  static const MissingRow row(of());
  return row;
}

const Row &convRow() { return only<ConvRow>(); }
const Row &maxPoolRow() { return only<MaxPoolRow>(); }
const Row &binaryRow() { return only<BinaryRow>(); }
const Row &requantRow() { return only<RequantRow>(); }
const Row &copyRow() { return only<CopyRow>(); }
const Row &castRow() {
  static const UnaryRow<Op::Cast> row(primitive::cast(), "cast");
  return row;
}
const Row &absoluteRow() {
  static const UnaryRow<Op::Absolute> row(primitive::absolute(), "absolute");
  return row;
}
const Row &bitwiseRow() { return missing<primitive::bitwise>(); }
const Row &shiftRow() { return missing<primitive::shift>(); }
const Row &selectRow() { return missing<primitive::select>(); }
const Row &depthwiseRow() { return missing<primitive::depthwise>(); }
const Row &lookupRow() { return missing<primitive::lookup>(); }
const Row &matMulRow() { return missing<primitive::matMul>(); }
const Row &transposeRow() { return missing<primitive::transpose>(); }
const Row &headsRow() { return missing<primitive::heads>(); }
const Row &insertRow() { return missing<primitive::insert>(); }

struct ToyFamily final : backend::Family {
  std::string_view name() const override { return "toy"; }
  const Row &row(const Primitive &primitive) const override { return *rows[size_t(numberOf(primitive))]; }
  std::span<const std::string_view> engines() const override { return kEngines; }
  int engineFor(Task task) const override {
    return task == Task::Compute ? kArithmetic : task == Task::Load ? kIn : kOut;
  }
  std::unique_ptr<StepEmitter> emitter(const codegen::Machine &machine) const override {
    return std::make_unique<Emitter>(machine);
  }
  double issueCycles(const target::Chip &) const override { return kIssue; }
  double copyCycles(Task, double rows, double bytes, const target::Chip &) const override {
    return toy::copyCycles(rows, bytes);
  }
  double storeCycles(const Dims &d, int64_t item, const target::Chip &) const override {
    return toy::copyCycles(double(d.n * d.c), double(d.h * d.w * item));
  }
  double passCycles(Task, double bytes, const target::Chip &) const override { return bytes / kBytesPerCycle; }
  double latencyCycles(const target::Chip &) const override { return kCopyLatency; }
  codegen::ProgramPrice priceOf(const CopyProgram &program, const codegen::Machine &machine) const override {
    codegen::ProgramPrice price{0, true};
    const int64_t item = kernel::byteSize(program.dtype);
    for (const Move &m : program.moves)
      forEachBox(m, machine.memory.bytes / 2 / item, [&](const MoveBox &box) {
        price.cycles += 2 * toy::copyCycles(double(box.rows), double(box.columns * item));
      });
    return price;
  }
  target::Chip withSlowTransfers(const target::Chip &chip) const override { return chip; }

  const std::vector<const Row *> rows = {
#define PRIMITIVE(Name, function) &function##Row(),
#include "tpu_mlir/Primitive/Primitives.def"
  };
};

} // namespace

double copyCycles(double rows, double bytes) { return kCopyLatency + rows * (kRowCycles + bytes / kBytesPerCycle); }

double passCycles(const kernel::Dims &d, int64_t item) {
  return double(d.n * ((d.c + kLanes - 1) / kLanes) * ((d.h * d.w * item + kElementBytes - 1) / kElementBytes));
}

std::array<timing::EngineClock, 3> clocks() { return {{{1, kIssue}, {1, kIssue}, {1, kIssue}}}; }

const backend::Family &family() {
  static const ToyFamily only;
  return only;
}

const target::Chip &chip() {
  static const target::Chip only = [] {
    target::Chip c{};
    c.identity.name = "toy1", c.identity.family = "toy";
    c.local.lanes = kLanes, c.local.laneBytes = 32768, c.local.banks = 16, c.local.alignBytes = 16;
    c.limits.maxDim = 1023;
    return c;
  }();
  return only;
}

codegen::Machine machineWith(int64_t laneBytes) {
  codegen::Machine m;
  m.memory = {
      kLanes,   laneBytes, chip().local.laneBytes / chip().local.banks, chip().local.alignBytes, chip().limits.maxDim,
      &family()};
  // Emission keeps 65,536 numbers free for a work, so that groups end after a few dozen commands.
  m.idLimit = 65536 + 40;
  m.chip = &chip();
  return m;
}

} // namespace tpu_mlir::toy
