//===- Command.h - The toy family's commands as words -----------*- C++ -*-===//
// A queue is a vector of 32-bit words. A command is a head and its operands,
// each as long as its kind says; nothing in it has a number, and it names no
// other command. Decides no order.
#ifndef TPU_MLIR_TEST_UNIT_TOY_COMMAND_H
#define TPU_MLIR_TEST_UNIT_TOY_COMMAND_H

#include "tpu_mlir/Codegen/LocalView.h"
#include "tpu_mlir/Kernel/Kernels.h"

#include <string_view>
#include <vector>

namespace tpu_mlir::toy {

/// Three engines: into local memory, out of it, and between.
enum Engine : int { kIn, kOut, kArithmetic };
inline constexpr std::string_view kEngines[] = {"in", "out", "arithmetic"};
inline constexpr int64_t kLanes = 8;
/// Input channels side by side in a filter.
inline constexpr int64_t kPack = 4;

enum class Op : uint32_t { In, Out, Fill, Copy, Conv, MaxPool, Binary, Requant, Cast, Absolute };

/// The head of a command: what it does, how many words follow, from which engines it takes a token before it starts,
/// and to which it gives one when it is complete.
struct Head {
  Op op = Op::In;
  uint32_t words = 0, takes = 0, gives = 0;
  uint32_t word() const { return gives << 28 | takes << 24 | words << 8 | uint32_t(op); }
  static Head of(uint32_t word) { return {Op(word & 0xff), word >> 8 & 0xffff, word >> 24 & 0xf, word >> 28}; }
};

/// A place in local memory: strides in elements, c between groups of lanes.
struct Local {
  kernel::DType dtype = kernel::DType::I8;
  kernel::Dims dims;
  int64_t offset = 0, n = 0, c = 0, h = 0;
};
/// A place in global memory; strides in elements.
struct Global {
  uint64_t address = 0;
  int64_t strides[4] = {};
};

/// Appends operands to a command's words.
class Words {
public:
  Words &add(int64_t value) {
    words.push_back(uint32_t(value));
    return *this;
  }
  Words &add(const kernel::Dims &d) { return add(d.n).add(d.c).add(d.h).add(d.w); }
  Words &add(const Local &l) { return add(int64_t(l.dtype)).add(l.dims).add(l.offset).add(l.n).add(l.c).add(l.h); }
  Words &add(const Global &g) {
    add(int64_t(g.address & 0xffffffff)).add(int64_t(g.address >> 32));
    for (int64_t s : g.strides)
      add(s);
    return *this;
  }
  Words &add(const kernel::Window &w) {
    for (int64_t v :
         {w.kh, w.kw, w.strideH, w.strideW, w.dilationH, w.dilationW, w.padTop, w.padLeft, w.padBottom, w.padRight})
      add(v);
    return *this;
  }
  std::vector<uint32_t> words;
};

/// Takes them off again, in the same order.
class Reader {
public:
  explicit Reader(const uint32_t *at) : at(at) {}
  int64_t number() { return int32_t(*at++); }
  kernel::Dims dims() {
    kernel::Dims d;
    d.n = number(), d.c = number(), d.h = number(), d.w = number();
    return d;
  }
  Local local() {
    Local l;
    l.dtype = kernel::DType(number()), l.dims = dims();
    l.offset = number(), l.n = number(), l.c = number(), l.h = number();
    return l;
  }
  Global global() {
    Global g;
    g.address = uint64_t(uint32_t(number()));
    g.address |= uint64_t(uint32_t(number())) << 32;
    for (int64_t &s : g.strides)
      s = number();
    return g;
  }
  kernel::Window window() {
    kernel::Window w;
    for (int64_t *v : {&w.kh, &w.kw, &w.strideH, &w.strideW, &w.dilationH, &w.dilationW, &w.padTop, &w.padLeft,
                       &w.padBottom, &w.padRight})
      *v = number();
    return w;
  }

private:
  const uint32_t *at;
};

} // namespace tpu_mlir::toy

#endif // TPU_MLIR_TEST_UNIT_TOY_COMMAND_H
