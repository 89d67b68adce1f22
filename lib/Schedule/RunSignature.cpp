//===- RunSignature.cpp - Telling equal runs of ops -----------------------===//
// Everything goes into one 64-bit hash, which grows with the run, op by op.
// What is remembered by it is the search's.
#include "RunSignature.h"
#include "tpu_mlir/Primitive/Primitive.h"

namespace tpu_mlir::schedule {

static uint64_t mixed(uint64_t hash, uint64_t value) {
  // Source: the finaliser of SplitMix64, public domain (Steele, Lea and Flood, OOPSLA 2014).
  uint64_t z = hash + 0x9e3779b97f4a7c15 + value;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

static uint64_t hashOf(const Node &node) {
  uint64_t hash = 0;
  auto add = [&](auto... values) { ((hash = mixed(hash, uint64_t(values))), ...); };
  const Recipe *recipe = node.recipe();
  if (!recipe)
    return hash;
  for (const Buffer &b : recipe->buffers) {
    add(b.place, b.index, b.dtype, b.dims.n, b.dims.c, b.dims.h, b.dims.w, b.layout, b.repeat, b.ownBank);
    for (const AxisMap &m : b.map)
      add(m.kind, m.kernel, m.stride, m.dilation, m.pad, m.outPerGroup, m.inPerGroup, m.of);
  }
  std::vector<int64_t> numbers;
  for (const Step &s : recipe->steps) {
    add(numberOf(*s.primitive), s.dst);
    for (int id : s.sources)
      add(id);
    numbers.clear();
    s.primitive->describe(s, numbers);
    for (int64_t number : numbers)
      add(number);
  }
  return hash;
}

RunSignature::RunSignature(const Network &network, const std::vector<char> &isStored)
    : network(network), isStored(isStored) {
  for (const Node &node : network.nodes)
    ops.push_back(hashOf(node));
}

void RunSignature::mix(uint64_t value) { hash = mixed(hash, value); }

void RunSignature::start(int node, int64_t passing) {
  first = node;
  hash = 0;
  outside.clear();
  mix(uint64_t(passing));
}

uint64_t RunSignature::extend(int n) {
  const Node &node = network.nodes[n];
  mix(ops[n]);
  for (int operand : node.operands) {
    if (operand < 0 || network.values[network.root(operand)].isWeight) {
      mix(operand < 0);
      continue;
    }
    const int u = network.root(operand);
    const Value &v = network.values[u];
    if (v.producer >= first) {
      mix(uint64_t(n - v.producer));
      continue;
    }
    const auto [at, isNew] = outside.emplace(u, int(outside.size()));
    mix(uint64_t(at->second) + 1000);
    if (!isNew)
      continue;
    for (int64_t part : {v.dims.n, v.dims.c, v.dims.h, v.dims.w, int64_t(v.dtype), int64_t(isStored[u]),
                         int64_t(v.users.back() - n), int64_t(v.isInput)})
      mix(uint64_t(part));
  }
  const Value &result = network.values[node.result];
  mix(uint64_t(isStored[node.result]) * 2 + result.isOutput);
  mix(result.users.empty() ? 0 : uint64_t(result.users.back() - n));
  return hash;
}

} // namespace tpu_mlir::schedule
