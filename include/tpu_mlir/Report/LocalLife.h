//===- LocalLife.h - What lies in local memory, and when --------*- C++ -*-===//
// From a timed stream to boxes of lanes × offsets × cycles, each with what it
// holds: weights, a tensor, or scratch of a layer; and which layers hand values
// to which without leaving the chip. From the bytes of the commands; the tensor
// table gives names and decides no place.
#ifndef TPU_MLIR_REPORT_LOCALLIFE_H
#define TPU_MLIR_REPORT_LOCALLIFE_H

#include "tpu_mlir/Sim/StreamTiming.h"

#include <map>

namespace tpu_mlir::report {

enum class Content : uint8_t { Scratch, Weights, Loaded, Result };

/// A box of local memory from its first write to its last use.
struct LocalBlock {
  uint32_t laneBegin, laneEnd;
  uint64_t begin, end; ///< bytes of a lane
  double from, to;     ///< TIU cycles
  Content content = Content::Scratch;
  std::string name;                                ///< of the tensor or the weights; empty where nothing is known
  size_t layer = 0;                                ///< of its writer, in the order of TimedStream::layers
  size_t writer = 0, lastWriter = 0, lastUser = 0; ///< indices of timed commands
  uint32_t reads = 0;                              ///< commands that read it
};

struct LocalLife {
  std::vector<LocalBlock> blocks; ///< in the order of their ends
  /// Bytes that a layer computed and another read from local memory, by (writer, reader).
  std::map<std::pair<size_t, size_t>, uint64_t> handovers;
  size_t undescribed = 0; ///< commands of which public sources do not say what they touch
};

/// `list` and `layerOf` as TimedStream::time and TimedStream::layers gave them; without a tensor table `layerOf` is
/// empty and everything belongs to layer 0.
LocalLife localLifeOf(const sim::TimedStream &stream, const bmodel::NetParameter &parameter,
                      const std::vector<sim::TimedCommand> &list, const std::vector<size_t> &layerOf);

} // namespace tpu_mlir::report

#endif // TPU_MLIR_REPORT_LOCALLIFE_H
