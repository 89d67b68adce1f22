//===- Memory.cpp - Whether this machine can hold something ---------------===//
// Refuses early, with both numbers, instead of being ended by the system
// later. Asks for all of the machine's memory, not for what is free.
#include "tpu_mlir/Support/Memory.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <cstdio>
#include <sys/resource.h>
#include <unistd.h>

namespace tpu_mlir {

static std::string gigabytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g GB", double(bytes) / 1e9);
  return text;
}

void requireMemory(uint64_t bytes, const std::string &what) {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  uint64_t have = pages > 0 && page > 0 ? uint64_t(pages) * uint64_t(page) : UINT64_MAX;
  if (rlimit limit; ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    have = std::min<uint64_t>(have, limit.rlim_cur);
  if (bytes > have)
    throw UserError(what + " needs " + gigabytes(bytes) + " of memory; this machine gives " + gigabytes(have));
}

} // namespace tpu_mlir
