//===- Sequence.cpp - Element-wise programs of engine commands ------------===//
// Programs run strip by strip, each step by the kernel that the simulator runs
// for its command, so that there is one arithmetic.

#include "tpu_mlir/Kernel/Sequence.h"
#include "Strips.h"
#include "tpu_mlir/Kernel/Kernels.h"

#include <memory>

namespace tpu_mlir::kernel {

const char *name(EngineOp p) {
  static constexpr const char *kNames[] = {
      "add",          "sub",         "mul",       "max", "min", "and", "or", "xor", "shift", "cast", "select_greater",
      "select_equal", "select_less", "polynomial"};
  return kNames[size_t(p)];
}

int operandCount(EngineOp p) {
  switch (p) {
  case EngineOp::Cast:
  case EngineOp::Polynomial:
    return 1;
  case EngineOp::SelectGreater:
  case EngineOp::SelectEqual:
  case EngineOp::SelectLess:
    return 4;
  default:
    return 2;
  }
}

namespace {

std::array<Sequence::Operand *, 4> operandsOf(Sequence::Step &s) { return {&s.a, &s.b, &s.c, &s.d}; }

} // namespace

static Sequence withOneRegisterPerValue(const Sequence &program) {
  Sequence out = program;
  std::vector<int> current(size_t(program.registers), -1);
  for (out.registers = 0; out.registers < program.inputs; ++out.registers)
    current[size_t(out.registers)] = out.registers;
  for (Sequence::Step &s : out.steps) {
    for (Sequence::Operand *o : operandsOf(s))
      if (!o->isConstant())
        o->reg = current[size_t(o->reg)];
    s.to = current[size_t(s.to)] = out.registers++;
  }
  out.result = current[size_t(program.result)];
  return out;
}

Sequence withFewRegisters(const Sequence &given) {
  const Sequence program = withOneRegisterPerValue(given);
  Sequence out = program;
  std::vector<int> lastUse(size_t(program.registers), -1);
  for (size_t i = 0; i < out.steps.size(); ++i)
    for (Sequence::Operand *o : operandsOf(out.steps[i]))
      if (!o->isConstant())
        lastUse[size_t(o->reg)] = int(i);
  lastUse[size_t(program.result)] = int(out.steps.size());
  std::vector<int> place(size_t(program.registers), -1), free;
  out.registers = 0;
  auto take = [&](int reg) {
    if (free.empty())
      free.push_back(out.registers++);
    place[size_t(reg)] = free.back();
    free.pop_back();
  };
  for (int i = 0; i < program.inputs; ++i)
    take(i);
  for (size_t i = 0; i < out.steps.size(); ++i) {
    Sequence::Step &s = out.steps[i];
    std::vector<int> done;
    for (Sequence::Operand *o : operandsOf(s))
      if (!o->isConstant()) {
        if (lastUse[size_t(o->reg)] == int(i))
          done.push_back(o->reg);
        o->reg = place[size_t(o->reg)];
      }
    // A result may take an operand's place, but not that of one in another format.
    const bool isInPlace = s.what != EngineOp::Cast;
    if (!isInPlace)
      take(s.to);
    for (int reg : done)
      if (place[size_t(reg)] >= 0) {
        free.push_back(place[size_t(reg)]);
        place[size_t(reg)] = -1; // twice an operand is once a register
      }
    if (isInPlace)
      take(s.to);
    s.to = place[size_t(s.to)];
  }
  out.result = place[size_t(program.result)];
  return out;
}

Sequence withoutPolynomials(const Sequence &program) {
  Sequence out = program;
  out.steps.clear(), out.polynomials.clear();
  for (const Sequence::Step &s : program.steps) {
    if (s.what != EngineOp::Polynomial) {
      out.steps.push_back(s);
      continue;
    }
    const std::vector<float> &c = program.polynomials[size_t(s.coefficients)];
    Sequence::Operand sum{-1, std::bit_cast<uint32_t>(c.back())};
    for (size_t k = c.size() - 1; k-- > 0;) {
      out.steps.push_back({EngineOp::Mul, DType::F32, out.registers++, s.a, sum, {}, {}});
      // The last sum goes where the polynomial went.
      const int to = k ? out.registers++ : s.to;
      out.steps.push_back(
          {EngineOp::Add, DType::F32, to, {out.steps.back().to}, {-1, std::bit_cast<uint32_t>(c[k])}, {}, {}});
      sum = {to};
    }
  }
  return out;
}

namespace {

/// The registers of one strip.
class Strips {
public:
  Strips(const Sequence &program)
      : program(program), values(new uint32_t[size_t(program.registers) * size_t(kStrip)]) {}

  void run(const Tensor &out, std::span<const ConstTensor> in, int64_t begin, int64_t n) {
    dims = {1, 1, 1, n};
    for (size_t i = 0; i < in.size(); ++i)
      std::memcpy(reg(int(i)), at(in[i].data, begin, in[i].dtype), size_t(n * byteSize(in[i].dtype)));
    for (const Sequence::Step &s : program.steps)
      step(s);
    std::memcpy(at(out.data, begin, out.dtype), reg(program.result), size_t(n * byteSize(out.dtype)));
  }

private:
  uint32_t *reg(int number) const { return values.get() + int64_t(number) * kStrip; }
  ConstTensor read(const Sequence::Operand &o, DType t) const {
    return o.isConstant() ? ConstTensor(t, {1, 1, 1, 1}, &o.bits) : ConstTensor(t, dims, reg(o.reg));
  }

  void step(const Sequence::Step &s) const {
    const Tensor to{s.type, dims, reg(s.to)};
    const DType t = s.type;
    switch (s.what) {
    case EngineOp::Add:
    case EngineOp::Sub:
    case EngineOp::Mul:
    case EngineOp::Max:
    case EngineOp::Min:
      return binary(BinaryOp(int(s.what) - int(EngineOp::Add)), to, read(s.a, t), read(s.b, t));
    case EngineOp::And:
    case EngineOp::Or:
    case EngineOp::Xor:
      return bitwise(BitOp(int(s.what) - int(EngineOp::And)), to, read(s.a, t), read(s.b, t));
    case EngineOp::Shift: {
      const int8_t places = int8_t(int32_t(s.b.bits));
      return shiftEach(ShiftOp::Arithmetic, to, read(s.a, t), {DType::I8, {1, 1, 1, 1}, &places}, Round::Floor);
    }
    case EngineOp::Cast:
      return cast(to, read(s.a, s.from), s.round);
    case EngineOp::SelectGreater:
    case EngineOp::SelectEqual:
    case EngineOp::SelectLess:
      return select(Comparison(int(s.what) - int(EngineOp::SelectGreater)), to, read(s.a, t), read(s.b, t),
                    read(s.c, t), read(s.d, t));
    case EngineOp::Polynomial: {
      const std::vector<float> &c = program.polynomials[size_t(s.coefficients)];
      return polynomial(to, read(s.a, t), c.data(), int64_t(c.size()));
    }
    }
  }

  const Sequence &program;
  std::unique_ptr<uint32_t[]> values;
  Dims dims;
};

} // namespace

void run(const Sequence &program, const Tensor &out, std::span<const ConstTensor> in) {
  assert(int(in.size()) == program.inputs && out.dtype == program.format);
  const int64_t count = out.dims.count(), strips = (count + kStrip - 1) / kStrip;
  parallelFor(strips, kGrain / kStrip, [&](int64_t begin, int64_t end) {
    Strips s(program);
    for (int64_t i = begin; i < end; ++i)
      s.run(out, in, i * kStrip, std::min(kStrip, count - i * kStrip));
  });
}

} // namespace tpu_mlir::kernel
