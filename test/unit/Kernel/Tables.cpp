//===- Tables.cpp - Kernels on raw elements, for oracles in Python --------===//
// `KernelTables add f16` reads two arrays of one length, one after the other,
// and writes the result; `KernelTables cast f32 bf16 half_up` reads one. Raw
// little-endian elements from standard input to standard output.

#include "tpu_mlir/Kernel/Kernels.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

using namespace tpu_mlir::kernel;

static DType formatNamed(std::string_view text) {
  for (int t = 0; t <= int(DType::U4); ++t)
    if (text == name(DType(t)))
      return DType(t);
  std::fprintf(stderr, "no format is called '%s'\n", std::string(text).c_str());
  std::exit(1);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: KernelTables add|sub|mul|max|min FORMAT, or cast FROM TO ROUNDING\n");
    return 1;
  }
  std::vector<uint8_t> in;
  uint8_t chunk[1 << 16];
  for (size_t n; (n = std::fread(chunk, 1, sizeof chunk, stdin)) > 0;)
    in.insert(in.end(), chunk, chunk + n);
  const std::string_view what = argv[1];
  const DType from = formatNamed(argv[2]);
  std::vector<uint8_t> out;
  if (what == "cast" && argc == 5) {
    const Dims d{1, 1, 1, int64_t(in.size()) / byteSize(from)};
    const DType to = formatNamed(argv[3]);
    const Round round = roundNamed(argv[4]);
    out.resize(size_t(d.count() * byteSize(to)));
    cast({to, d, out.data()}, {from, d, in.data()}, round, round);
  } else {
    constexpr std::string_view kOps[] = {"add", "sub", "mul", "max", "min"};
    for (int op = 0; op < 5; ++op)
      if (what == kOps[op]) {
        const Dims d{1, 1, 1, int64_t(in.size()) / 2 / byteSize(from)};
        out.resize(in.size() / 2);
        binary(BinaryOp(op), {from, d, out.data()}, {from, d, in.data()}, {from, d, in.data() + out.size()});
      }
  }
  return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && !out.empty() ? 0 : 1;
}
