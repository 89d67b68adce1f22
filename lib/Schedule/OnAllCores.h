//===- OnAllCores.h - Independent tasks on the machine's cores --*- C++ -*-===//
// Tries candidates side by side. Which task runs where has no influence on
// what it finds, so that schedules stay reproducible.
#ifndef TPU_MLIR_LIB_SCHEDULE_ONALLCORES_H
#define TPU_MLIR_LIB_SCHEDULE_ONALLCORES_H

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace tpu_mlir::schedule {

/// Runs `task(i)` for i below `count` on the machine's cores. Throws what a task threw, when all have stopped.
inline void forEachInParallel(size_t count, const std::function<void(size_t)> &task) {
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  auto work = [&] {
    try {
      for (size_t i = next++; i < count; i = next++)
        task(i);
    } catch (...) {
      std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  try {
    for (size_t t = 1; t < std::min<size_t>(count, std::thread::hardware_concurrency()); ++t)
      threads.emplace_back(work);
  } catch (const std::system_error &) {
    // No more threads: those that there are do it all.
  }
  work();
  for (std::thread &t : threads)
    t.join();
  if (failure)
    std::rethrow_exception(failure);
}

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_LIB_SCHEDULE_ONALLCORES_H
