//===- CommandStreamTest.cpp - Dependencies against brute force -----------===//
// Random commands that touch random bytes. From the emitted bytes alone, the
// order that the two engines keep is derived again (a graph and its closure, no
// scoreboard), and any two commands that touch common bytes, one of them
// writing, must be ordered as they were issued. Nothing here knows what the
// commands do.

#include "Backend/TiuGdma/Stream.h"

#include <bitset>
#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using codegen::Access;
using codegen::CommandGroup;
using CommandStream = backend::tiu_gdma::Stream;

namespace {

constexpr uint32_t kIdLimit = 1 << 20;
constexpr uint32_t kPad = 128;
constexpr int kTiu = int(isa::Engine::TIU), kGdma = int(isa::Engine::GDMA);
const isa::Table &table() { return isa::tableFor("bm1684x"); }

isa::Command commandOf(isa::Engine engine) {
  return isa::Command::make(
      isa::require(table(), engine == isa::Engine::TIU ? isa::CommandId::SAR : isa::CommandId::DMATensor));
}

/// What was asked of the stream, in the order in which it was asked.
struct Issued {
  isa::Engine engine;
  uint32_t id;
  std::vector<Access> accesses;
};

bool conflict(const Issued &a, const Issued &b) {
  for (const Access &x : a.accesses)
    for (const Access &y : b.accesses)
      if (x.space == y.space && x.begin < y.end && y.begin < x.end && (x.isWrite || y.isWrite))
        return true;
  return false;
}

constexpr size_t kMost = 256;

/// Checks one group of at most kMost commands.
void expectOrdered(const std::vector<Issued> &issued, const CommandGroup &group) {
  std::vector<isa::Command> streams[2] = {isa::decodeStream(table(), isa::Engine::TIU, group.queues[0].bytes),
                                          isa::decodeStream(table(), isa::Engine::GDMA, group.queues[1].bytes)};
  for (size_t e : {0, 1}) {
    ASSERT_EQ(streams[e].size(), group.queues[e].count);
    EXPECT_EQ(group.queues[e].bytes.size() % kPad, 0u);
  }
  size_t counts[2] = {0, 0};
  for (const Issued &i : issued)
    ++counts[int(i.engine)];
  for (int e : {0, 1}) {
    ASSERT_EQ(streams[e].size(), counts[e] + 1) << "all commands and the end";
    for (size_t i = 0; i < streams[e].size(); ++i)
      EXPECT_EQ(streams[e][i].id(), i + 1);
    EXPECT_TRUE(isa::isEnd(streams[e].back()));
  }
  // before[i]: the commands complete before i starts.
  std::vector<size_t> place[2]; // engine, id - 1 -> position in `issued`
  std::vector<std::bitset<kMost>> before(issued.size());
  for (size_t i = 0; i < issued.size(); ++i) {
    int engine = int(issued[i].engine);
    ASSERT_EQ(issued[i].id, place[engine].size() + 1) << "ids count from 1 on each engine";
    uint32_t dep = streams[engine][issued[i].id - 1].dep();
    ASSERT_LE(dep, place[1 - engine].size()) << "command " << i << " waits for one that is issued later";
    if (!place[engine].empty())
      before[i] |= before[place[engine].back()], before[i].set(place[engine].back());
    if (dep > 0)
      before[i] |= before[place[1 - engine][dep - 1]], before[i].set(place[1 - engine][dep - 1]);
    place[engine].push_back(i);
  }
  for (size_t i = 0; i < issued.size(); ++i) {
    for (size_t j = 0; j < i; ++j)
      ASSERT_TRUE(before[i][j] || !conflict(issued[j], issued[i])) << "command " << i << " does not wait for " << j;
    // A wait that is new on its engine is for a command with common bytes.
    int engine = int(issued[i].engine);
    uint32_t id = issued[i].id, dep = streams[engine][id - 1].dep(), known = id > 1 ? streams[engine][id - 2].dep() : 0;
    ASSERT_GE(dep, known);
    if (dep > known)
      ASSERT_TRUE(conflict(issued[place[1 - engine][dep - 1]], issued[i]))
          << "command " << i << " waits for a stranger";
  }
}

class RandomStream {
public:
  RandomStream(uint32_t seed, uint32_t idLimit = kIdLimit) : stream(table(), idLimit, kPad), random(seed) {}

  void issue(uint64_t extent, int64_t mostAccesses, unsigned writesOfFour) {
    Issued next{random() % 2 ? isa::Engine::TIU : isa::Engine::GDMA, 0, {}};
    int64_t count = random() % (mostAccesses + 1);
    for (int64_t k = 0; k < count; ++k) {
      uint64_t begin = random() % extent, end = begin + 1 + random() % (1 + random() % extent);
      next.accesses.push_back(
          {random() % 3 ? Access::Space::Local : Access::Space::Global, begin, end, random() % 4 < writesOfFour});
    }
    next.id = stream.issue(commandOf(next.engine), next.accesses);
    issued.push_back(next);
  }

  CommandStream stream;
  std::vector<Issued> issued;

private:
  std::mt19937 random;
};

TEST(CommandStream, ConflictingCommandsAreOrdered) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomStream random(seed);
    // Small extents collide often, large ones seldom; the shares of writes differ too.
    uint64_t extent = seed % 3 == 0 ? 8 : seed % 3 == 1 ? 64 : 4096;
    for (size_t i = 0, count = 20 + seed % 200; i < count; ++i)
      random.issue(extent, 4, seed / 3 % 4);
    EXPECT_EQ(random.stream.total(kTiu) + random.stream.total(kGdma), random.issued.size());
    std::vector<CommandGroup> groups = random.stream.finish();
    ASSERT_EQ(groups.size(), 1u);
    expectOrdered(random.issued, groups[0]);
    if (HasFatalFailure())
      return;
  }
}

TEST(CommandStream, GroupsStartAfresh) {
  RandomStream random(7);
  std::vector<std::vector<Issued>> expected;
  for (int group = 0; group < 5; ++group) {
    for (int i = 0; i < 50; ++i)
      random.issue(16, 3, 2);
    EXPECT_EQ(random.stream.groupIndex(), uint32_t(group));
    expected.push_back(std::move(random.issued));
    random.issued.clear();
    random.stream.closeGroup();
    random.stream.closeGroup(); // an empty group is none
    EXPECT_EQ(random.stream.lastId(kTiu), 0u);
    EXPECT_EQ(random.stream.lastId(kGdma), 0u);
  }
  EXPECT_EQ(random.stream.total(kTiu) + random.stream.total(kGdma), 250u);
  std::vector<CommandGroup> groups = random.stream.finish();
  ASSERT_EQ(groups.size(), expected.size());
  for (size_t i = 0; i < groups.size(); ++i)
    expectOrdered(expected[i], groups[i]);
}

TEST(CommandStream, NothingIssuedNoGroup) { EXPECT_TRUE(CommandStream(table(), kIdLimit, kPad).finish().empty()); }

TEST(CommandStream, IdsStayBelowTheLimit) {
  constexpr uint32_t limit = 40;
  RandomStream random(3, limit);
  for (int i = 0; i < 500; ++i) {
    random.issue(16, 2, 2);
    if (random.stream.isNearlyFull(2))
      random.stream.closeGroup();
  }
  size_t commands = 0;
  for (const CommandGroup &group : random.stream.finish()) {
    EXPECT_LT(std::max(group.queues[0].count, group.queues[1].count), limit);
    commands += group.queues[0].count + group.queues[1].count - 2;
  }
  EXPECT_EQ(commands, 500u);
}

// The command that completes a tensor stays known when the group ends right behind it.
TEST(CommandStream, KnowsTheLastCommandOfEachEngine) {
  CommandStream stream(table(), kIdLimit, kPad);
  auto last = [&](isa::Engine engine) {
    CommandStream::Position p = stream.lastIssued(int(engine));
    return std::pair(p.group, p.id);
  };
  using Position = std::pair<uint32_t, uint32_t>;
  EXPECT_EQ(last(isa::Engine::GDMA), Position(0, 0));
  stream.issue(commandOf(isa::Engine::GDMA), {});
  stream.issue(commandOf(isa::Engine::GDMA), {});
  stream.issue(commandOf(isa::Engine::TIU), {});
  stream.closeGroup();
  EXPECT_EQ(last(isa::Engine::GDMA), Position(0, 2));
  stream.issue(commandOf(isa::Engine::TIU), {});
  EXPECT_EQ(last(isa::Engine::GDMA), Position(0, 2));
  EXPECT_EQ(last(isa::Engine::TIU), Position(1, 1));
  stream.issue(commandOf(isa::Engine::GDMA), {});
  EXPECT_EQ(last(isa::Engine::GDMA), Position(1, 1));
}

TEST(CommandStream, NearlyFullCountsBothEngines) {
  CommandStream stream(table(), 10, kPad);
  for (int i = 0; i < 6; ++i)
    stream.issue(commandOf(isa::Engine::GDMA), {});
  EXPECT_FALSE(stream.isNearlyFull(3));
  EXPECT_TRUE(stream.isNearlyFull(4));
}

// The cases in words, so that a failure above is easy to read.
TEST(CommandStream, WaitsForWhatItReadsAndOverwrites) {
  CommandStream stream(table(), kIdLimit, kPad);
  auto local = [](uint64_t begin, uint64_t end, bool isWrite) {
    return Access{Access::Space::Local, begin, end, isWrite};
  };
  auto global = [](uint64_t begin, uint64_t end, bool isWrite) {
    return Access{Access::Space::Global, begin, end, isWrite};
  };
  using Accesses = std::initializer_list<Access>;
  auto issue = [&](isa::Engine e, Accesses a) { return stream.issue(commandOf(e), {a.begin(), a.size()}); };
  using isa::Engine;
  issue(Engine::GDMA, {global(0, 64, false), local(0, 64, true)});     // gdma 1: load a
  issue(Engine::GDMA, {global(64, 128, false), local(64, 128, true)}); // gdma 2: load b
  issue(Engine::TIU, {local(0, 64, false), local(128, 192, true)});    // tiu 1: needs a only
  issue(Engine::TIU, {local(60, 70, false), local(192, 256, true)});   // tiu 2: needs a and b
  issue(Engine::GDMA, {global(0, 64, false), local(0, 60, true)});     // gdma 3: overwrites what tiu 1 read
  issue(Engine::GDMA, {global(0, 64, false), local(256, 300, true)});  // gdma 4: nothing new
  issue(Engine::TIU, {local(300, 310, true)});                         // tiu 3: nothing at all
  issue(Engine::GDMA, {local(300, 310, false), global(0, 10, true)});  // gdma 5: stores tiu 3
  std::vector<CommandGroup> groups = stream.finish();
  auto deps = [&](Engine e, const std::vector<uint8_t> &bytes) {
    std::vector<uint32_t> list;
    for (const isa::Command &c : isa::decodeStream(table(), e, bytes))
      if (!isa::isEnd(c))
        list.push_back(c.dep());
    return list;
  };
  EXPECT_EQ(deps(Engine::TIU, groups[0].queues[0].bytes), (std::vector<uint32_t>{1, 2, 2}));
  EXPECT_EQ(deps(Engine::GDMA, groups[0].queues[1].bytes), (std::vector<uint32_t>{0, 0, 1, 1, 3}));
}

TEST(CommandStream, SameCommandsSameBytes) {
  auto build = [] {
    RandomStream random(11);
    for (int i = 0; i < 200; ++i)
      random.issue(100, 3, 2);
    return random.stream.finish();
  };
  std::vector<CommandGroup> a = build(), b = build();
  ASSERT_EQ(a.size(), b.size());
  for (size_t e : {0, 1})
    EXPECT_EQ(a[0].queues[e].bytes, b[0].queues[e].bytes);
}

} // namespace
