//===- CheckStreams.cpp - Rules of command groups and containers ----------===//
// Order, ids, dependencies and framing of a group's two streams, and what the
// runtime expects of the tables around them. Source: container notes §3 to §6.

#include "tpu_mlir/Bmodel/Check.h"
#include "tpu_mlir/Bmodel/Sha256.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/NameText.h"

#include <algorithm>

namespace tpu_mlir::bmodel {

namespace {

using Commands = std::vector<isa::Command>;

class GroupCheck {
public:
  GroupCheck(const std::string &where, const isa::Table &table, const target::Chip &chip,
             std::vector<Finding> &findings)
      : where(where), table(table), chip(chip), findings(findings) {}

  void add(const std::string &place, const std::string &sentence) { findings.push_back({where + place, sentence}); }

  Commands decode(isa::Engine engine, const OptionalBlob &blob, uint32_t count, uint32_t bytes) {
    const std::string name = engine == isa::Engine::TIU ? " tiu" : " gdma";
    if (!blob || blob->size() == 0) {
      if (count)
        add(name, "the stream is missing, expected " + std::to_string(count) + " commands");
      return {};
    }
    if (bytes != blob->size())
      add(name,
          "the container says " + std::to_string(bytes) + " bytes, the stream has " + std::to_string(blob->size()));
    if (blob->size() % chip.limits.streamPadBytes)
      add(name, "the stream's " + std::to_string(blob->size()) + " bytes are not a multiple of " +
                    std::to_string(chip.limits.streamPadBytes));
    Commands commands;
    try {
      commands = isa::decodeStream(table, engine, blob->bytes());
    } catch (const UserError &error) {
      add(name, error.what());
      return {};
    }
    if (commands.size() != count)
      add(name, "the container says " + std::to_string(count) + " commands, the stream has " +
                    std::to_string(commands.size()));
    return commands;
  }

  static std::string place(const isa::Command &command, size_t index) {
    return std::string(command.engine() == isa::Engine::TIU ? " tiu " : " gdma ") + std::to_string(index + 1) + " " +
           std::string(command.info->name) + " " + std::string(command.kind()->name);
  }

  void checkOrder(const Commands &commands, size_t others) {
    for (size_t i = 0; i < commands.size(); ++i) {
      const isa::Command &command = commands[i];
      const bool last = i + 1 == commands.size();
      if (command.info->runtime == isa::Runtime::Never || (command.info->runtime == isa::Runtime::Last && !last))
        add(place(command, i), "the runtime does not accept this form here");
      if (command.has(isa::Field::cmd_id) && command.id() != i + 1)
        add(place(command, i), "its id is " + std::to_string(command.id()) + ", expected " + std::to_string(i + 1));
      if (command.dep() > others)
        add(place(command, i), "it waits for command " + std::to_string(command.dep()) +
                                   " of the other engine, which has " + std::to_string(others));
    }
    if (commands.size() >= uint64_t(chip.limits.commandIds))
      add("", "a group holds fewer than " + std::to_string(chip.limits.commandIds) + " commands per engine");
  }

  /// Runs both queues by ids alone; something must always be able to go on.
  void checkProgress(const Commands &tiu, const Commands &gdma) {
    size_t t = 0, g = 0;
    while (t < tiu.size() || g < gdma.size()) {
      if (t < tiu.size() && tiu[t].dep() <= g)
        ++t;
      else if (g < gdma.size() && gdma[g].dep() <= t)
        ++g;
      else {
        const bool stuckTiu = t < tiu.size();
        const isa::Command &command = stuckTiu ? tiu[t] : gdma[g];
        add(place(command, stuckTiu ? t : g), "the engines wait for each other for ever: it needs command " +
                                                  std::to_string(command.dep()) + " of the other engine");
        return;
      }
    }
  }

private:
  const std::string &where;
  const isa::Table &table;
  const target::Chip &chip;
  std::vector<Finding> &findings;
};

void checkTensors(const List<Tensor> &tensors, const std::string &where, std::span<const Region> regions,
                  std::vector<Finding> &findings) {
  for (const Tensor &tensor : tensors) {
    const std::string place = where + " tensor " + quotedName(tensor.name);
    const auto inside = [&](const Region &r) {
      return r.writable && tensor.deviceAddr >= r.begin && tensor.deviceAddr <= r.end &&
             tensor.size <= r.end - tensor.deviceAddr;
    };
    if (std::none_of(regions.begin(), regions.end(), inside))
      findings.push_back({place, "its " + std::to_string(tensor.size) + " bytes lie outside the memory of the net"});
    if (tensor.shape.empty())
      findings.push_back({place, "it has no shape"});
  }
}

void checkCoefficients(const NetParameter &parameter, const std::string &where, const target::Chip &chip,
                       std::vector<Finding> &findings) {
  if (!parameter.coeffMem || !parameter.coeffMem->coeff)
    return;
  const CoeffMem &coeff = *parameter.coeffMem;
  if (coeff.coeff->size() % chip.global.regionAlign)
    findings.push_back({where, "the weights' " + std::to_string(coeff.coeff->size()) + " bytes are not a multiple of " +
                                   std::to_string(chip.global.regionAlign)});
  const auto digest = sha256(coeff.coeff->bytes());
  if (!coeff.checkCode.empty() &&
      !std::equal(digest.begin(), digest.end(), coeff.checkCode.begin(), coeff.checkCode.end()))
    findings.push_back({where, "the weights' check code does not match their bytes"});
  if (coeff.address + coeff.coeff->size() > parameter.ctxAddr)
    findings.push_back({where, "the weights end behind the start of the net's memory"});
}

/// The net-level groups must be those of its static subnets, in order.
void checkSubnets(const NetParameter &parameter, const std::string &where, std::vector<Finding> &findings) {
  if (parameter.subNet.empty() || parameter.cmdGroup.empty())
    return;
  List<CmdGroup> joined;
  for (const SubNet &subnet : parameter.subNet)
    joined.insert(joined.end(), subnet.cmdGroup.begin(), subnet.cmdGroup.end());
  for (const SubNet &subnet : parameter.subNet)
    if (subnet.subnetMode == int32_t(SubnetMode::Cpu) && !subnet.cmdGroup.empty())
      findings.push_back({where, "subnet " + std::to_string(subnet.id) + " runs on the host but has commands"});
  if (!std::equal(joined.begin(), joined.end(), parameter.cmdGroup.begin(), parameter.cmdGroup.end()))
    findings.push_back({where, "its command groups are not those of its subnets"});
}

} // namespace

std::vector<Region> globalRegions(const NetParameter &parameter, int32_t addrMode, const target::Chip &chip) {
  constexpr int32_t kIoAlone = 1;
  std::vector<Region> regions;
  uint64_t begin = chip.global.ddrBase, end = parameter.ctxAddr;
  const bool ioAlone = addrMode == kIoAlone && parameter.ioSize;
  if (ioAlone)
    end = std::min(end, parameter.ioAddr);
  if (parameter.coeffMem) {
    begin = parameter.coeffMem->address;
    if (parameter.coeffMem->coeff)
      end = begin + parameter.coeffMem->coeff->size();
  }
  regions.push_back({"weights", begin, std::max(begin, end), false});
  if (ioAlone)
    regions.push_back({"input and output memory", parameter.ioAddr, parameter.ioAddr + parameter.ioSize, true});
  regions.push_back({"memory of the net", parameter.ctxAddr, parameter.ctxAddr + parameter.ctxSize, true});
  return regions;
}

std::vector<Finding> checkGroup(const CmdGroup &group, const std::string &where, const isa::Table &table,
                                const target::Chip &chip, std::span<const Region> regions) {
  std::vector<Finding> findings;
  GroupCheck check(where, table, chip, findings);
  const Commands tiu = check.decode(isa::Engine::TIU, group.bdc, group.bdcNum, group.bdcCmdByte);
  const Commands gdma = check.decode(isa::Engine::GDMA, group.gdma, group.gdmaNum, group.gdmaCmdByte);
  if (!findings.empty())
    return findings;
  check.checkOrder(tiu, gdma.size());
  check.checkOrder(gdma, tiu.size());
  check.checkProgress(tiu, gdma);
  for (const Commands *commands : {&tiu, &gdma})
    for (size_t i = 0; i < commands->size(); ++i)
      for (const std::string &sentence : checkCommand((*commands)[i], chip, regions))
        check.add(GroupCheck::place((*commands)[i], i), sentence);
  return findings;
}

std::vector<Finding> check(const Model &model, const isa::Table &table, const target::Chip &chip) {
  std::vector<Finding> findings;
  if (model.chip != chip.identity.bmodelChip)
    findings.push_back(
        {"model", "its chip is '" + model.chip + "', expected '" + std::string(chip.identity.bmodelChip) + "'"});
  uint64_t largest = 0;
  for (size_t n = 0; n < model.net.size(); ++n)
    for (size_t p = 0; p < model.net[n].parameter.size(); ++p) {
      const NetParameter &parameter = model.net[n].parameter[p];
      const std::string where = "net " + std::to_string(n) + " stage " + std::to_string(p);
      const std::vector<Region> regions = globalRegions(parameter, model.net[n].addrMode, chip);
      largest = std::max(largest, parameter.ctxSize);
      checkCoefficients(parameter, where, chip, findings);
      checkTensors(parameter.inputTensor, where, regions, findings);
      checkTensors(parameter.outputTensor, where, regions, findings);
      checkSubnets(parameter, where, findings);
      if (parameter.ctxAddr % chip.global.regionAlign)
        findings.push_back(
            {where, "its memory does not start at a multiple of " + std::to_string(chip.global.regionAlign)});
      for (size_t g = 0; g < parameter.cmdGroup.size(); ++g) {
        const auto more =
            checkGroup(parameter.cmdGroup[g], where + " group " + std::to_string(g), table, chip, regions);
        findings.insert(findings.end(), more.begin(), more.end());
      }
    }
  if (model.neuronSize < largest)
    findings.push_back({"model", "it reserves " + std::to_string(model.neuronSize) + " bytes, a net needs " +
                                     std::to_string(largest)});
  return findings;
}

} // namespace tpu_mlir::bmodel
