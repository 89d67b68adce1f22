//===- Streams.cpp - The command streams of a bmodel ----------------------===//
// Which container holds them, and the sentences for those that cannot be run.

#include "Streams.h"
#include "tpu_mlir/Sim/HostSubnets.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>

namespace tpu_mlir::sim {

const bmodel::NetParameter &selectStage(const bmodel::Model &model, const std::string &path, size_t net, size_t stage) {
  auto refuse = [&](const std::string &why) { throw UserError("'" + path + "': " + why); };
  if (net >= model.net.size())
    refuse("it has " + std::to_string(model.net.size()) + " nets; net " + std::to_string(net) + " was asked for");
  const auto &stages = model.net[net].parameter;
  if (stage >= stages.size())
    refuse("net '" + model.net[net].name + "' has " + std::to_string(stages.size()) + " stages; stage " +
           std::to_string(stage) + " was asked for");
  const bmodel::NetParameter &p = stages[stage];
  if (p.isDynamic)
    refuse("net '" + model.net[net].name + "' is dynamic; the simulator runs static nets");
  for (const bmodel::SubNet &sub : p.subNet) {
    if (sub.subnetMode != int32_t(bmodel::SubnetMode::Tpu) && !isOwnHostSubnet(sub))
      refuse("subnet " + std::to_string(sub.id) +
             " runs on the host, by code of the vendor's; the simulator runs CPU layers of this project");
    if (!sub.coreCommands.empty())
      refuse("subnet " + std::to_string(sub.id) + " has commands for several cores; the simulator runs one");
  }
  return p;
}

std::vector<Group> decodeGroups(const bmodel::NetParameter &p, const target::Chip &chip, const std::string &path) {
  auto refuse = [&](const std::string &why) { throw UserError("'" + path + "': " + why); };
  std::vector<Group> groups;
  const isa::Table &table = isa::tableFor(chip.identity.isa);
  const auto *list = &p.cmdGroup;
  if (list->empty() && p.subNet.size() == 1)
    list = &p.subNet[0].cmdGroup;
  bool hasHost = std::any_of(p.subNet.begin(), p.subNet.end(), isOwnHostSubnet);
  if (list->empty() && !hasHost)
    refuse("it has no commands");
  for (const bmodel::CmdGroup &g : *list) {
    size_t index = groups.size();
    Group group;
    const isa::PerEngine<const bmodel::OptionalBlob *> blobs{{&g.bdc, &g.gdma}};
    const isa::PerEngine<uint32_t> counts{{g.bdcNum, g.gdmaNum}};
    for (isa::Engine e : isa::kEngines) {
      std::string where = "group " + std::to_string(index) + ": ";
      if (!*blobs[e] || (*blobs[e])->size() == 0) {
        if (counts[e])
          refuse(where + "it counts " + std::to_string(counts[e]) + " " + std::string(isa::name(e)) +
                 " commands but holds none");
        continue;
      }
      try {
        group.streams[e] = isa::decodeStream(table, e, (*blobs[e])->bytes());
      } catch (const UserError &error) {
        refuse(where + error.what());
      }
      if (group.streams[e].size() != counts[e])
        refuse(where + "it counts " + std::to_string(counts[e]) + " " + std::string(isa::name(e)) +
               " commands but holds " + std::to_string(group.streams[e].size()));
    }
    try {
      checkIds(group, index);
    } catch (const UserError &error) {
      refuse(error.what());
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

} // namespace tpu_mlir::sim
