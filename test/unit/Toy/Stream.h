//===- Stream.h - Commands that hand each other tokens ----------*- C++ -*-===//
// Every pair of engines has a counter. A command that must come after another
// engine's takes a token, which that one gives when it is complete. Who gives
// is only known once a later command needs it, so commands are kept until the
// group ends.
#ifndef TPU_MLIR_TEST_UNIT_TOY_STREAM_H
#define TPU_MLIR_TEST_UNIT_TOY_STREAM_H

#include "Command.h"
#include "tpu_mlir/Codegen/CommandStream.h"

#include <cassert>
#include <cstring>

namespace tpu_mlir::toy {

class Stream final : public codegen::CommandStream {
public:
  explicit Stream(uint32_t idLimit) : CommandStream(int(std::size(kEngines)), idLimit) {}

  void issue(toy::Engine engine, Op op, const Words &operands, std::span<const codegen::Access> accesses) {
    const Turn turn = take(engine, accesses);
    Head head{op, uint32_t(operands.words.size())};
    for (size_t other = 0; other < std::size(kEngines); ++other) {
      // What has been waited for needs no second token. Tokens of a pair are taken in the order in which they are
      // given.
      if (turn.after[other] == awaited[engine][other])
        continue;
      awaited[engine][other] = turn.after[other];
      head.takes |= 1u << other;
      commands[other][turn.after[other] - 1].head.gives |= 1u << engine;
    }
    commands[engine].push_back({head, operands.words});
    assert(commands[engine].size() == turn.id && "every command has its turn");
  }

private:
  struct Kept {
    Head head;
    std::vector<uint32_t> operands;
  };

  codegen::CommandGroup endQueues() override {
    codegen::CommandGroup group;
    for (size_t e = 0; e < std::size(kEngines); ++e) {
      std::vector<uint32_t> words;
      for (const Kept &k : commands[e]) {
        words.push_back(k.head.word());
        words.insert(words.end(), k.operands.begin(), k.operands.end());
      }
      codegen::Queue &queue = group.queues.emplace_back();
      queue.count = uint32_t(commands[e].size());
      queue.bytes.resize(words.size() * sizeof(uint32_t));
      if (!words.empty())
        std::memcpy(queue.bytes.data(), words.data(), queue.bytes.size());
      commands[e].clear();
      awaited[e] = {};
    }
    return group;
  }

  std::vector<Kept> commands[std::size(kEngines)];
  std::array<uint32_t, std::size(kEngines)> awaited[std::size(kEngines)] = {}; ///< by engine, of the others
};

} // namespace tpu_mlir::toy

#endif // TPU_MLIR_TEST_UNIT_TOY_STREAM_H
