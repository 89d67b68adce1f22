//===- Threads.h - Sharing a loop among the host's threads --------*- C++ -*-===//
// The host's own loops run on the threads that oneDNN uses, since two
// pools that wait for each other's work are slower than one.
#ifndef TPU_MLIR_LIB_HOST_THREADS_H
#define TPU_MLIR_LIB_HOST_THREADS_H

#include <cstdint>
#include <functional>

namespace tpu_mlir::host {

/// Calls body(begin, end) on disjoint ranges that cover 0 … count-1, none but the last shorter than `grain`. Results
/// must not depend on how the range is cut. The body must not throw.
void shareLoop(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)> &body);

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_THREADS_H
