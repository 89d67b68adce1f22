//===- Compare.cpp - A stream against reference tensors -------------------===//
// One run compares everything and logs what commands touch until the first
// difference; short runs up to a command show its operands as they were.

#include "tpu_mlir/Sim/Compare.h"
#include "Blame.h"
#include "tpu_mlir/Kernel/Float.h"
#include "tpu_mlir/Kernel/Round.h"
#include "tpu_mlir/Sim/Numbers.h"
#include "tpu_mlir/Sim/Show.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Finite.h"
#include "tpu_mlir/Support/NameText.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tpu_mlir::sim {

using kernel::DType;

namespace {

/// The stored integer of a float value; UserError where the format has no such value.
int64_t storedOf(float value, const TensorEntry &t, const NpzArray &array) {
  double exact = double(value) / double(t.scale);
  double nearest = std::nearbyint(exact);
  int64_t stored = std::abs(nearest) < 1e18 ? int64_t(nearest) + t.zeroPoint : 0;
  // Both the value and the scale are rounded to float.
  if (!(std::abs(exact - nearest) <= 0.01 + std::abs(nearest) * 1e-6) || kernel::saturate(stored, t.dtype) != stored)
    throw UserError("array '" + array.name + "' of the reference holds " + std::to_string(value) +
                    ", which is no value of a tensor in " + kernel::name(t.dtype) + " with scale " +
                    std::to_string(t.scale) + "; the reference must be the tpu interpreter's tensors");
  return stored;
}

/// The first element of a piece that differs, and how many do.
struct Mismatch {
  int64_t wrong = 0;
  Axes first{};
};

Mismatch compareWith(const PieceEvent &event, const std::vector<uint8_t> &expected) {
  Mismatch m;
  const TensorPiece &p = event.piece;
  size_t item = size_t(kernel::byteSize(event.tensor.dtype)), row = size_t(p.size[4]) * item;
  const uint8_t *found = event.values.data();
  Axes i{};
  for (i[0] = 0; i[0] < p.size[0]; ++i[0])
    for (i[1] = 0; i[1] < p.size[1]; ++i[1])
      for (i[2] = 0; i[2] < p.size[2]; ++i[2])
        for (i[3] = 0; i[3] < p.size[3]; ++i[3], found += row) {
          const uint8_t *want = expected.data() + size_t(elementOf(p, i)) * item;
          if (std::memcmp(found, want, row) == 0)
            continue;
          for (int64_t x = 0; x < p.size[4]; ++x)
            if (std::memcmp(found + size_t(x) * item, want + size_t(x) * item, item) != 0 && m.wrong++ == 0)
              m.first = {i[0], i[1], i[2], i[3], x};
        }
  return m;
}

/// What the piece should hold.
std::vector<uint8_t> rightValues(const PieceEvent &event, const std::vector<uint8_t> &tensor) {
  const TensorPiece &p = event.piece;
  int64_t item = kernel::byteSize(event.tensor.dtype), row = p.size[4] * item;
  std::vector<uint8_t> out;
  out.reserve(event.values.size());
  Axes i{};
  for (i[0] = 0; i[0] < p.size[0]; ++i[0])
    for (i[1] = 0; i[1] < p.size[1]; ++i[1])
      for (i[2] = 0; i[2] < p.size[2]; ++i[2])
        for (i[3] = 0; i[3] < p.size[3]; ++i[3]) {
          auto from = tensor.begin() + elementOf(p, i) * item;
          out.insert(out.end(), from, from + row);
        }
  return out;
}

/// Thrown through a run that has shown what it was for.
struct Stop {};

class Comparer {
public:
  Comparer(const std::function<Simulator()> &make, const NpzFile &reference, RunOptions options)
      : make(make), reference(reference), options(std::move(options)) {}

  Comparison run(std::optional<Simulator> &first) {
    first.emplace(make());
    simulator = &*first;
    const TensorTable &table = simulator->tensorTable();
    for (const TensorEntry &t : table.tensors)
      if (const NpzArray *array = reference.find(t.name)) {
        ++out.tensors;
        if (std::string why = nonfiniteText(*array); !why.empty())
          throw UserError("array '" + array->name + "' of the reference has " + why +
                          "; nothing is equal to such a number");
      } else
        out.unreferenced.push_back(t.name);
    RunOptions watching = options;
    watching.onPiece = [&](const PieceEvent &event) { compare(event); };
    watching.onOperand = [&](size_t group, const isa::Command &command, const Operand &operand) {
      if (!out.difference)
        log.add(group, command, operand);
    };
    simulator->run(watching);
    return std::move(out);
  }

private:
  void compare(const PieceEvent &event) {
    const NpzArray *array = reference.find(event.tensor.name);
    if (!array)
      return;
    std::vector<uint8_t> expected = storedValues(event.tensor, *array);
    ++out.pieces;
    Mismatch m = compareWith(event, expected);
    if (m.wrong == 0) {
      if (!out.difference)
        verified[&event.tensor].push_back(&event.piece);
      return;
    }
    if (std::find(out.differing.begin(), out.differing.end(), event.tensor.name) == out.differing.end())
      out.differing.push_back(event.tensor.name);
    if (out.difference)
      return;
    int64_t item = kernel::byteSize(event.tensor.dtype), dense = 0;
    for (size_t a = 0; a < 5; ++a)
      dense = dense * event.piece.size[a] + m.first[a];
    out.difference = Difference{&event.tensor, &event.piece, m.first, m.wrong, "", "", rightValues(event, expected)};
    out.difference->found = showValue(event.tensor.dtype, event.values.data() + dense * item);
    out.difference->expected = showValue(event.tensor.dtype, out.difference->right.data() + dense * item);
    const Memory &memory = simulator->memory();
    out.blame = findBlame({log, simulator->tensorTable(), *out.difference, expected, verified[&event.tensor],
                           memory.lanes(), [&](const CommandRef &c) { return operandsAt(c); }, memory});
    log.steps.clear();
  }

  const std::vector<OperandValue> &operandsAt(const CommandRef &wanted) {
    if (shown.contains(wanted))
      return shown[wanted];
    Simulator again = make();
    RunOptions until = options;
    std::vector<OperandValue> operands;
    until.beforeCommand = [&](const CommandEvent &event) {
      if (CommandRef{uint32_t(event.group), event.command.engine() == isa::Engine::GDMA, event.command.id()} != wanted)
        return;
      operands = again.operandsOf(event.group, event.command);
      throw Stop();
    };
    try {
      again.run(until);
    } catch (const Stop &) {
    }
    return shown[wanted] = std::move(operands);
  }

  const std::function<Simulator()> &make;
  const NpzFile &reference;
  RunOptions options;
  Simulator *simulator = nullptr;
  AccessLog log;
  std::map<const TensorEntry *, std::vector<const TensorPiece *>> verified;
  std::map<CommandRef, std::vector<OperandValue>> shown; ///< by operandsAt
  Comparison out;
};

std::string count(size_t n, const char *what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

/// "(n, c, h, w) = (0, 3, 1, 7)" in the whole tensor.
std::string position(const TensorPiece &p, const Axes &index) {
  bool hasDepth = p.whole[2] != 1;
  std::string out = hasDepth ? "(n, c, d, h, w) = (" : "(n, c, h, w) = (";
  for (size_t a = 0; a < 5; ++a)
    if (a != 2 || hasDepth)
      out += (a ? ", " : "") + std::to_string(p.begin[a] + index[a]);
  return out + ")";
}

std::string nameOf(const isa::Command &code) {
  if (!code.info)
    return "";
  const isa::KindInfo *kind = code.kind();
  return " (" + std::string(code.info->name) + (kind ? " " + std::string(kind->name) : "") + ")";
}

} // namespace

std::vector<uint8_t> storedValues(const TensorEntry &t, const NpzArray &array) {
  if (array.count() != t.count())
    throw UserError("array '" + array.name + "' of the reference has " + std::to_string(array.count()) +
                    " elements, but the tensor has " + std::to_string(t.count()));
  size_t item = size_t(kernel::byteSize(t.dtype));
  std::vector<uint8_t> stored(size_t(t.bytes()));
  if (array.type == rawType(t.dtype)) {
    if (!stored.empty())
      std::memcpy(stored.data(), array.data, stored.size());
    return stored;
  }
  if (array.type != NpyType::F32 && array.type != NpyType::F64 && array.type != NpyType::F16)
    throw UserError("array '" + array.name + "' of the reference has type " + name(array.type) +
                    ", but the tensor is " + kernel::name(t.dtype));
  std::vector<float> values(size_t(array.count()));
  toFloat(array, values.data());
  for (size_t i = 0; i < values.size(); ++i) {
    if (t.dtype == DType::F32) {
      std::memcpy(&stored[i * item], &values[i], item);
    } else if (kernel::isFloat(t.dtype)) {
      uint16_t half = t.dtype == DType::F16 ? kernel::f32ToF16(values[i]) : kernel::f32ToBf16(values[i]);
      std::memcpy(&stored[i * item], &half, item);
    } else {
      int64_t q = storedOf(values[i], t, array);
      std::memcpy(&stored[i * item], &q, item);
    }
  }
  return stored;
}

Comparison compare(const std::function<Simulator()> &make, const NpzFile &reference, const RunOptions &options,
                   std::optional<Simulator> &first) {
  return Comparer(make, reference, options).run(first);
}

std::string report(const Comparison &c, const Simulator &simulator) {
  std::string out = "compared " + count(c.tensors, "tensor") + " in " + count(c.pieces, "piece") + ": ";
  out += c.differing.empty() ? "all equal\n" : count(c.differing.size(), "tensor") + " differ\n";
  if (!c.unreferenced.empty())
    out += "not compared, since the reference lacks them: " + count(c.unreferenced.size(), "tensor") + ", the first " +
           quotedName(c.unreferenced[0]) + "\n";
  if (!c.difference)
    return out;
  const Difference &d = *c.difference;
  const Blame &b = *c.blame;
  bool withGroup = d.piece->after.group > 0 || b.command.group > 0;
  out += "\nfirst difference: tensor " + quotedName(d.tensor->name) + ", complete after " +
         text(d.piece->after, withGroup) + "\n";
  out += "  piece     " + show(*d.tensor, *d.piece) + "\n";
  out += "  wrong     " + std::to_string(d.wrong) + " of " + std::to_string(d.piece->count()) +
         " elements, the first at " + position(*d.piece, d.first) + "\n";
  out += "  found     " + d.found + ", expected " + d.expected + "\n";
  out += "\nfirst instruction that differs: " + text(b.command, withGroup) + nameOf(b.code);
  if (const LayerEntry *layer = simulator.tensorTable().layerOf(b.command))
    out += " of layer " + quotedName(layer->name) + " (" + layer->op + ")";
  out += "\n";
  for (const std::string &reason : b.reasons)
    out += "  because   " + reason + "\n";
  if (b.code.info) {
    out += "  encoded   " + simulator.textOf(b.code) + "\n";
    out += b.isWriter ? "  operands, around the wrong element:\n" : "  operands:\n";
    out += showOperands(b.code, b.operands, b.element, b.isWriter, simulator.memory(), "    ");
    if (d.piece->size[2] == 1) {
      kernel::Dims dims{d.piece->size[0], d.piece->size[1], d.piece->size[3], d.piece->size[4]};
      kernel::Dims first{d.first[0], d.first[1], d.first[3], d.first[4]};
      out += "  expected, around the wrong element of the piece:\n" +
             showTable(d.tensor->dtype, dims, d.right.data(), around(dims, first, 6, true), "      ");
    }
    if (!b.sources.empty())
      out += "  before it:\n";
    for (const std::string &source : b.sources)
      out += "    " + source + "\n";
  }
  return out;
}

} // namespace tpu_mlir::sim
