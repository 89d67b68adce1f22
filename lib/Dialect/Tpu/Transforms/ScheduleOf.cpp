//===- ScheduleOf.cpp - A module as the scheduler sees it -----------------===//
// Numbers the ops and values of a function, and reads back the groups that
// stand in `ginfo`, where a user may have changed them. Decides no group.
#include "ScheduleOf.h"
#include "tpu_mlir/Dialect/Top/IR/HostOps.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "tpu_mlir/Interfaces/OpInterfaces.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Support/Error.h"
#include "llvm/Support/xxhash.h"

#include <cstring>

using namespace mlir;

namespace tpu_mlir::tpu {

codegen::Machine machineOf(ModuleOp module) {
  auto bytes = module->getAttrOfType<IntegerAttr>("module.lmem_bytes");
  codegen::Machine machine = codegen::machineOf(targetOf(module), bytes ? bytes.getInt() : 0);
  auto banks = module->getAttrOfType<IntegerAttr>("module.scratch_banks");
  if (banks && (banks.getInt() < 1 || banks.getInt() > machine.memory.bytes / machine.memory.bankBytes))
    throw UserError("'module.scratch_banks' is " + std::to_string(banks.getInt()) +
                    ", which is no part of local memory; run layer-group");
  machine.memory.scratchBanks = banks ? banks.getInt() : 1;
  return machine;
}

FunctionNetwork networkOf(func::FuncOp function, const codegen::Machine &machine) {
  FunctionNetwork f;
  schedule::Network &network = f.network;
  const top::WeightStore &store = function->getContext()->getLoadedDialect<top::TopDialect>()->weights();
  llvm::DenseMap<uint64_t, int> contents; // weights by their bytes
  auto add = [&](Value v, const Dims &dims) -> schedule::Value & {
    f.numbers[v] = int(network.values.size());
    f.values.push_back(v);
    schedule::Value &value = network.values.emplace_back();
    value.name = top::nameOf(v).str();
    value.dims = dims;
    value.dtype = formatOf(v).dtype;
    value.address = addressOf(v);
    return value;
  };
  for (Operation &op : function.getBody().front()) {
    if (mlir::isa<top::InputOp>(op)) {
      add(op.getResult(0), nchwOf(op.getResult(0))).isInput = true;
    } else if (mlir::isa<top::WeightOp>(op)) {
      // As it lies in the weight file: a filter's stored order may pad its channels.
      const top::WeightArray *array = store.find(top::nameOf(&op));
      int64_t count = array ? int64_t(array->bytes) / kernel::byteSize(formatOf(op.getResult(0)).dtype) : 0;
      schedule::Value &value = add(op.getResult(0), {1, 1, 1, count});
      value.isWeight = true;
      value.sameAs = int(network.values.size()) - 1;
      if (!array)
        continue;
      ArrayRef<uint8_t> bytes(static_cast<const uint8_t *>(array->data), array->bytes);
      auto [first, isNew] = contents.try_emplace(llvm::xxh3_128bits(bytes).low64, value.sameAs);
      if (!isNew) {
        const top::WeightArray *other = store.find(network.values[first->second].name);
        if (other->bytes == array->bytes && std::memcmp(other->data, array->data, array->bytes) == 0)
          value.sameAs = first->second;
        store.release(network.values[first->second].name);
      }
      store.release(bytes);
    } else if (auto interface = dyn_cast<FormInterface>(&op)) {
      Form form = interface.form();
      Value result = op.getResult(0);
      if (std::holds_alternative<View>(form)) {
        int of = f.numbers.lookup(op.getOperand(0));
        add(result, nchwOf(result)).viewOf = of;
        continue;
      }
      auto *recipe = std::get_if<Recipe>(&form);
      schedule::Node node;
      node.id = int(f.ops.size());
      node.name = top::nameOf(&op).str();
      for (Value v : op.getOperands()) {
        auto at = f.numbers.find(v);
        node.operands.push_back(at == f.numbers.end() ? -1 : at->second);
      }
      add(result, recipe ? recipe->outputDims() : nchwOf(result));
      node.result = f.numbers[result];
      if (auto *copies = std::get_if<CopyProgram>(&form))
        node.price = machine.memory.family->priceOf(*copies, machine);
      node.form = std::move(form);
      node.local = interface.localForm();
      f.ops.push_back(&op);
      network.nodes.push_back(std::move(node));
    } else if (top::isHostOp(&op)) {
      // Work by itself for each result, without a command: it has all of local memory, so that nothing of the chip
      // stays there meanwhile. Weights are the host's own.
      for (OpResult result : op.getResults()) {
        schedule::Node node;
        node.id = int(f.ops.size());
        node.name = top::nameOf(result).str();
        for (Value v : op.getOperands()) {
          auto at = f.numbers.find(v);
          node.operands.push_back(at == f.numbers.end() || isWeight(v) ? -1 : at->second);
        }
        add(result, nchwOf(result));
        node.result = f.numbers[result];
        node.form = CopyProgram{formatOf(result).dtype, {}};
        node.price.usesLocalMemory = true;
        f.ops.push_back(&op);
        network.nodes.push_back(std::move(node));
      }
    }
  }
  for (Value v : function.getBody().front().getTerminator()->getOperands())
    network.values[network.root(f.numbers.lookup(v))].isOutput = true;
  // An input's shape is that of its first reader, so that the reader finds it as it was made. One that repeats what it
  // reads has a shape of more elements than the input.
  for (const schedule::Node &node : network.nodes)
    if (const Recipe *recipe = node.recipe())
      for (const Buffer &b : recipe->buffers)
        if (b.place == Place::Input && node.operands[b.index] >= 0)
          if (schedule::Value &v = network.values[network.root(node.operands[b.index])];
              v.isInput && v.users.empty() && b.repeat == 1) {
            v.dims = b.dims;
            v.users.push_back(node.id);
          }
  network.link();
  schedule::chooseForms(network, machine.memory, targetOf(function));
  return f;
}

/// Fails, with a diagnostic, unless the groups that `ginfo` names can be: what a user wrote may be anything.
static LogicalResult checkGroups(const ReadSchedule &r) {
  constexpr int64_t kMostWorks = 65536;
  const std::vector<Operation *> &ops = r.function.ops;
  for (const schedule::Group &g : r.plan.groups) {
    if (g.alone)
      continue;
    int64_t batches = 1, rows = 1, columns = 1;
    for (int n = g.first; n <= g.last; ++n) {
      const Dims &made = r.network.values[r.network.nodes[n].result].dims;
      batches = std::max(batches, made.n), rows = std::max(rows, made.h);
      columns = std::max(columns, made.w);
    }
    const schedule::Node &first = r.network.nodes[g.first];
    if (g.nSlices > batches || g.hSlices > rows || g.wSlices > columns)
      return ops[first.id]->emitOpError()
             << "'" << first.name << "' has " << g.nSlices << " x " << g.hSlices << " x " << g.wSlices
             << " slices in its 'ginfo', but its group makes no more than " << batches << " x " << rows << " x "
             << columns << " batches, rows and columns; run layer-group again";
    if (g.slices() > kMostWorks / (g.last - g.first + 1))
      return ops[first.id]->emitOpError()
             << "'" << first.name << "' and its group have " << g.slices() << " slices in their 'ginfo', more than "
             << kMostWorks << " pieces of work; run layer-group again";
  }
  return success();
}

FailureOr<ReadSchedule> readSchedule(func::FuncOp function, const codegen::Machine &machine) {
  ReadSchedule r;
  r.function = networkOf(function, machine);
  const std::vector<Operation *> &ops = r.function.ops;
  auto groupOf = [&](int id) { return ops[id]->getAttrOfType<GroupAttr>("ginfo"); };
  for (const schedule::Node &node : r.function.network.nodes)
    if (node.recipe() && !ops[node.id]->hasAttr("ginfo"))
      return ops[node.id]->emitOpError() << "'" << node.name << "' has no 'ginfo'; run layer-group first";
  for (const schedule::Node &node : r.function.network.nodes)
    if (groupOf(node.id))
      if (std::string why = schedule::whyAlone(node, machine.memory); !why.empty())
        return ops[node.id]->emitOpError()
               << "'" << node.name << "' cannot be in a group: " << why << "; run layer-group again";
  auto attrOf = [&](int n) { return groupOf(r.function.network.nodes[n].id); };
  r.network = schedule::fuse(
      r.function.network, machine.memory, [&](int n) { return !attrOf(n); },
      [&](int a, int b) { return attrOf(a).getId() == attrOf(b).getId() && attrOf(b).getJoins(); });
  int64_t current = -1;
  for (int n = 0; n < int(r.network.nodes.size()); ++n) {
    const schedule::Node &node = r.network.nodes[n];
    GroupAttr attr = groupOf(node.id);
    if (!attr) {
      r.plan.groups.push_back({n, n, 1, 1, true});
      current = -1;
    } else if (attr.getId() == current) {
      r.plan.groups.back().last = n;
    } else {
      r.plan.groups.push_back({n, n, attr.getN(), attr.getH(), false, attr.getWeights(), attr.getW()});
      current = attr.getId();
    }
  }
  if (failed(checkGroups(r)))
    return failure();
  schedule::markStored(r.network, r.plan);
  for (const schedule::Node &node : r.network.nodes)
    if (GroupAttr attr = groupOf(node.id); attr && attr.getStored())
      r.plan.isStored[node.result] = 1;
  schedule::Built built =
      schedule::buildTimeline(r.network, r.plan, machine.memory, schedule::rowLimitOf(machine.memory));
  if (!built.problem.empty()) {
    Operation *op = ops[r.network.nodes[std::max(0, built.problemNode)].id];
    return op->emitOpError() << "'" << top::nameOf(op) << "' " << built.problem
                             << " with its 'ginfo'; run layer-group again";
  }
  r.timeline = std::move(built.timeline);
  return r;
}

} // namespace tpu_mlir::tpu
