//===- Passes.td - From Top to Tpu -------------------------------*- tablegen -*-===//
include "mlir/Pass/PassBase.td"

class AssignPass<string argument> : Pass<argument, "::mlir::ModuleOp"> {
  let summary = "Name the chip that the network is compiled for";
  let options = [Option<"chip", "chip", "std::string", "\"\"", "chip name">,
                 Option<"numDevice", "num_device", "int64_t", "1", "devices; 1 here">,
                 Option<"numCore", "num_core", "int64_t", "1", "cores; 1 here">,
                 Option<"addrMode", "addr_mode", "std::string", "\"auto\"", "auto or basic">];
}
def ProcessorAssign : AssignPass<"processor-assign">;
def ChipAssign : AssignPass<"chip-assign"> {
  let description = "The older name of processor-assign.";
}
def ImportCalibrationTable : Pass<"import-calibration-table", "::mlir::ModuleOp"> {
  let summary = "Give every tensor the range that calibration found";
  let options = [Option<"file", "file", "::tpu_mlir::TextOption", "\"\"", "calibration table">,
                 Option<"asymmetric", "asymmetric", "bool", "false", "use min and max instead of the threshold">];
}
def ProcessorTopOptimize : Pass<"processor-top-optimize", "::mlir::ModuleOp"> {
  let summary = "Rewrite Top ops to forms that the target lowers better";
}
def ConvertTopToTpu : Pass<"convert-top-to-tpu", "::mlir::ModuleOp"> {
  let summary = "Lower the network to the target's number formats";
  let options = [Option<"mode", "mode", "std::string", "\"F32\"", "F32, F16, BF16 or INT8">,
                 Option<"asymmetric", "asymmetric", "bool", "false", "integers with a sign have zero points">,
                 Option<"chip", "chip", "std::string", "\"\"", "chip name, when processor-assign has not run">,
                 Option<"noHost", "no_host", "bool", "false", "refuse ops that only the host can run">,
                 Option<"joinFloats", "join_floats", "bool", "true",
                        "INT8: join parts that leave as a float result as floats, each from its own scale">];
}
