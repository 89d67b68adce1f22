//===- Passes.td - Passes over the Tpu dialect -------------------*- tablegen -*-===//
include "mlir/Pass/PassBase.td"

def WeightFold : Pass<"weight-fold", "::mlir::ModuleOp"> {
  let summary = "Evaluate Tpu ops whose operands are all weights";
}
def StripIOQuant : Pass<"strip-io-quant", "::mlir::ModuleOp"> {
  let summary = "Move quantisation of inputs and outputs to the user's side";
  let options = [Option<"quantInput", "quant_input", "bool", "false", "inputs arrive in the network's integer format">,
                 Option<"quantOutput", "quant_output", "bool", "false", "outputs leave in the network's integer format">];
}
def ProcessorTpuOptimize : Pass<"processor-tpu-optimize", "::mlir::ModuleOp"> {
  let summary = "Rewrite Tpu ops to forms that the target runs faster";
}
def WeightReorder : Pass<"weight-reorder", "::mlir::ModuleOp"> {
  let summary = "Store weights in the order in which local memory holds them";
}
def SubnetDivide : Pass<"subnet-divide", "::mlir::ModuleOp"> {
  let summary = "Split the network by the engine that runs it; here all of it is one TPU subnet";
}
def OpReorder : Pass<"op-reorder", "::mlir::ModuleOp"> {
  let summary = "Order ops so that fewer tensors live at once";
}
def LayerGroup : Pass<"layer-group", "::mlir::ModuleOp"> {
  let summary = "Choose which ops run together in local memory, and in what slices";
  let options = [Option<"lmemBytes", "lmem", "int64_t", "0", "bytes per lane to use; 0 is all of them">,
                 Option<"opt", "opt", "int64_t", "2", "1: every op a group of one; 2: groups; 3: search longer">,
                 Option<"dumpGroups", "dump-groups", "::tpu_mlir::TextOption", "\"\"", "JSON file to write: the groups, and why">,
                 Option<"useGroups", "use-groups", "::tpu_mlir::TextOption", "\"\"", "JSON file with the groups to use">];
}
def AddressAssign : Pass<"address-assign", "::mlir::ModuleOp"> {
  let summary = "Give weights and tensors their global-memory addresses";
  let options = [Option<"weightMapFile", "weight_map_file", "::tpu_mlir::TextOption", "\"\"", "CSV of weight addresses to write">,
                 Option<"neuronMapFile", "neuron_map_file", "::tpu_mlir::TextOption", "\"\"", "CSV of tensor addresses and lifetimes to write">,
                 Option<"reuseAddr", "reuse_addr", "bool", "true", "tensors that never live together share memory">];
}
def SaveWeight : Pass<"save-weight", "::mlir::ModuleOp"> {
  let summary = "Write the weights of the module to its weight file";
  let options = [Option<"file", "file", "::tpu_mlir::TextOption", "\"\"", "file name; by default from the module's name, state and chip">];
}
def Codegen : Pass<"codegen", "::mlir::ModuleOp"> {
  let summary = "Emit instructions and write the bmodel";
  let options = [Option<"modelFile", "model_file", "::tpu_mlir::TextOption", "\"\"", "the .bmodel to write">];
}
