//===- Subnet.h - A graph as a CPU layer of a bmodel ------------*- C++ -*-===//
// What stands in the parameter of a CPU layer of ours: a graph as JSON text of a
// version, whose weights are the layer's constants. docs/reference/host-layer.md
// describes it. The vendor's runtime does not know it.
#ifndef TPU_MLIR_HOST_SUBNET_H
#define TPU_MLIR_HOST_SUBNET_H

#include "tpu_mlir/Host/Graph.h"

#include <string_view>

namespace tpu_mlir::host {

/// An op of the network that the host runs.
struct HostLayer {
  std::string name, op, reason; ///< of its (first) result; "top.Nms"; why the chip does not run it
  bool operator==(const HostLayer &) const = default;
};

/// A tensor, of this subnet or of one behind it, that ends where a number of this subnet says.
struct CountedName {
  std::string tensor, by;
  int64_t axis = 0;
  bool operator==(const CountedName &) const = default;
};

struct Subnet {
  Graph graph;
  std::vector<HostLayer> layers; ///< one an item
  std::vector<CountedName> counted;
};

/// The text, and the constants in the order of its tensors.
std::string printSubnet(const Subnet &subnet);
std::vector<std::span<const uint8_t>> constantsOf(const Subnet &subnet);

/// Reads the text; `where` stands in messages. What leaves here can be computed: shapes and types fit together.
/// UserError for anything else. The subnet reads `constants` where they lie.
Subnet parseSubnet(std::string_view json, std::span<const std::span<const uint8_t>> constants,
                   const std::string &where);

/// Rough cost on the processor beside a chip: simple operations, at 10^9 a second, and bytes moved, at 10^9 a second.
/// Both are assumptions for orders of magnitude; no such processor has been measured.
double estimateSeconds(const Graph &graph, const Item &item);

} // namespace tpu_mlir::host

#endif // TPU_MLIR_HOST_SUBNET_H
