//===- Threads.cpp - Sharing a loop among the host's threads --------------===//
// Debian's oneDNN runs on GNU OpenMP, whose entry point is a stable interface
// and is looked up in the process; without it the kernels' pool does the work.
#include "Threads.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <algorithm>
#include <dlfcn.h>

namespace tpu_mlir::host {

namespace {

/// The functions of libgomp that a parallel region needs; null where the process has none.
struct OpenMp {
  void (*parallel)(void (*)(void *), void *, unsigned threads, unsigned flags) = nullptr;
  int (*threadNumber)() = nullptr, (*teamSize)() = nullptr, (*maxThreads)() = nullptr;
  OpenMp() {
#ifdef TPU_MLIR_WITH_DNNL
    if (void *library = dlopen("libgomp.so.1", RTLD_LAZY | RTLD_NOLOAD)) {
      parallel = reinterpret_cast<decltype(parallel)>(dlsym(library, "GOMP_parallel"));
      threadNumber = reinterpret_cast<decltype(threadNumber)>(dlsym(library, "omp_get_thread_num"));
      teamSize = reinterpret_cast<decltype(teamSize)>(dlsym(library, "omp_get_num_threads"));
      maxThreads = reinterpret_cast<decltype(maxThreads)>(dlsym(library, "omp_get_max_threads"));
    }
#endif
  }
  bool isThere() const { return parallel && threadNumber && teamSize && maxThreads; }
};

struct Region {
  const OpenMp &omp;
  int64_t count;
  const std::function<void(int64_t, int64_t)> &body;
};

} // namespace

void shareLoop(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)> &body) {
  static const OpenMp omp;
  if (count <= grain)
    return count > 0 ? body(0, count) : void();
  if (!omp.isThere())
    return kernel::parallelFor(count, grain, body);
  int64_t threads = std::min<int64_t>(omp.maxThreads(), count / grain);
  if (threads <= 1)
    return body(0, count);
  Region region{omp, count, body};
  omp.parallel(
      [](void *data) {
        auto &r = *static_cast<Region *>(data);
        // The team may be smaller than asked for.
        int64_t part = r.omp.threadNumber(), parts = r.omp.teamSize();
        r.body(r.count * part / parts, r.count * (part + 1) / parts);
      },
      &region, static_cast<unsigned>(threads), 0);
}

} // namespace tpu_mlir::host
