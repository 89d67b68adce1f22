//===- Primitive.h - A row of the table of primitives -----------*- C++ -*-===//
// What an engine does in one command, or in a short fixed sequence of them. A
// row says what it means: its operands' roles, number formats and arithmetic,
// which elements a result depends on, and what it costs in products. How a
// family of chips does it (legality, instructions, cycles) is the family's row
// (Backend/Family.h). A row that misses a column does not build. No MLIR.
#ifndef TPU_MLIR_PRIMITIVE_PRIMITIVE_H
#define TPU_MLIR_PRIMITIVE_PRIMITIVE_H

#include "tpu_mlir/Recipe/Recipe.h"

#include <cassert>
#include <span>
#include <string_view>

namespace tpu_mlir {

/// What a source is to a primitive.
enum class Role {
  Elements,     ///< a tensor's
  PackedFilter, ///< in the order of the convolution array
  Filter,       ///< of a window, as it is
  Bias,         ///< a word for each channel, added inside a window's instruction
  Entries,      ///< requantisation: three words for each channel
  Table,        ///< results by the operand's bits, the same in every lane
};

/// Which elements of its `Elements` sources an element of the result depends on.
enum class Reach {
  Same,    ///< the one in its place, and it makes no difference which place that is
  Channel, ///< the one in its place; the channel has a word of its own
  Window,  ///< those around its row and column, perhaps of all channels
  Shifted, ///< one in another place; rows stay rows, and columns columns
  Axes,    ///< axes change places, or are summed over
};

/// How well the meaning is known. Source: the marks of the shared ISA notes.
enum class Evidence { Verified, Stated, Inferred };

/// What a row's arithmetic sees of one step: whole tensors.
class HostStep {
public:
  virtual ~HostStep() = default;
  virtual kernel::Tensor result() const = 0;
  /// A source that the step has, as its buffer says.
  virtual kernel::ConstTensor source(int index) const = 0;
  /// The source with every channel as many times as its buffer repeats it.
  virtual kernel::ConstTensor repeated(int index) = 0;
  virtual const Buffer &buffer(int index) const = 0;
  virtual const Roundings &roundings() const = 0;
};

class Primitive {
public:
  virtual ~Primitive() = default;
  virtual std::string_view name() const = 0;
  /// By source; at most Step::kMostSources.
  virtual std::span<const Role> roles() const = 0;
  virtual Evidence evidence() const = 0;
  /// Whether there is arithmetic from these formats (by source, of those that the step has) to `result`.
  virtual bool computes(DType result, std::span<const DType> sources) const = 0;
  virtual Reach reach(const Step &step) const = 0;
  /// Whether channels change their places, so that whoever runs the step has all of them.
  virtual bool movesChannels(const Step &step) const = 0;
  /// Multiply-accumulates of the whole step.
  virtual int64_t macs(const Recipe &recipe, const Step &step) const = 0;
  /// Appends all that costs and legality depend on besides the buffers; values of constants are not among it.
  virtual void describe(const Step &step, std::vector<int64_t> &numbers) const = 0;
  /// The arithmetic, on kernels.
  virtual void run(const Step &step, HostStep &host) const = 0;
};

namespace primitive {
/// The rows, each in a file of lib/Primitive; those with attributes have a header with functions that make steps.
#define PRIMITIVE(Name, function) const Primitive &function();
#include "tpu_mlir/Primitive/Primitives.def"
} // namespace primitive

/// Every primitive, in the order of Primitives.def.
std::span<const Primitive *const> primitives();
/// A primitive's place in `primitives()`.
int numberOf(const Primitive &primitive);

/// The attributes of a step, of the type that its primitive's header names.
template <typename T> const T &attributesOf(const Step &step) {
  assert(step.attributes && "the step was made by its primitive's function");
  return *static_cast<const T *>(step.attributes.get());
}
/// A step of a primitive that has no attributes; sources that are not listed are none.
Step makeStep(const Primitive &primitive, int dst, std::initializer_list<int> sources);
template <typename T>
Step makeStep(const Primitive &primitive, int dst, std::initializer_list<int> sources, T attributes) {
  Step step = makeStep(primitive, dst, sources);
  step.attributes = std::make_shared<const T>(std::move(attributes));
  return step;
}

/// Whether a step reads a buffer in that role.
bool readsAs(const Step &step, int buffer, Role role);
/// Whether some step does.
bool readsAs(const Recipe &recipe, int buffer, Role role);
/// Whether a step's primitive computes the formats that its buffers have.
inline bool computes(const Recipe &recipe, const Step &step) {
  std::vector<DType> sources;
  for (int i = 0; i < Step::kMostSources; ++i)
    if (step.has(i))
      sources.push_back(sourceFormat(recipe, step, i));
  return step.primitive->computes(resultFormat(recipe, step), sources);
}
/// Whether some step has a source of that role.
bool hasRole(const Recipe &recipe, Role role);

} // namespace tpu_mlir

#endif // TPU_MLIR_PRIMITIVE_PRIMITIVE_H
