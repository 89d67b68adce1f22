//===- Simulator.cpp - Running a bmodel from its bytes alone --------------===//
// Builds the chip's memories from the container, decodes the streams once, and
// runs them. Regions are laid out as the runtime does: weights from the start
// of global memory, then inputs and outputs where they are apart, then
// activations. Source: shared ISA notes, bmodel_format.md §4 to §6.

#include "tpu_mlir/Sim/Simulator.h"
#include "Engines.h"
#include "Exec.h"
#include "FindTable.h"
#include "PieceWatch.h"
#include "Streams.h"
#include "tpu_mlir/Bmodel/Sha256.h"
#include "tpu_mlir/Isa/Text.h"
#include "tpu_mlir/Kernel/Parallel.h"
#include "tpu_mlir/Sim/HostSubnets.h"

#include <algorithm>
#include <cstring>

namespace tpu_mlir::sim {

struct Simulator::State {
  std::string path;
  const target::Chip &chip;
  Memory memory;
  Arena arena;
  std::vector<Group> groups;
  std::vector<NetTensor> inputs, outputs;
  TensorTable table;
  std::unique_ptr<HostRunner> host;
  bmodel::OptionalBlob coefficients; ///< keeps the mapped weights alive
  std::vector<int32_t> serial;       ///< 0, 1, 2, … as static memory holds them
  bool isIntact = true;
  /// Hashes the weights, which may take longer than computing with them, while others compute. Nothing computed leaves
  /// the simulator before the hash is known.
  std::unique_ptr<kernel::Errand> check;

  State(const std::string &path, const target::Chip &chip) : path(path), chip(chip), memory(chip.local) {}
  [[noreturn]] void refuse(const std::string &why) const { throw UserError("'" + path + "': " + why); }

  /// UserError unless the weights match their check code.
  void requireIntact() {
    if (check)
      check->finish();
    check.reset();
    if (!isIntact)
      refuse("its coefficients do not match their SHA-256 check code");
  }
  void layOutMemory(const bmodel::NetParameter &p);
  void readTensors(const bmodel::NetParameter &p);
  void execute(size_t group, const isa::Command &command, const Probe *probe = nullptr);
  TensorValue read(const NetTensor &t) const;
  /// What the host's subnets say of a tensor beyond its bytes.
  void annotate(TensorValue &value) const;
  void addHostTensors(RunResult &result) const;
};

void Simulator::State::layOutMemory(const bmodel::NetParameter &p) {
  const target::Global &global = chip.global;
  uint64_t base = uint64_t(global.ddrBase), coeffEnd = base;
  std::span<const uint8_t> weights;
  if (p.coeffMem && p.coeffMem->coeff) {
    coefficients = p.coeffMem->coeff;
    weights = coefficients->bytes();
    if (p.coeffMem->address != base)
      refuse("its coefficients were compiled for " + hex(p.coeffMem->address) + " but global memory starts at " +
             hex(base));
    if (!p.coeffMem->checkCode.empty())
      check = std::make_unique<kernel::Errand>([this, weights, code = p.coeffMem->checkCode] {
        auto digest = bmodel::sha256(weights);
        isIntact = std::equal(digest.begin(), digest.end(), code.begin(), code.end());
      });
    coeffEnd = base + weights.size();
  }
  uint64_t next = p.ioSize ? std::min(p.ioAddr, p.ctxAddr) : p.ctxAddr;
  if (p.ctxSize || p.ioSize) {
    if (next < coeffEnd)
      refuse("its activations at " + hex(next) + " overlap its coefficients, which end at " + hex(coeffEnd));
    // Files whose weights were stripped keep the address range; it reads as zeros.
    if (weights.empty())
      coeffEnd = next;
  }
  auto withinAddressSpace = [&](uint64_t address, uint64_t bytes, const char *what) {
    uint64_t limit = uint64_t(1) << global.addressBits;
    if (address < base || address > limit || bytes > limit - address)
      refuse(std::string("its ") + what + " at " + hex(address) + " (" + std::to_string(bytes) +
             " bytes) lie outside global memory");
  };
  withinAddressSpace(base, coeffEnd - base, "coefficients");
  if (coeffEnd > base)
    memory.addReadOnly("coefficients", base, coeffEnd - base, weights);
  if (p.ioSize) {
    withinAddressSpace(p.ioAddr, p.ioSize, "inputs and outputs");
    memory.addRegion("inputs and outputs", p.ioAddr, p.ioSize);
  }
  if (p.ctxSize) {
    withinAddressSpace(p.ctxAddr, p.ctxSize, "activations");
    memory.addRegion("activations", p.ctxAddr, p.ctxSize);
  }
  memory.addRegion("L2 memory", uint64_t(chip.local.l2Base), uint64_t(chip.local.l2Bytes));
  // Of static memory only the serial numbers are known well enough to be read.
  serial.resize(size_t(chip.local.lanes));
  for (size_t i = 0; i < serial.size(); ++i)
    serial[i] = int32_t(i);
  std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t *>(serial.data()), serial.size() * sizeof(int32_t));
  memory.addReadOnly("static serial numbers", uint64_t(chip.local.staticBase + chip.local.staticSerialOffset),
                     bytes.size(), bytes);
}

void Simulator::State::readTensors(const bmodel::NetParameter &p) {
  auto convert = [&](const bmodel::Tensor &t) {
    NetTensor out{t.name, kernel::DType(t.dataType), {}, t.deviceAddr, t.scale, t.zeroPoint, 0};
    if (t.dataType > uint32_t(kernel::DType::BF16))
      refuse("tensor '" + t.name + "' has data type " + std::to_string(t.dataType) +
             ", which the simulator cannot read");
    if (t.shape.size() != 1)
      refuse("tensor '" + t.name + "' has " + std::to_string(t.shape.size()) + " shapes; a static net has one");
    double bytes = double(kernel::byteSize(out.dtype));
    for (uint64_t d : t.shape[0]) {
      out.shape.push_back(int64_t(d));
      bytes *= double(d);
    }
    if (bytes > 1e12)
      refuse("tensor '" + t.name + "' has an impossible shape");
    out.bytes = int64_t(bytes);
    out.own = host->ownOf(t.name);
    try {
      memory.write(out.address, uint64_t(out.bytes));
    } catch (const UserError &error) {
      refuse("tensor '" + t.name + "': " + error.what());
    }
    return out;
  };
  for (const bmodel::Tensor &t : p.inputTensor)
    inputs.push_back(convert(t));
  for (const bmodel::Tensor &t : p.outputTensor)
    outputs.push_back(convert(t));
}

void Simulator::State::execute(size_t group, const isa::Command &command, const Probe *probe) {
  arena.reset();
  Exec exec(command, chip, memory, arena, probe);
  try {
    sim::execute(exec);
  } catch (const UserError &error) {
    throw UserError(describe(group, command) + ": " + error.what());
  }
}

TensorValue Simulator::State::read(const NetTensor &t) const {
  const uint8_t *from = memory.read(t.address, uint64_t(t.bytes));
  return {t.name, t.dtype, t.shape, t.scale, t.zeroPoint, {from, from + t.bytes}};
}

void Simulator::State::annotate(TensorValue &value) const {
  value.own = host->ownOf(value.name);
  auto [axis, valid] = host->countedOf(value.name);
  if (axis < 0 || axis >= int64_t(value.shape.size()))
    return;
  value.countedAxis = axis;
  value.valid = std::clamp<int64_t>(valid, 0, value.shape[size_t(axis)]);
}

/// The table knows only what commands make.
void Simulator::State::addHostTensors(RunResult &result) const {
  for (const auto &[name, made] : host->made()) {
    auto isSame = [&, &name = name](const TensorValue &t) { return t.name == name; };
    if (std::any_of(result.tensors.begin(), result.tensors.end(), isSame))
      continue;
    result.tensors.push_back({name, host::formatOf(made.element), made.shape, 1, 0, made.bytes});
  }
}

Simulator::Simulator(const bmodel::Model &model, const std::string &path, size_t net, size_t stage)
    : state(std::make_unique<State>(path, target::lookupOf(path, model.chip))) {
  const bmodel::NetParameter &p = selectStage(model, path, net, stage);
  state->groups = decodeGroups(p, state->chip, path);
  state->layOutMemory(p);
  state->host = std::make_unique<HostRunner>(p, path);
  state->readTensors(p);
  state->table = findTable(p.tensorLoc, path, state->groups);
}

Simulator::~Simulator() = default;
Simulator::Simulator(Simulator &&) noexcept = default;

const target::Chip &Simulator::chip() const { return state->chip; }
const std::vector<NetTensor> &Simulator::inputs() const { return state->inputs; }
const std::vector<NetTensor> &Simulator::outputs() const { return state->outputs; }
const TensorTable &Simulator::tensorTable() const { return state->table; }

void Simulator::setInput(const std::string &name, std::span<const uint8_t> bytes) {
  std::string names;
  for (const NetTensor &t : state->inputs) {
    if (t.name == name) {
      if (int64_t(bytes.size()) != t.bytes)
        state->refuse("input '" + name + "' takes " + std::to_string(t.bytes) + " bytes, " +
                      std::to_string(bytes.size()) + " were given");
      if (!bytes.empty())
        std::memcpy(state->memory.write(t.address, bytes.size()), bytes.data(), bytes.size());
      return;
    }
    names += (names.empty() ? "'" : ", '") + t.name + "'";
  }
  state->refuse("it has no input '" + name + "'; inputs: " + names);
}

RunResult Simulator::run(const RunOptions &options) {
  State &s = *state;
  if (options.beforeCommand || options.afterCommand || options.onPiece || options.onOperand)
    s.requireIntact();
  RunResult result;
  Engines engines(s.chip, options, result);
  PieceWatch watch(s.table, s.memory, options, result);
  auto step = [&](size_t group, const isa::Command &command) {
    if (!options.functional)
      return;
    if (options.onOperand) {
      Probe probe{[&](const Operand &o, const void *) { options.onOperand(group, command, o); }};
      s.execute(group, command, &probe);
    } else {
      s.execute(group, command);
    }
    watch.done({uint32_t(group), command.engine() == isa::Engine::GDMA, command.id()});
  };
  try {
    watch.done({});
    for (size_t g = 0; g <= s.groups.size(); ++g) {
      if (options.functional)
        result.hostOps += s.host->run(g, s.memory);
      if (g < s.groups.size())
        engines.run(s.groups[g], g, [&](const isa::Command &command) { step(g, command); });
    }
  } catch (const UserError &error) {
    s.requireIntact();
    s.refuse(error.what());
  }
  s.requireIntact();
  result.cycles = engines.now();
  result.milliseconds = result.cycles / (double(s.chip.clock.tiuMhz) * 1000.0);
  if (options.functional)
    for (const NetTensor &t : s.outputs)
      result.outputs.push_back(s.read(t));
  if (options.functional && options.collectTensors)
    s.addHostTensors(result);
  for (std::vector<TensorValue> *list : {&result.tensors, &result.outputs})
    for (TensorValue &value : *list)
      s.annotate(value);
  return result;
}

std::vector<uint8_t> Simulator::readGlobal(uint64_t address, uint64_t bytes) const {
  state->requireIntact();
  const uint8_t *from = state->memory.read(address, bytes);
  return {from, from + bytes};
}

std::span<const uint8_t> Simulator::lane(int64_t index) const {
  state->requireIntact();
  return {state->memory.lane(index), size_t(state->memory.laneBytes())};
}

const Memory &Simulator::memory() const {
  state->requireIntact();
  return state->memory;
}

std::string Simulator::textOf(const isa::Command &command) const {
  return isa::toText(isa::tableFor(state->chip.identity.isa), command);
}

std::vector<OperandValue> Simulator::operandsOf(size_t group, const isa::Command &command) const {
  state->requireIntact();
  std::vector<OperandValue> out;
  Probe probe{[&](const Operand &o, const void *values) {
                auto from = static_cast<const uint8_t *>(values);
                out.push_back({o, {from, from + o.dims.count() * kernel::byteSize(o.dtype)}});
              },
              /*isDry=*/true};
  state->execute(group, command, &probe);
  return out;
}

} // namespace tpu_mlir::sim
