//===- Recipe.h - The lowered arithmetic of an op as data -------*- C++ -*-===//
// A Tpu op's arithmetic, written once as data: buffers, how the part of each
// buffer that a tile needs follows from the tile, and steps over the buffers.
// The interpreter runs the steps on kernels over whole tensors; the code
// generator runs them as instructions over tiles. Decides no tile sizes, no
// addresses and no instruction bits. No MLIR.
#ifndef TPU_MLIR_RECIPE_RECIPE_H
#define TPU_MLIR_RECIPE_RECIPE_H

#include "tpu_mlir/Kernel/Kernels.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tpu_mlir {

using kernel::Dims;
using kernel::DType;
using kernel::Round;

/// Half-open range [begin, end) of one axis.
struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
  bool operator==(const Range &) const = default;
};
/// Part of a tensor: one range per axis, in the order n, c, h, w.
using Region = std::array<Range, 4>;
Dims dimsOf(const Region &region);
Region wholeOf(const Dims &dims);

/// How the range of one axis of a buffer follows from the output tile's range of the same axis.
struct AxisMap {
  enum class Kind {
    Same,   ///< the tile's own range
    Full,   ///< the whole axis, whatever the tile
    Window, ///< what a sliding window over the tile's range reads, clipped to the tensor
    Repeat, ///< what `stride` output positions each repeat
    Group,  ///< the input channels of the convolution group that the tile's channels belong to
    Band, ///< the same of all groups that the blocks of `stride` channels around the tile's touch, from a block's start
  };
  Kind kind = Kind::Same;
  int64_t kernel = 1, stride = 1, dilation = 1, pad = 0; ///< Window
  int64_t outPerGroup = 1, inPerGroup = 1;               ///< Group, Band
  int of = -1;                                           ///< the axis of the tile that it follows; -1: its own
  static AxisMap same() { return {}; }
  static AxisMap full() { return {Kind::Full}; }
  static AxisMap window(int64_t k, int64_t s, int64_t d, int64_t p) { return {Kind::Window, k, s, d, p}; }
  static AxisMap repeat(int64_t times) { return {Kind::Repeat, 1, times}; }
  static AxisMap group(int64_t out, int64_t in) { return {Kind::Group, 1, 1, 1, 0, out, in}; }
  static AxisMap band(int64_t out, int64_t in, int64_t block) { return {Kind::Band, 1, block, 1, 0, out, in}; }
  static AxisMap along(int axis) { return {Kind::Same, 1, 1, 1, 0, 1, 1, axis}; }
};

/// The range of an axis of length `size` that output range `out` needs, and the padding that the window sees there.
struct AxisNeed {
  Range range;
  int64_t padBefore = 0, padAfter = 0;
};
AxisNeed needOf(const AxisMap &map, Range out, int64_t size);

/// Output channels that read the same input channels, and that one convolution therefore computes: of a group, of a
/// block; 0 where all do.
int64_t blockOf(const AxisMap &map);
/// The most input channels that one block of a Band reads, of `size`.
int64_t bandWidth(const AxisMap &map, int64_t size);

enum class Place { Input, Weight, Output, Scratch };

/// Layout of a buffer in local memory (Source: shared ISA notes, isa.md §3).
enum class Layout {
  Aligned, ///< channel rows start at multiples of the align unit
  Compact, ///< channel rows follow each other
  Lanes,   ///< one channel, the same data in every lane
};

struct Buffer {
  Place place;
  int index; ///< operand number (Input, Weight), result number (Output), or running number (Scratch)
  DType dtype;
  Dims dims; ///< the whole tensor
  Layout layout = Layout::Aligned;
  std::array<AxisMap, 4> map = {};
  int64_t repeat = 1;   ///< Input: every channel of the operand this many times, one after the other; `dims` counts all
  bool ownBank = false; ///< shares no bank with another buffer (operands of a lookup)
};

/// What a tile of the result needs of one axis of a buffer.
AxisNeed needOf(const Buffer &buffer, int axis, const Region &tile);

class Primitive;

/// One step: a primitive on buffers. Made by the functions of `Primitive/*.h`, a header for each primitive.
struct Step {
  static constexpr int kMostSources = 4;
  using Sources = std::array<int, kMostSources>;
  static constexpr Sources kNone = {-1, -1, -1, -1};
  const Primitive *primitive = nullptr;
  int dst = -1;                           ///< buffer that it writes
  Sources sources = kNone;                ///< buffers that it reads, by role of the primitive; -1: none
  std::shared_ptr<const void> attributes; ///< what the primitive needs besides; its own header says of what type
  /// How the bits of the result and of all sources are taken, where that is not as their buffers say but as wide.
  std::optional<DType> resultAs, sourcesAs;

  bool is(const Primitive &other) const { return primitive == &other; }
  bool has(int source) const { return sources[source] >= 0; }
  bool reads(int buffer) const { return std::find(sources.begin(), sources.end(), buffer) != sources.end(); }
};

/// How a target rounds.
struct Roundings {
  Round shifts = Round::HalfUp;          ///< of integers
  Round casts = Round::HalfAwayFromZero; ///< of floats to integers
};

struct Recipe;
/// The formats in which a step takes its operands.
DType resultFormat(const Recipe &recipe, const Step &step);
DType sourceFormat(const Recipe &recipe, const Step &step, int source);

/// Tiled arithmetic with one output.
struct Recipe {
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  Roundings roundings; ///< an op's form knows no target: whoever runs it asks
  int output = -1;

  int addInput(int index, DType t, Dims d, std::array<AxisMap, 4> map = {});
  int addWeight(int index, DType t, Dims d, Layout layout, std::array<AxisMap, 4> map);
  int addOutput(DType t, Dims d);
  int addScratch(DType t, Dims d);
  Dims outputDims() const { return buffers[output].dims; }
  /// Output channels within which a tile must stay: see blockOf.
  int64_t channelLimit() const;
  /// Multiply-accumulates of the whole op.
  int64_t macs() const;
};

/// A strided move of elements between whole tensors in global memory; dims from outermost to innermost.
struct Move {
  int source = -1;                            ///< operand number, or -1: fill with `value`
  int64_t sourceOffset = 0, targetOffset = 0; ///< elements
  std::vector<int64_t> dims, sourceStrides, targetStrides;
  uint32_t value = 0; ///< bit pattern of the fill, low bytes
};
/// An op that only moves data; later moves may read what earlier ones wrote (`source` = -2: the result itself).
struct CopyProgram {
  DType dtype;
  std::vector<Move> moves;
};
constexpr int kFromResult = -2;
/// Moves of one copy program; each takes memory here and at least one command there.
constexpr int64_t kMostMoves = 65536;

/// The result is the first operand's bytes under another shape.
struct View {};

using Form = std::variant<View, Recipe, CopyProgram>;

/// A host tensor of a recipe's run: whole operands (inputs and weights by operand number) and the result.
struct HostOperands {
  std::vector<kernel::ConstTensor> operands;
  kernel::Tensor result;
};
/// Runs a recipe on kernels over whole tensors.
void runRecipe(const Recipe &recipe, const HostOperands &host);
/// Runs a copy program over whole tensors.
void runCopy(const CopyProgram &program, const HostOperands &host);

} // namespace tpu_mlir

#endif // TPU_MLIR_RECIPE_RECIPE_H
