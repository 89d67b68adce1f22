//===- AddressAssign.cpp - Global-memory addresses ------------------------===//
// Weights first, in the order and layout in which the schedule loads them; then
// the arena of the tensors that go through global memory, placed by live range.
// A view shares its operand's bytes. Inputs and outputs live throughout.
// Source of the order and alignment: shared ISA notes, bmodel_format.md §5, §6.
#include "ScheduleOf.h"
#include "tpu_mlir/Allocate/Arena.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/CheckLowered.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Schedule/InPlace.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"
#include "tpu_mlir/Support/NameText.h"
#include "tpu_mlir/Support/Outputs.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_ADDRESSASSIGN
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {

/// The step at which nothing ends: what lives up to it lives throughout.
constexpr int kEnd = std::numeric_limits<int32_t>::max();

struct AddressAssignPass : impl::AddressAssignBase<AddressAssignPass> {
  using AddressAssignBase::AddressAssignBase;

  void setModule(StringRef name, int64_t value) {
    getOperation()->setAttr(name, IntegerAttr::get(IntegerType::get(&getContext(), 64), value));
  }

  /// Addresses of weights from `base`; returns the end.
  FailureOr<int64_t> assignWeights(const ReadSchedule &r, const codegen::LocalMemory &memory, int64_t base,
                                   int64_t align) {
    top::WeightStore &store = getContext().getLoadedDialect<top::TopDialect>()->weights();
    for (auto [i, value] : llvm::enumerate(r.network.values)) {
      auto weight = r.function.values[i].getDefiningOp<top::WeightOp>();
      if (weight && !store.find(value.name))
        return weight.emitOpError() << "'" << value.name << "' is not in the weight file";
    }
    schedule::CoefficientMap map =
        schedule::mapCoefficients(r.network, r.plan, r.timeline, base, memory, schedule::rowLimitOf(memory));
    // A weight that lies in rows with others has the address of the first of them.
    llvm::MapVector<int, uint64_t> addresses;
    for (auto [value, address] : map.plain)
      addresses[value] = address;
    for (auto [key, address] : map.blobs) {
      const schedule::Node &node = r.network.nodes[key.first];
      for (const Buffer &b : node.recipe()->buffers)
        if (schedule::isRowWeight(*node.recipe(), b))
          addresses.try_emplace(node.operands[b.index], address);
    }
    std::string csv = "name,address,bytes,lies\n";
    for (auto [value, address] : addresses) {
      const schedule::Value &v = r.network.values[value];
      r.function.values[value].getDefiningOp<top::WeightOp>().setAddress(address);
      csv += csvCell(v.name) + "," + std::to_string(address) + "," + std::to_string(v.bytes()) + "," +
             (map.plain.contains(value) ? "by itself" : "in rows a lane") + "\n";
    }
    if (!weightMapFile.empty())
      writeFileAtomically(weightMapFile, csv);
    return base + (int64_t(map.bytes) + align - 1) / align * align;
  }

  /// One line a tensor that has a place in global memory, in the order of the network. Lifetimes are steps of the
  /// schedule, both included; what lives to the end has none in `last`. A view, and what lies inside another tensor,
  /// names that tensor.
  void writeNeuronMap(const schedule::Network &network, const std::vector<std::pair<int, int>> &lives,
                      const std::vector<int64_t> &addresses, const std::vector<schedule::Inside> &inside) {
    std::string csv = "name,address,bytes,first,last,view_of\n";
    for (auto [i, v] : llvm::enumerate(network.values)) {
      int root = network.root(i);
      if (v.isWeight || lives[root].first < 0)
        continue;
      auto [first, last] = lives[root];
      for (const std::string &cell : {csvCell(v.name), std::to_string(addresses[root]), std::to_string(v.bytes()),
                                      std::to_string(std::min(first, last)), last == kEnd ? "" : std::to_string(last)})
        csv += cell + ",";
      const int host = root == int(i) ? inside[i].host : root;
      csv += (host < 0 ? "" : csvCell(network.values[host].name)) + "\n";
    }
    writeFileAtomically(neuronMapFile, csv);
  }

  /// Addresses of tensors from `base`; returns the end.
  int64_t assignTensors(const ReadSchedule &r, int64_t base, int64_t align) {
    const schedule::Network &network = r.network;
    std::vector<std::pair<int, int>> lives(network.values.size(), {-1, -1});
    auto use = [&](int value, int from, int to) {
      auto &[first, last] = lives[network.root(value)];
      first = first < 0 ? from : std::min(first, from);
      last = std::max(last, reuseAddr ? to : kEnd);
    };
    for (auto [i, v] : llvm::enumerate(network.values))
      if (v.viewOf < 0 && !v.isWeight && (v.isInput || v.isOutput))
        use(i, v.isInput ? 0 : kEnd, kEnd);
    for (const schedule::Load &load : r.timeline.loads)
      if (load.kind != schedule::Load::Kind::Rows && !network.values[load.value].isWeight) {
        const schedule::LocalBuffer &b = r.timeline.buffers[load.buffer];
        use(load.value, std::max(0, b.notBefore - 1), b.first);
      }
    auto useAll = [&](const schedule::Node &node, int w) {
      for (int operand : node.operands)
        if (operand >= 0 && !network.values[network.root(operand)].isWeight)
          use(operand, w, w);
      use(node.result, w, w);
    };
    for (auto [w, work] : llvm::enumerate(r.timeline.works)) {
      // A store stands behind the next work's loads.
      for (const schedule::Work::Store &store : work.stores)
        use(store.value, w, w + 1);
      if (!r.plan.groups[work.group].alone)
        continue;
      const schedule::Node &node = network.nodes[work.node];
      for (const schedule::Node &part : node.parts)
        useAll(part, w);
      if (node.parts.empty())
        useAll(node, w);
    }
    // A host lives as long as what lies inside it.
    const std::vector<schedule::Inside> inside = schedule::placesInside(network, r.plan);
    auto ownPlace = [&](int value) {
      int64_t offset = 0;
      for (; inside[value].host >= 0; value = inside[value].host)
        offset += inside[value].offset;
      return std::pair(value, offset);
    };
    for (size_t i = 0; i < inside.size(); ++i)
      if (inside[i].host >= 0 && lives[i].first >= 0) {
        auto &[first, last] = lives[ownPlace(i).first];
        first = std::min(first, lives[i].first), last = std::max(last, lives[i].second);
      }
    std::vector<allocate::Lifetime> list;
    std::vector<int> placed;
    for (auto [i, v] : llvm::enumerate(network.values))
      if (lives[i].first >= 0 && inside[i].host < 0) {
        list.push_back({lives[i].first, lives[i].second, v.bytes()});
        placed.push_back(i);
      }
    allocate::Arena arena = allocate::planArena(list, align);
    std::vector<int64_t> addresses(network.values.size(), 0);
    for (auto [i, value] : llvm::enumerate(placed))
      addresses[value] = base + arena.offsets[i];
    for (size_t i = 0; i < inside.size(); ++i)
      if (const auto [host, offset] = ownPlace(i); inside[i].host >= 0)
        addresses[i] = addresses[host] + offset;
    auto i64 = IntegerType::get(&getContext(), 64);
    for (auto [i, v] : llvm::enumerate(network.values)) {
      Value value = r.function.values[i];
      int root = network.root(i);
      int64_t address = network.values[root].isWeight ? int64_t(addressOf(r.function.values[root])) : addresses[root];
      if (v.isWeight)
        continue;
      auto type = cast<RankedTensorType>(value.getType());
      Attribute encoding = address ? Attribute(IntegerAttr::get(i64, address)) : Attribute();
      value.setType(RankedTensorType::get(type.getShape(), type.getElementType(), encoding));
    }
    if (!neuronMapFile.empty())
      writeNeuronMap(network, lives, addresses, inside);
    setModule("module.neuron_addr", base);
    setModule("module.neuron_size", arena.bytes);
    setModule("module.neuron_lower_bound", arena.lowerBound);
    return base + arena.bytes;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkLowered(module, "address-assign")))
      return signalPassFailure();
    const target::Chip &chip = targetOf(module);
    for (auto function : module.getOps<func::FuncOp>()) {
      FailureOr<int64_t> end = failure();
      FailureOr<ReadSchedule> schedule = failure();
      try {
        checkOutputs({{"weight_map_file", weightMapFile, ""}, {"neuron_map_file", neuronMapFile, ""}}, {});
        codegen::Machine machine = machineOf(module);
        schedule = readSchedule(function, machine);
        if (succeeded(schedule))
          end = assignWeights(*schedule, machine.memory, chip.global.ddrBase, chip.global.regionAlign);
      } catch (const UserError &e) {
        module.emitError() << e.what();
      }
      if (failed(end))
        return signalPassFailure();
      setModule("module.coeff_addr", chip.global.ddrBase);
      setModule("module.coeff_size", *end - chip.global.ddrBase);
      int64_t last = assignTensors(*schedule, *end, chip.global.regionAlign);
      if (last > int64_t(1) << chip.global.addressBits) {
        module.emitError() << "the network's weights and tensors need " << ((last - chip.global.ddrBase) >> 20)
                           << " MiB, more than " << chip.identity.name << " can address";
        return signalPassFailure();
      }
      auto results = function.getBody().front().getTerminator()->getOperandTypes();
      function.setFunctionType(FunctionType::get(&getContext(), function.getArgumentTypes(), results));
    }
    module->setAttr("module.state", StringAttr::get(&getContext(), "TPU_ADDRESSED"));
  }
};

} // namespace
} // namespace tpu_mlir::tpu
