//===- CpuLevel.cpp - Which vector instructions kernels may use -----------===//
// Asks the machine once and keeps the calling thread's limit.

#include "tpu_mlir/Kernel/CpuLevel.h"
#include "Inner.h"

#include <algorithm>

namespace tpu_mlir::kernel {
namespace {

thread_local CpuLevel highestAllowed = CpuLevel::Avx512Vnni;

CpuLevel askMachine() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    return CpuLevel::Portable;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return CpuLevel::Avx2;
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi") ? CpuLevel::Avx512Vnni : CpuLevel::Avx512;
#else
  return CpuLevel::Portable;
#endif
}

} // namespace

CpuLevel machineCpuLevel() {
  static const CpuLevel level = askMachine();
  return level;
}

CpuLevelLimit::CpuLevelLimit(CpuLevel highest) : previous(highestAllowed) { highestAllowed = highest; }
CpuLevelLimit::~CpuLevelLimit() { highestAllowed = previous; }

const InnerLoops &inner() {
  switch (std::min(machineCpuLevel(), highestAllowed)) {
#if defined(__x86_64__)
  case CpuLevel::Avx2:
    return kInnerAvx2;
  case CpuLevel::Avx512:
    return kInnerAvx512;
  case CpuLevel::Avx512Vnni:
    return kInnerAvx512Vnni;
#endif
  default:
    return kInnerPortable;
  }
}

} // namespace tpu_mlir::kernel
