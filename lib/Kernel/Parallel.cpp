//===- Parallel.cpp - Sharing a kernel's loop among threads ---------------===//
// A pool whose workers only help: the caller takes ranges like everybody else
// and waits only for ranges that a worker has taken. A process forked from one
// with a pool therefore still makes progress, alone. Kernels follow each other
// within microseconds, which is less than waking a thread takes, so both sides
// look for the other a little while before they sleep.

#include "tpu_mlir/Kernel/Parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace tpu_mlir::kernel {

struct Errand::State {
  std::function<void()> work;
  enum { Waiting, Running, Done } progress = Waiting; ///< under the pool's mutex
};

namespace {

thread_local int limit = 0; // 0: as many as the machine has
thread_local bool insideBody = false;

constexpr std::chrono::microseconds kLookOut(60);

/// Waits until holds() or for a short time; whether it holds.
template <typename F> bool lookOut(F holds) {
  auto start = std::chrono::steady_clock::now();
  do
    for (int i = 0; i < 16; ++i) {
      if (holds())
        return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  while (std::chrono::steady_clock::now() - start < kLookOut);
  return holds();
}

struct Job {
  const std::function<void(int64_t, int64_t)> &body;
  int64_t count, grain;
  std::atomic<int64_t> next{0};
  std::atomic<int> helpersWanted;

  void run() {
    for (;;) {
      int64_t begin = next.fetch_add(grain, std::memory_order_relaxed);
      if (begin >= count)
        return;
      body(begin, std::min(begin + grain, count));
    }
  }
};

class Pool {
public:
  Pool() {
    unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 1; i < cores; ++i)
      workers.emplace_back([this] { work(); });
  }
  ~Pool() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    for (std::thread &t : workers)
      t.join();
  }
  int threads() const { return int(workers.size()) + 1; }

  /// False when another caller has the pool.
  bool run(Job &job) {
    std::unique_lock owner(callers, std::try_to_lock);
    if (!owner)
      return false;
    {
      std::lock_guard lock(mutex);
      current = &job;
      ++generation;
    }
    wake.notify_all();
    job.run();
    std::unique_lock lock(mutex);
    current = nullptr; // late workers find nothing
    if (active != 0) {
      lock.unlock();
      lookOut([this] { return active == 0; });
      lock.lock();
      done.wait(lock, [this] { return active == 0; });
    }
    return true;
  }

  void add(const std::shared_ptr<Errand::State> &errand) {
    {
      std::lock_guard lock(mutex);
      errands.push_back(errand);
      ++generation; // whoever looks out shall see it
    }
    wake.notify_all();
  }
  /// Takes back an errand that nobody has begun, else waits for its end. Whether it was taken back.
  bool takeBack(const std::shared_ptr<Errand::State> &errand) {
    std::unique_lock lock(mutex);
    if (errand->progress == Errand::State::Waiting) {
      std::erase(errands, errand);
      return true;
    }
    errandDone.wait(lock, [&] { return errand->progress == Errand::State::Done; });
    return false;
  }

private:
  void work() {
    insideBody = true;
    uint64_t seen = 0;
    std::unique_lock lock(mutex);
    for (;;) {
      if (seen != 0) {
        lock.unlock();
        lookOut([&] { return stopping || generation != seen; });
        lock.lock();
      }
      wake.wait(lock, [&] { return stopping || !errands.empty() || (current && generation != seen); });
      if (stopping)
        return;
      if (!errands.empty()) {
        std::shared_ptr<Errand::State> errand = errands.front();
        errands.pop_front();
        errand->progress = Errand::State::Running;
        lock.unlock();
        errand->work();
        lock.lock();
        errand->progress = Errand::State::Done;
        errandDone.notify_all();
        continue;
      }
      seen = generation;
      Job *job = current;
      if (job->helpersWanted.fetch_sub(1) <= 0)
        continue;
      ++active;
      lock.unlock();
      job->run();
      lock.lock();
      if (--active == 0)
        done.notify_all();
    }
  }
  std::vector<std::thread> workers;
  std::mutex callers, mutex;
  std::condition_variable wake, done, errandDone;
  std::deque<std::shared_ptr<Errand::State>> errands; ///< that nobody has begun
  Job *current = nullptr;
  // Changed under the mutex, read without it by who looks out.
  std::atomic<uint64_t> generation = 0;
  std::atomic<int> active = 0;
  std::atomic<bool> stopping = false;
};

Pool &pool() {
  static Pool instance;
  return instance;
}

} // namespace

int threadCount() {
  if (insideBody)
    return 1;
  int all = pool().threads();
  return limit > 0 ? std::min(limit, all) : all;
}

void parallelFor(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)> &body) {
  grain = std::max<int64_t>(grain, 1);
  if (count > grain && limit != 1 && !insideBody) {
    Job job{body, count, grain, 0, threadCount() - 1};
    insideBody = true;
    bool ran = pool().run(job);
    insideBody = false;
    if (ran)
      return;
  }
  for (int64_t begin = 0; begin < count; begin += grain)
    body(begin, std::min(begin + grain, count));
}

Errand::Errand(std::function<void()> work) : state(std::make_shared<State>(std::move(work))) {
  if (threadCount() > 1)
    pool().add(state);
}

Errand::~Errand() { pool().takeBack(state); }

void Errand::finish() {
  if (!pool().takeBack(state))
    return;
  state->work();
  state->progress = State::Done;
}

ThreadLimit::ThreadLimit(int threads) : previous(limit) { limit = std::max(threads, 1); }
ThreadLimit::~ThreadLimit() { limit = previous; }

} // namespace tpu_mlir::kernel
