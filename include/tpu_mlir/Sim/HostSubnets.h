//===- HostSubnets.h - The parts of a net that the host runs ----*- C++ -*-===//
// Reads the CPU subnets of a stage, if they are of the kind that this project
// writes, and runs them between groups of commands, on the chip's memory.
#ifndef TPU_MLIR_SIM_HOSTSUBNETS_H
#define TPU_MLIR_SIM_HOSTSUBNETS_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Host/Evaluator.h"
#include "tpu_mlir/Host/Subnet.h"
#include "tpu_mlir/Sim/Memory.h"

#include <map>

namespace tpu_mlir::sim {

struct HostSubnet {
  int32_t id = 0;
  size_t beforeGroup = 0; ///< of the stage's command groups: the first that runs behind it
  host::Subnet subnet;
  std::vector<uint64_t> inputs, outputs; ///< addresses, in the order of the graph's
};

/// Whether a subnet is a CPU layer of this project's making.
bool isOwnHostSubnet(const bmodel::SubNet &subnet);

/// All CPU subnets of a stage in order; UserError for those that only another runtime can run. `path` stands in
/// messages. The result reads the model's bytes.
std::vector<HostSubnet> hostSubnetsOf(const bmodel::NetParameter &stage, const std::string &path);

/// An op that the host runs, for people.
struct HostOpReport {
  host::HostLayer layer;
  int32_t subnet = 0;
  int64_t bytesIn = 0, bytesOut = 0; ///< that cross from and to the chip's memory
  double seconds = 0;                ///< an estimate
};
std::vector<HostOpReport> hostReport(const bmodel::NetParameter &stage, const std::string &path);

/// The host subnets of a net, ready to run.
class HostRunner {
public:
  HostRunner(const bmodel::NetParameter &stage, const std::string &path);

  bool empty() const { return subnets.empty(); }
  /// Runs what stands before a group of commands, on the chip's memory. Returns how many ops that were. UserError where
  /// a number does not fit the chip's memory.
  uint64_t run(size_t beforeGroup, Memory &memory);

  /// What the elements of a tensor are to the network's author; float32 for all that the host does not touch.
  host::Element ownOf(const std::string &name) const;
  /// What the host made in the last run, by name, as it wrote it: its place in memory may be another tensor's by now.
  struct Made {
    host::Element element = host::Element::F32;
    std::vector<int64_t> shape;
    std::vector<uint8_t> bytes;
  };
  const std::map<std::string, Made> &made() const { return results; }
  /// The axis of a tensor that ends where data say, and where, as of the last run; axis -1 for all others.
  std::pair<int64_t, int64_t> countedOf(const std::string &name) const;

private:
  struct Loaded {
    HostSubnet about;
    host::Evaluator evaluator;
  };
  std::string path;
  std::vector<Loaded> subnets;
  std::map<std::string, host::Element> own;
  std::map<std::string, Made> results;
  std::map<std::string, host::CountedName> counted;
  std::map<std::string, int32_t> counts;
};

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_HOSTSUBNETS_H
