//===- GroupFile.cpp - Layer groups as JSON -------------------------------===//
// Explains what layer-group chose, and lets a user choose otherwise.
#include "GroupFile.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/GroupText.h"
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Schedule/Regions.h"
#include "tpu_mlir/Support/Error.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <map>
#include <set>

using namespace mlir;
namespace json = llvm::json;

namespace tpu_mlir::tpu {

using schedule::Group;
using schedule::Node;

//===- Print --------------------------------------------------------------===//

namespace {

/// Ops of a group in order: those that fusion joined, too.
template <typename Fn> void forEachOp(const schedule::Network &network, const Group &g, Fn visit) {
  for (int n = g.first; n <= g.last; ++n) {
    const Node &node = network.nodes[n];
    if (node.parts.empty())
      visit(node, false);
    for (size_t i = 0; i < node.parts.size(); ++i)
      visit(node.parts[i], i > 0);
  }
}

/// Estimated TIU cycles of a group, recomputed rows included.
double computeCycles(const schedule::Schedule &s, const Group &g, const codegen::LocalMemory &memory,
                     const target::Chip &chip) {
  const backend::Prices prices{*memory.family, chip};
  double cycles = 0;
  for (int64_t slice = 0; slice < g.slices(); ++slice) {
    schedule::SliceRegions regions = schedule::regionsOf(s.network, s.plan, g, slice, memory);
    for (int n = g.first; n <= g.last; ++n)
      if (!schedule::isEmpty(regions.made[n - g.first]))
        cycles += schedule::regionCycles(*s.network.nodes[n].recipe(), regions.made[n - g.first], prices,
                                         memory.scratchBanks * memory.bankBytes);
  }
  return cycles;
}

} // namespace

std::string printGroups(const FunctionNetwork &, const schedule::Schedule &s, const codegen::LocalMemory &memory,
                        const target::Chip &chip) {
  json::Array groups;
  for (auto [id, g] : llvm::enumerate(s.plan.groups)) {
    json::Array ops, joined, stored;
    forEachOp(s.network, g, [&](const Node &op, bool joins) {
      ops.push_back(op.name);
      if (joins)
        joined.push_back(op.name);
    });
    for (int n = g.first; n <= g.last; ++n)
      if (s.plan.isStored[s.network.nodes[n].result] &&
          schedule::leavesGroup(s.network, s.network.nodes[n].result, g.first, g.last))
        stored.push_back(s.network.nodes[n].name);
    json::Object group{{"id", int64_t(id)}, {"ops", std::move(ops)}};
    if (g.alone) {
      group["alone"] = s.reasons[id];
    } else {
      group["slices"] = json::Object{{"n", g.nSlices}, {"h", g.hSlices}, {"w", g.wSlices}};
      group["keeps_weights"] = g.keepsWeights;
      group["joined"] = std::move(joined);
      group["compute_cycles"] = int64_t(computeCycles(s, g, memory, chip));
    }
    group["stored"] = std::move(stored);
    groups.push_back(std::move(group));
  }
  json::Object root{{"version", 1},
                    {"local_memory_bytes", memory.bytes},
                    {"scratch_banks", s.scratchBanks},
                    {"estimated_cycles", int64_t(s.cycles)},
                    {"groups", std::move(groups)}};
  return llvm::formatv("{0:2}\n", json::Value(std::move(root))).str();
}

//===- Parse --------------------------------------------------------------===//

namespace {

class GroupReader {
public:
  GroupReader(const std::string &path, const FunctionNetwork &function, const codegen::LocalMemory &memory)
      : path(path), function(function), memory(memory), groupOf(function.network.nodes.size(), -1) {
    for (size_t op = 0; op < groupOf.size(); ++op)
      numbers[function.network.nodes[op].name] = op;
  }

  schedule::Schedule read(llvm::StringRef text) {
    WrittenGroups written = readGroupText(text, path);
    memory.scratchBanks = written.scratchBanks;
    if (memory.scratchBanks < 1 || memory.scratchBanks > memory.bytes / memory.bankBytes)
      fail("has " + std::to_string(memory.scratchBanks) + " 'scratch_banks', which is no part of local memory");
    entries = std::move(written.groups);
    for (size_t number = 0; number < entries.size(); ++number)
      enter(int(number));
    for (size_t op = 0; op < groupOf.size(); ++op)
      if (groupOf[op] < 0)
        fail("leaves out op '" + function.network.nodes[op].name + "'");
    return build();
  }

private:
  [[noreturn]] void fail(const std::string &what) { throw UserError("group file '" + path + "' " + what); }

  size_t numberOf(const std::string &name, int group) {
    auto at = numbers.find(name);
    if (at == numbers.end())
      fail("names '" + name + "' in group " + std::to_string(group) + ", which is no op of the network");
    return at->second;
  }

  void enter(int number) {
    for (const std::string &name : entries[number].ops) {
      size_t op = numberOf(name, number);
      if (groupOf[op] >= 0)
        fail("names '" + name + "' twice");
      groupOf[op] = number;
    }
    for (auto [list, all] : {std::pair(&entries[number].joined, &joined), {&entries[number].stored, &stored}})
      for (const std::string &name : *list) {
        numberOf(name, number);
        all->insert(name);
      }
  }

  schedule::Schedule build() {
    for (size_t op = 0; op < groupOf.size(); ++op) {
      std::string why = schedule::whyAlone(function.network.nodes[op], memory);
      if (!entries[groupOf[op]].alone && !why.empty())
        fail("puts '" + function.network.nodes[op].name + "' into a group, but " + why + "; write \"alone\": \"\"");
    }
    schedule::Schedule s;
    s.scratchBanks = memory.scratchBanks;
    s.network = schedule::fuse(
        function.network, memory, [&](int n) { return entries[groupOf[n]].alone.has_value(); },
        [&](int a, int b) { return groupOf[a] == groupOf[b] && joined.contains(function.network.nodes[b].name); });
    int current = -1;
    for (int n = 0; n < int(s.network.nodes.size()); ++n) {
      int g = groupOf[s.network.nodes[n].id];
      const WrittenGroup &e = entries[g];
      if (g == current) {
        s.plan.groups.back().last = n;
        continue;
      }
      if (g < current)
        fail("has '" + s.network.nodes[n].name + "' in group " + std::to_string(g) +
             ", which the network's order puts "
             "behind group " +
             std::to_string(current));
      current = g;
      s.plan.groups.push_back({n, n, e.n, e.h, e.alone.has_value(), e.keepsWeights, e.w});
      s.reasons.push_back(e.alone ? "the group file says so" : "");
    }
    schedule::markStored(s.network, s.plan);
    for (const Node &node : s.network.nodes)
      if (stored.contains(node.name))
        s.plan.isStored[node.result] = 1;
    return s;
  }

  const std::string &path;
  const FunctionNetwork &function;
  codegen::LocalMemory memory;
  std::vector<int> groupOf; ///< by op
  std::map<std::string, size_t> numbers;
  std::vector<WrittenGroup> entries;
  std::set<std::string> joined, stored;
};

} // namespace

schedule::Schedule parseGroups(llvm::StringRef text, const std::string &path, const FunctionNetwork &function,
                               const codegen::LocalMemory &memory) {
  return GroupReader(path, function, memory).read(text);
}

} // namespace tpu_mlir::tpu
