//===- Parallel.h - Sharing a kernel's loop among threads -------*- C++ -*-===//
// One helper for loops whose iterations are independent, on a small pool of
// threads. Kernels split their work so that no result depends on the number of
// threads or on who runs what.
#ifndef TPU_MLIR_KERNEL_PARALLEL_H
#define TPU_MLIR_KERNEL_PARALLEL_H

#include <cstdint>
#include <functional>
#include <memory>

namespace tpu_mlir::kernel {

/// Calls body(begin, end) on disjoint ranges that cover 0 … count−1, each of `grain` iterations except perhaps the
/// last. Runs on the calling thread alone when there is one range, when called from inside another parallelFor, or when
/// the pool is busy with another caller. The body must not throw.
void parallelFor(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)> &body);

/// One piece of work that a thread of the pool takes while its owner does other things; that thread helps nobody until it
/// is done. The work must not throw.
class Errand {
public:
  explicit Errand(std::function<void()> work);
  /// Waits for work that has begun; does not begin it.
  ~Errand();
  Errand(const Errand &) = delete;
  Errand &operator=(const Errand &) = delete;

  /// Returns when the work is done, by the calling thread if nobody has begun.
  void finish();

  struct State;

private:
  std::shared_ptr<State> state;
};

/// Number of threads that a parallelFor of this thread may use.
int threadCount();

/// While alive, limits the calling thread's parallelFor to `threads` threads (at least 1).
class ThreadLimit {
public:
  explicit ThreadLimit(int threads);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit &) = delete;
  ThreadLimit &operator=(const ThreadLimit &) = delete;

private:
  int previous;
};

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_PARALLEL_H
