//===- ReadTraits.cpp - How a form reads its operands ---------------------===//
// A recipe's result reaches an operand through its steps: the farthest reach
// on the way counts, and a window over moved elements may be anything. Asks
// rows and buffers, and knows no op.
#include "ReadTraits.h"
#include "tpu_mlir/Primitive/Primitive.h"

#include <algorithm>

namespace tpu_mlir::tpu {

using bmodel::Reads;
using MaybeReads = std::optional<Reads>;

/// What reads by `first` and then by `second` come to.
static Reads after(Reads first, Reads second) {
  if (first == Reads::InOrder || first == second)
    return second;
  return second == Reads::InOrder ? first : Reads::Whole;
}

static MaybeReads either(MaybeReads a, MaybeReads b) {
  return !a || a == b ? b : !b ? a : *a == Reads::ByIndex || *b == Reads::ByIndex ? Reads::ByIndex : Reads::Whole;
}

static Reads readsOf(Reach reach) {
  switch (reach) {
  case Reach::Same:
  case Reach::Channel:
    return Reads::InOrder;
  case Reach::Window:
    return Reads::Windowed;
  case Reach::Shifted:
    return Reads::Strided;
  case Reach::Axes:
    return Reads::Whole;
  }
  return Reads::Whole;
}

static ReadTraits ofRecipe(const Recipe &recipe, int operands) {
  ReadTraits traits{std::vector<MaybeReads>(operands), false, false};
  // By buffer and operand. Steps stand in the order in which they run; a buffer may be made again.
  std::vector<std::vector<MaybeReads>> reads(recipe.buffers.size(), std::vector<MaybeReads>(operands));
  for (size_t i = 0; i < recipe.buffers.size(); ++i)
    if (const Buffer &b = recipe.buffers[i]; b.place == Place::Input) {
      // A broadcast, or channels that are repeated.
      const bool isWindow =
          std::any_of(b.map.begin(), b.map.end(), [](const AxisMap &map) { return map.kind == AxisMap::Kind::Window; });
      const bool isOther = !isWindow && (b.dims.count() != recipe.outputDims().count() || b.repeat > 1);
      reads[i][b.index] = isOther ? Reads::Strided : Reads::InOrder;
    }
  for (const Step &step : recipe.steps) {
    std::vector<MaybeReads> made(operands);
    const auto roles = step.primitive->roles();
    for (size_t s = 0; s < roles.size(); ++s) {
      if (!step.has(int(s)))
        continue;
      traits.filters |= roles[s] != Role::Elements && roles[s] != Role::Table;
      if (roles[s] != Role::Elements)
        continue;
      for (int o = 0; o < operands; ++o)
        if (const MaybeReads &source = reads[step.sources[s]][o]) {
          // The maps of a product's, or a window's, operands say what it reads, not what it leaves out.
          const Reads reach = readsOf(step.primitive->reach(step));
          const bool isWhole = reach == Reads::Windowed || reach == Reads::Whole;
          made[o] = either(made[o],
                           isWhole && *source == Reads::Strided && recipe.buffers[step.sources[s]].place == Place::Input
                               ? reach
                               : after(*source, reach));
        }
    }
    reads[step.dst] = std::move(made);
  }
  traits.reads = reads[recipe.output];
  return traits;
}

/// One move that takes no element twice picks by steps; several moves of an operand, one that repeats, and copies of
/// what was copied are a list of places.
static ReadTraits ofCopies(const CopyProgram &program, int operands) {
  ReadTraits traits{std::vector<MaybeReads>(operands), false, true};
  const bool copiesItself = std::any_of(program.moves.begin(), program.moves.end(),
                                        [](const Move &move) { return move.source == kFromResult; });
  for (const Move &move : program.moves)
    if (move.source >= 0) {
      bool repeats = copiesItself;
      for (size_t a = 0; a < move.dims.size(); ++a)
        repeats |= move.dims[a] > 1 && move.sourceStrides[a] == 0;
      MaybeReads &reads = traits.reads[move.source];
      reads = reads || repeats ? Reads::ByIndex : Reads::Strided;
    }
  return traits;
}

ReadTraits readTraitsOf(const Form &form, int operands) {
  if (const auto *recipe = std::get_if<Recipe>(&form))
    return ofRecipe(*recipe, operands);
  if (const auto *copies = std::get_if<CopyProgram>(&form))
    return ofCopies(*copies, operands);
  return {std::vector<MaybeReads>(operands, Reads::InOrder), false, true};
}

ReadTraits either(const ReadTraits &a, const ReadTraits &b) {
  ReadTraits both{a.reads, a.filters || b.filters, a.moves};
  for (size_t i = 0; i < both.reads.size(); ++i)
    both.reads[i] = either(a.reads[i], b.reads[i]);
  return both;
}

} // namespace tpu_mlir::tpu
