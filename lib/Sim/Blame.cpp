//===- Blame.cpp - Which command made an element wrong --------------------===//
// From the wrong element to its last writer; through copies to what they
// copied; through element-wise commands to their input, where the expected
// values show that the input was wrong already: if two elements have the same
// input but different expected results, or inputs and expected results are not
// in the same order, then no right command could have followed.

#include "Blame.h"
#include "Relation.h"
#include "tpu_mlir/Sim/Show.h"
#include "tpu_mlir/Support/NameText.h"

namespace tpu_mlir::sim {

using kernel::Dims;

void AccessLog::add(size_t group, const isa::Command &command, const Operand &operand) {
  if (steps.empty() || steps.back().code != &command)
    steps.push_back({{uint32_t(group), command.engine() == isa::Engine::GDMA, command.id()}, &command, {}});
  steps.back().operands.push_back(operand);
}

int64_t AccessLog::lastWriter(const ElementPlace &place, int64_t end, int64_t lanes) const {
  for (int64_t i = end - 1; i >= 0; --i)
    for (const Operand &o : steps[size_t(i)].operands)
      if (o.isWrite && find(o, place, lanes))
        return i;
  return -1;
}

namespace {

const OperandValue *writeOf(const std::vector<OperandValue> &operands) {
  for (const OperandValue &v : operands)
    if (v.operand.isWrite)
      return &v;
  return nullptr;
}

double numberAt(kernel::DType dtype, const uint8_t *at) { return std::stod(showValue(dtype, at)); }

class Search {
public:
  explicit Search(const Evidence &evidence) : e(evidence), d(evidence.difference) {}

  Blame run() {
    end = int64_t(e.log.steps.size());
    layer = e.table.layerOf(d.piece->after);
    ElementPlace place = placeOf(*d.tensor, *d.piece, d.first, e.memory);
    int64_t writer = e.log.lastWriter(place, end, e.lanes);
    if (writer < 0)
      return unwritten("no command has written the element");
    if (layer && !layer->has(step(writer).command)) {
      if (int64_t own = ownWriter(place, writer); own >= 0) {
        say(name(own) + " of the layer wrote the element, and " + name(writer) + owner(writer) + " overwrote it");
        return blame(writer, place);
      }
      return unwritten("no command of the layer has written the element; " + name(writer) + owner(writer) +
                       " was the last to write there");
    }
    say(name(writer) + " was the last to write the element");
    return follow(writer, place);
  }

private:
  const AccessLog::Step &step(int64_t i) const { return e.log.steps[size_t(i)]; }
  std::string name(int64_t i) const { return text(step(i).command, step(i).command.group > 0); }
  std::string owner(int64_t i) const {
    const LayerEntry *other = e.table.layerOf(step(i).command);
    return other ? " (layer " + quotedName(other->name) + ")" : "";
  }
  void say(const std::string &sentence) { reasons.push_back(sentence); }

  int64_t ownWriter(const ElementPlace &place, int64_t before) const {
    for (int64_t i = before; i >= 0; i = e.log.lastWriter(place, i, e.lanes))
      if (layer->has(step(i).command))
        return i;
    return -1;
  }

  /// The command that the table names should have completed the piece.
  Blame unwritten(const std::string &why) {
    say(why);
    say(text(d.piece->after, d.piece->after.group > 0) + " is the one that completes it");
    for (int64_t i = end - 1; i >= 0; --i)
      if (step(i).command == d.piece->after) {
        Blame b = named(i);
        b.isWriter = false;
        addSources(b, i);
        return b;
      }
    // It touched no memory at all.
    Blame b;
    b.command = d.piece->after;
    b.reasons = reasons;
    b.isWriter = false;
    return b;
  }

  Blame named(int64_t i) const {
    Blame b;
    b.command = step(i).command;
    b.code = *step(i).code;
    b.reasons = reasons;
    b.operands = e.operandsAt(b.command);
    return b;
  }

  Blame blame(int64_t i, const ElementPlace &place) {
    Blame b = named(i);
    if (const OperandValue *out = writeOf(b.operands))
      b.element = find(out->operand, place, e.lanes).value_or(Dims{0, 0, 0, 0});
    addSources(b, i);
    return b;
  }

  /// Who wrote what the command read for the element.
  void addSources(Blame &b, int64_t i) const {
    const OperandValue *out = writeOf(b.operands);
    for (const OperandValue &v : b.operands) {
      if (v.operand.isWrite)
        continue;
      Dims at = elementIn(b.code, out ? out->operand.dims : v.operand.dims, b.element, v.operand.dims);
      int64_t writer = e.log.lastWriter(placeOf(v.operand, at, e.lanes), i, e.lanes);
      std::string source = "nothing in the stream: weights, inputs or untouched memory";
      if (writer >= 0)
        source = name(writer) + " (" + std::string(step(writer).code->info->name) + ")" +
                 (layer && layer->has(step(writer).command) ? "" : owner(writer));
      b.sources.push_back(std::string(v.operand.name) + " was written by " + source);
    }
  }

  /// Whether the element was seen to be right in another piece before.
  bool wasRight() const {
    int64_t element = elementOf(*d.piece, d.first);
    for (const TensorPiece *p : e.verified) {
      int64_t rest = element;
      bool inside = true;
      for (int a = 4; a >= 0; --a) {
        int64_t at = rest % p->whole[size_t(a)];
        rest /= p->whole[size_t(a)];
        inside &= at >= p->begin[size_t(a)] && at < p->begin[size_t(a)] + p->size[size_t(a)];
      }
      if (inside)
        return true;
    }
    return false;
  }

  /// From the writer of the wrong element towards the cause.
  Blame follow(int64_t i, ElementPlace place) {
    // A command that computes may compute an element of a halo again, and do it wrong this time.
    if (step(i).command.byGdma && wasRight()) {
      say("the same element was right in another memory before, so the copy is wrong");
      return blame(i, place);
    }
    for (bool isResult = true;; isResult = false) {
      std::optional<ElementPlace> from =
          step(i).command.byGdma ? copiedFrom(i, place) : (isTested(i) ? wrongInput(i, place, isResult) : std::nullopt);
      if (!from)
        return blame(i, place);
      int64_t before = e.log.lastWriter(*from, i, e.lanes);
      if (before < 0 || (layer ? !layer->has(step(before).command) : isGiven(before)))
        return blame(i, place);
      say((step(i).command.byGdma ? "it copied what " : "what it read was wrong already; ") + name(before) + " wrote" +
          (step(i).command.byGdma ? "" : " it"));
      i = before;
      place = *from;
    }
  }

  /// Without layers: data that came from global memory is another layer's.
  bool isGiven(int64_t i) const {
    for (const Operand &o : step(i).operands)
      if (o.isWrite)
        return !o.isLocal;
    return true;
  }

  /// Where a copy took an element from.
  std::optional<ElementPlace> copiedFrom(int64_t i, const ElementPlace &place) const {
    const Operand *from = nullptr, *to = nullptr;
    for (const Operand &o : step(i).operands)
      (o.isWrite ? to : from) = &o;
    if (!from || !to)
      return std::nullopt;
    std::optional<Dims> at = find(*to, place, e.lanes);
    if (!at)
      return std::nullopt;
    using isa::CommandId;
    const isa::Command &c = *step(i).code;
    uint64_t kind = c.get(c.info->kindField);
    if (c.info->id == CommandId::DMACwTranspose)
      return placeOf(*from, {at->n, at->w, at->h, at->c}, e.lanes);
    if (c.info->id == CommandId::DMATensor && kind == isa::kDmaTensorTranspose)
      return placeOf(*from, {at->c, at->n, at->h, at->w}, e.lanes);
    if (from->dims.count() == to->dims.count())
      return placeOf(*from, indexOf(from->dims, denseIndex(to->dims, *at)), e.lanes);
    return placeOf(*from, {at->n, 0, at->h, at->w}, e.lanes); // broadcast
  }

  bool isTested(int64_t i) const {
    using isa::CommandId;
    switch (step(i).code->info->id) {
    case CommandId::RQ:
    case CommandId::SRQ:
    case CommandId::AR:
    case CommandId::SAR:
    case CommandId::SG:
    case CommandId::SSG:
      return true;
    default:
      return false;
    }
  }

  /// The place of the input of an element-wise command, where the expected values show that it was wrong.
  std::optional<ElementPlace> wrongInput(int64_t i, const ElementPlace &place, bool isResult) {
    std::vector<OperandValue> operands = e.operandsAt(step(i).command);
    const OperandValue *out = writeOf(operands), *in = nullptr;
    if (!out)
      return std::nullopt;
    bool hasParameters = false, isGather = step(i).code->info->name.find("SG") != std::string_view::npos;
    for (const OperandValue &v : operands) {
      if (v.operand.isWrite)
        continue;
      // A gather's result is a function of the index.
      bool isInput = isGather ? v.operand.name == "opd1" : v.operand.dims == out->operand.dims;
      if (isInput && in)
        return std::nullopt; // two tensors: not a function of one
      if (isInput)
        in = &v;
      else
        hasParameters = true;
    }
    if (!in)
      return std::nullopt;
    // Expected values by the place of the result; for a command in the middle, those of the element at the same index.
    if (isResult)
      mapExpected(out->operand);
    if (expectedAt.size() != size_t(out->operand.dims.count()))
      return std::nullopt;
    Relation relation;
    int64_t item = kernel::byteSize(in->operand.dtype);
    for (int64_t k = 0; k < int64_t(expectedAt.size()); ++k)
      if (expectedAt[size_t(k)])
        relation.add(hasParameters && !isGather ? indexOf(out->operand.dims, k).c : 0,
                     numberAt(in->operand.dtype, in->values.data() + k * item), *expectedAt[size_t(k)]);
    bool possible = relation.isPossible(!isGather);
    if (possible) {
      say(relation.pairs() ? "the expected values follow from what it read, so what it read can be right"
                           : "what it read is too little to be tested");
      return std::nullopt;
    }
    std::optional<Dims> at = find(out->operand, place, e.lanes);
    return at ? std::optional(placeOf(in->operand, *at, e.lanes)) : std::nullopt;
  }

  /// Expected numbers of the piece's elements by dense index of the writer's result.
  void mapExpected(const Operand &out) {
    expectedAt.assign(size_t(out.dims.count()), std::nullopt);
    const TensorPiece &p = *d.piece;
    int64_t item = kernel::byteSize(d.tensor->dtype);
    Axes i{};
    for (i[0] = 0; i[0] < p.size[0]; ++i[0])
      for (i[1] = 0; i[1] < p.size[1]; ++i[1])
        for (i[2] = 0; i[2] < p.size[2]; ++i[2])
          for (i[3] = 0; i[3] < p.size[3]; ++i[3])
            for (i[4] = 0; i[4] < p.size[4]; ++i[4])
              if (auto at = find(out, placeOf(*d.tensor, p, i, e.memory), e.lanes))
                expectedAt[size_t(denseIndex(out.dims, *at))] =
                    numberAt(d.tensor->dtype, e.expected.data() + elementOf(p, i) * item);
  }

  const Evidence &e;
  const Difference &d;
  int64_t end = 0;
  const LayerEntry *layer = nullptr;
  std::vector<std::string> reasons;
  std::vector<std::optional<double>> expectedAt;
};

} // namespace

Blame findBlame(const Evidence &evidence) { return Search(evidence).run(); }

} // namespace tpu_mlir::sim
