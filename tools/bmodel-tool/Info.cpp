//===- Info.cpp - bmodel-tool info ----------------------------------------===//
// A summary of the container for people. Decodes no command.

#include "Verbs.h"
#include "tpu_mlir/Sim/HostSubnets.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/NameText.h"

#include <algorithm>
#include <cstdio>

namespace tpu_mlir::bmodel_tool {

namespace {

/// What stands in files that are to be the same whenever they are made.
constexpr const char *kNoTime = "Thu Jan  1 00:00:00 1970";

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

/// Names of Tensor::dataType, in its order.
std::string typeName(uint32_t type) {
  static constexpr const char *kNames[] = {"f32", "f16", "i8", "u8", "i16", "u16", "i32", "u32", "bf16", "i4", "u4"};
  return type < std::size(kNames) ? kNames[type] : "type " + std::to_string(type);
}

std::string shapeText(const bmodel::Tensor &tensor) {
  std::string text;
  for (const bmodel::Shape &shape : tensor.shape) {
    text += text.empty() ? "[" : " [";
    for (size_t i = 0; i < shape.size(); ++i)
      text += (i ? ", " : "") + std::to_string(shape[i]);
    text += "]";
  }
  return text;
}

void addTensors(std::string &out, const char *role, const bmodel::List<bmodel::Tensor> &tensors) {
  for (const bmodel::Tensor &tensor : tensors) {
    char scale[32];
    std::snprintf(scale, sizeof scale, "%.9g", double(tensor.scale));
    out += std::string("    ") + role + " " + nameWord(tensor.name) + " " + typeName(tensor.dataType) + " " +
           shapeText(tensor) + " at " + hex(tensor.deviceAddr) + ", " + std::to_string(tensor.size) + " bytes, scale " +
           scale + ", zero point " + std::to_string(tensor.zeroPoint) + "\n";
  }
}

/// What the host runs, and that only this project can have it run.
void addHost(std::string &out, const bmodel::NetParameter &p, const std::string &path) {
  if (std::none_of(p.subNet.begin(), p.subNet.end(), sim::isOwnHostSubnet))
    return;
  for (const sim::HostOpReport &op : sim::hostReport(p, path)) {
    char time[32];
    std::snprintf(time, sizeof time, "%.3f", op.seconds * 1e3);
    out += "    host op in subnet " + std::to_string(op.subnet) + ": " + op.layer.op + " " + nameWord(op.layer.name) +
           ", " + std::to_string(op.bytesIn) + " bytes in, " + std::to_string(op.bytesOut) + " bytes out, about " +
           time + " ms (" + op.layer.reason + ")\n";
  }
  out += "    its CPU layers are tpu-mlir's own: the vendor's runtime cannot run this file, tpuc-sim can\n";
}

void addStage(std::string &out, const bmodel::NetParameter &p, size_t index, const std::string &path) {
  out += "  stage " + std::to_string(index) + (p.isDynamic ? " (dynamic)" : " (static)") + "\n";
  addTensors(out, "input ", p.inputTensor);
  addTensors(out, "output", p.outputTensor);
  if (p.coeffMem && p.coeffMem->coeff)
    out += "    weights at " + hex(p.coeffMem->address) + ", " + std::to_string(p.coeffMem->coeff->size()) + " bytes\n";
  else
    out += "    weights: none in the file\n";
  out += "    memory at " + hex(p.ctxAddr) + ", " + std::to_string(p.ctxSize) + " bytes\n";
  if (p.ioSize)
    out += "    input and output memory at " + hex(p.ioAddr) + ", " + std::to_string(p.ioSize) + " bytes\n";
  for (size_t g = 0; g < p.cmdGroup.size(); ++g)
    out += "    group " + std::to_string(g) + ": " + std::to_string(p.cmdGroup[g].bdcNum) + " tiu commands in " +
           std::to_string(p.cmdGroup[g].bdcCmdByte) + " bytes, " + std::to_string(p.cmdGroup[g].gdmaNum) +
           " gdma commands in " + std::to_string(p.cmdGroup[g].gdmaCmdByte) + " bytes\n";
  out += "    subnets: " + std::to_string(p.subNet.size()) + "\n";
  addHost(out, p, path);
}

} // namespace

int info(const Arguments &arguments) {
  const bmodel::Model model = bmodel::readBmodel(arguments.inputs[0]);
  // The vendor's time text ends with a line end.
  const std::string time = model.time.substr(0, model.time.find('\n'));
  std::string out = "chip " + model.chip + ", version " + model.version + ", type " + model.type + ", " +
                    (time == kNoTime ? "no time set" : "time " + time) + "\n";
  out += "memory for activations: " + std::to_string(model.neuronSize) + " bytes\n";
  if (model.kernelModule)
    out += "kernel module " + model.kernelModule->fileName + ", " + std::to_string(model.kernelModule->binary.size()) +
           " bytes\n";
  if (model.cpuopModule)
    out += "cpu module " + model.cpuopModule->fileName + ", " + std::to_string(model.cpuopModule->binary.size()) +
           " bytes\n";
  for (size_t n = 0; n < model.net.size(); ++n) {
    out += "net " + std::to_string(n) + " " + nameWord(model.net[n].name) + ", address mode " +
           std::to_string(model.net[n].addrMode) + "\n";
    for (size_t p = 0; p < model.net[n].parameter.size(); ++p)
      addStage(out, model.net[n].parameter[p], p, arguments.inputs[0]);
  }
  writeText("", out);
  return kExitDone;
}

} // namespace tpu_mlir::bmodel_tool
