//===- ParallelTest.cpp - Sharing loops among threads ---------------------===//
// Every iteration happens once, whatever nests, forks or limits there are. How
// fast is not tested.

#include "tpu_mlir/Kernel/Parallel.h"

#include <atomic>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace tpu_mlir::kernel;

namespace {

TEST(Parallel, EveryIterationOnce) {
  for (int64_t count : {0, 1, 2, 7, 1000, 4096})
    for (int64_t grain : {1, 3, 1000, 5000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
      parallelFor(count, grain, [&](int64_t begin, int64_t end) {
        EXPECT_LE(end - begin, grain);
        for (int64_t i = begin; i < end; ++i)
          ++seen[size_t(i)];
      });
      for (auto &s : seen)
        EXPECT_EQ(s, 1);
    }
}

TEST(Parallel, NestsAndSharesThePool) {
  std::atomic<int64_t> total{0};
  auto work = [&] {
    for (int round = 0; round < 200; ++round)
      parallelFor(16, 1, [&](int64_t begin, int64_t end) {
        parallelFor(8, 1, [&](int64_t b, int64_t e) { total += (end - begin) * (e - b); });
      });
  };
  std::thread a(work), b(work);
  work();
  a.join();
  b.join();
  EXPECT_EQ(total, 3 * 200 * 16 * 8);
}

TEST(Parallel, LimitHolds) {
  ThreadLimit one(1);
  EXPECT_EQ(threadCount(), 1);
  auto self = std::this_thread::get_id();
  parallelFor(100, 1, [&](int64_t, int64_t) { EXPECT_EQ(std::this_thread::get_id(), self); });
}

TEST(Parallel, WorksInAForkedChild) {
  parallelFor(100, 1, [](int64_t, int64_t) {}); // the pool exists
  pid_t child = fork();
  if (child == 0) {
    std::atomic<int> done{0};
    parallelFor(100, 1, [&](int64_t, int64_t) { ++done; });
    _exit(done == 100 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(Errand, IsDoneOnceByWhoeverBegins) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> done{0};
    Errand errand([&] { ++done; });
    std::atomic<int64_t> total{0};
    parallelFor(64, 1, [&](int64_t begin, int64_t end) { total += end - begin; });
    EXPECT_EQ(total, 64);
    errand.finish();
    EXPECT_EQ(done, 1);
    errand.finish();
    EXPECT_EQ(done, 1);
  }
}

TEST(Errand, IsNotBegunByItsEnd) {
  ThreadLimit one(1); // nobody else takes it
  bool done = false;
  {
    Errand errand([&] { done = true; });
  }
  EXPECT_FALSE(done);
  {
    Errand errand([&] { done = true; });
    errand.finish();
  }
  EXPECT_TRUE(done);
}

} // namespace
