//===- OnAllCores.h - Independent tasks on the machine's cores --*- C++ -*-===//
#ifndef TPU_MLIR_LIB_SCHEDULE_ONALLCORES_H
#define TPU_MLIR_LIB_SCHEDULE_ONALLCORES_H

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace tpu_mlir::schedule {

/// Runs `task(i)` for i below `count` on the machine's cores.
inline void forEachInParallel(size_t count, const std::function<void(size_t)> &task) {
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i = next++; i < count; i = next++)
      task(i);
  };
  std::vector<std::thread> threads;
  for (size_t t = 1; t < std::min<size_t>(count, std::thread::hardware_concurrency()); ++t)
    threads.emplace_back(work);
  work();
  for (std::thread &t : threads)
    t.join();
}

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_LIB_SCHEDULE_ONALLCORES_H
