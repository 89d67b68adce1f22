//===- Debugger.cpp - Stopping a run and looking around -------------------===//
// Operands are shown by a dry run of the command, so a result is seen before it
// is written.

#include "Debugger.h"
#include "tpu_mlir/Sim/Show.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/NameText.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <sstream>

namespace tpu_mlir::tpuc_sim {

using bmodel::CommandRef;
using kernel::Dims;

namespace {

constexpr int64_t kMost = 8; // rows and columns of a table

constexpr const char *kHelp =
    R"(  step [N]       run N commands (1) and stop again; also s
  continue       run to the next breakpoint; also c
  break WHERE    stop before tiu:9, gdma:12, 1:tiu:9 (group 1) or the first command of a layer; also b
  print WHAT     show an operand (opd0, res0, src, dst), all operands (all), a tensor of the network, or memory
                 (global:ADDRESS:TYPE:n,c,h,w, local:LANE:OFFSET:TYPE:n,c,h,w[:compact]); also p
                 [n,c,h,w] behind it shows the neighbours of that element
  info           where the run is; info breakpoints, info layers, info tensors
  quit           end the run; also q
An empty line repeats the last command.
)";

CommandRef refOf(const sim::CommandEvent &event) {
  return {uint32_t(event.group), event.command.engine() == isa::Engine::GDMA, event.command.id()};
}

void requireElement(const PrintSpec &spec, const Dims &dims) {
  const Dims &e = spec.element;
  if (e.n >= dims.n || e.c >= dims.c || e.h >= dims.h || e.w >= dims.w)
    throw UserError("'" + spec.text + "' is outside [" + std::to_string(dims.n) + ", " + std::to_string(dims.c) + ", " +
                    std::to_string(dims.h) + ", " + std::to_string(dims.w) + "]");
}

std::string table(kernel::DType dtype, const Dims &dims, const uint8_t *values, const PrintSpec &spec) {
  requireElement(spec, dims);
  return sim::showTable(dtype, dims, values, sim::around(dims, spec.element, kMost, spec.hasElement), "    ");
}

} // namespace

Debugger::Debugger(const sim::Simulator &simulator, const std::vector<BreakOption> &options, std::istream *prompt)
    : simulator(simulator), prompt(prompt) {
  for (const BreakOption &option : options)
    addBreakpoint(option.where, option.prints);
  asked = breakpoints.size();
}

void Debugger::addBreakpoint(const std::string &where, const std::vector<std::string> &prints) {
  Breakpoint b{parseBreak(where), prints};
  for (const std::string &what : prints)
    parsePrint(what, simulator.memory());
  const auto &layers = simulator.tensorTable().layers;
  if (!b.spec.command &&
      std::none_of(layers.begin(), layers.end(), [&](const auto &l) { return l.name == b.spec.layer; }))
    throw UserError("'" + where + "' is neither a command (tiu:9, gdma:12) nor one of the " +
                    std::to_string(layers.size()) + " layers of the model's tensor table");
  breakpoints.push_back(std::move(b));
}

Debugger::Breakpoint *Debugger::breakpointAt(const CommandRef &command) {
  for (Breakpoint &b : breakpoints) {
    if (b.spec.command ? *b.spec.command == command : false)
      return &b;
    // A layer's first command is the one that runs first, whatever its engine.
    const bmodel::LayerEntry *layer = b.spec.command || b.isHit ? nullptr : simulator.tensorTable().layerOf(command);
    if (layer && layer->name == b.spec.layer)
      return &b;
  }
  return nullptr;
}

std::string Debugger::where(const sim::CommandEvent &event) const {
  char cycles[32];
  std::snprintf(cycles, sizeof cycles, "%.0f", event.start);
  const bmodel::LayerEntry *layer = simulator.tensorTable().layerOf(refOf(event));
  return "stopped before " + bmodel::text(refOf(event), event.group > 0) + " at cycle " + cycles +
         (layer ? ", layer " + quotedName(layer->name) + " (" + layer->op + ")" : "") + "\n  " +
         simulator.textOf(event.command) + "\n";
}

void Debugger::before(const sim::CommandEvent &event) {
  bool isStepped = stepsLeft > 0 && --stepsLeft == 0;
  Breakpoint *b = breakpointAt(refOf(event));
  if (b || isStepped) {
    std::cout << where(event);
    if (b) {
      b->isHit = true;
      for (const std::string &what : b->prints)
        std::cout << printed(what, event);
    }
    if (prompt)
      converse(event);
    std::cout.flush();
  }
  ran[{event.group, event.command.engine() == isa::Engine::GDMA}] = event.command.id();
}

void Debugger::finish() const {
  for (size_t i = 0; i < asked; ++i)
    if (const Breakpoint &b = breakpoints[i]; !b.isHit)
      throw UserError("breakpoint '" + b.spec.text + "' was never reached; the model has no such command");
}

bool Debugger::isDone(const CommandRef &command) const {
  auto it = ran.find({command.group, command.byGdma});
  return command.id == 0 || (it != ran.end() && it->second >= command.id);
}

std::string Debugger::printed(const std::string &what, const sim::CommandEvent &event) const {
  PrintSpec spec = parsePrint(what, simulator.memory());
  if (spec.place)
    return printedPlace(spec);
  std::vector<sim::OperandValue> operands = simulator.operandsOf(event.group, event.command);
  if (spec.name == "all")
    return sim::showOperands(event.command, operands, spec.element, spec.hasElement, simulator.memory(), "  ");
  std::string names;
  for (const sim::OperandValue &v : operands) {
    const sim::Operand &o = v.operand;
    names += (names.empty() ? "" : ", ") + std::string(o.name);
    if (o.name == spec.name)
      return "  " + spec.name + (o.isWrite ? " will be " : " is ") + sim::show(o, simulator.memory()) + "\n" +
             table(o.dtype, o.dims, v.values.data(), spec);
  }
  if (const bmodel::TensorEntry *tensor = simulator.tensorTable().find(spec.name))
    return printedTensor(*tensor, spec);
  throw UserError("'" + spec.name + "' is neither an operand of " + bmodel::text(refOf(event), event.group > 0) +
                  (names.empty() ? " (it has none)" : " (" + names + ")") +
                  " nor a tensor of the model's tensor table");
}

std::string Debugger::printedPlace(const PrintSpec &spec) const {
  const sim::Operand &o = *spec.place;
  bmodel::TensorEntry tensor{spec.text, o.dtype, {o.dims.n, o.dims.c, o.dims.h, o.dims.w}, 1, 0, {}};
  bmodel::TensorPiece piece;
  piece.whole = piece.size = {o.dims.n, o.dims.c, 1, o.dims.h, o.dims.w};
  if (o.isLocal)
    piece.layout = bmodel::PieceLayout::Strided;
  piece.strides = {o.strides.n, o.strides.c, 0, o.strides.h, o.strides.w};
  piece.address = o.address, piece.lane = o.start.lane, piece.offset = o.start.offset;
  std::vector<uint8_t> values;
  try {
    values = sim::readPiece(tensor, piece, simulator.memory());
  } catch (const UserError &) {
    throw UserError("'" + spec.text + "' is not in the memory that the model has");
  }
  return "  " + sim::show(o, simulator.memory()) + "\n" + table(o.dtype, o.dims, values.data(), spec);
}

std::string Debugger::printedTensor(const bmodel::TensorEntry &tensor, const PrintSpec &spec) const {
  const bmodel::TensorPiece *shown = nullptr;
  for (const bmodel::TensorPiece &p : tensor.pieces)
    if (isDone(p.after) && (p.whole[2] == 1 || !spec.hasElement))
      shown = &p;
  if (!shown)
    return "  tensor " + quotedName(tensor.name) + " is not there yet" +
           (tensor.pieces.empty() ? ""
                                  : "; its first piece is complete after " +
                                        bmodel::text(tensor.pieces[0].after, tensor.pieces[0].after.group > 0)) +
           "\n";
  std::vector<uint8_t> values = sim::readPiece(tensor, *shown, simulator.memory());
  // A tensor that is one row in the table has its own shape for people.
  Dims dims{shown->size[0], shown->size[1], shown->size[2] * shown->size[3], shown->size[4]};
  const auto &s = tensor.shape;
  if (shown->count() == tensor.count() && s.size() == 4)
    dims = {s[0], s[1], s[2], s[3]};
  return "  tensor " + quotedName(tensor.name) + ", piece complete since " +
         bmodel::text(shown->after, shown->after.group > 0) + " (memory as it is now)\n  " + sim::show(tensor, *shown) +
         "\n" + table(tensor.dtype, dims, values.data(), spec);
}

std::string Debugger::info(const std::string &topic) const {
  std::string out;
  const bmodel::TensorTable &t = simulator.tensorTable();
  if (topic == "breakpoints")
    for (const Breakpoint &b : breakpoints)
      out += "  " + b.spec.text + (b.isHit ? " (reached)" : "") + "\n";
  else if (topic == "layers")
    for (const bmodel::LayerEntry &layer : t.layers)
      out += "  " + nameWord(layer.name) + " (" + layer.op + ")\n";
  else if (topic == "tensors")
    for (const bmodel::TensorEntry &e : t.tensors) {
      auto done = std::count_if(e.pieces.begin(), e.pieces.end(), [&](const auto &p) { return isDone(p.after); });
      out += "  " + nameWord(e.name) + " " + kernel::name(e.dtype) + ", " + std::to_string(done) + " of " +
             std::to_string(e.pieces.size()) + " pieces complete\n";
    }
  else
    throw UserError("'" + topic + "' is nothing to inform about; known: breakpoints, layers, tensors");
  return out.empty() ? "  none\n" : out;
}

void Debugger::converse(const sim::CommandEvent &event) {
  std::string line;
  while (true) {
    std::cout << "(tpuc-sim) " << std::flush;
    if (!std::getline(*prompt, line))
      throw Quit();
    if (line.find_first_not_of(" \t") == line.npos)
      line = lastLine;
    lastLine = line;
    try {
      if (obey(line, event))
        return;
    } catch (const UserError &error) {
      std::cout << "  " << error.what() << "\n";
    }
  }
}

bool Debugger::obey(const std::string &line, const sim::CommandEvent &event) {
  std::istringstream words(line);
  std::string verb, rest;
  words >> verb;
  std::getline(words >> std::ws, rest);
  if (verb.empty())
    return false;
  if (verb == "step" || verb == "s") {
    stepsLeft = 1;
    if (!rest.empty() &&
        (rest.size() > 9 || rest.find_first_not_of("0123456789") != rest.npos || (stepsLeft = std::stoull(rest)) == 0))
      throw UserError("step needs a number of commands, found '" + rest + "'");
    return true;
  }
  if (verb == "continue" || verb == "c")
    return true;
  if (verb == "quit" || verb == "q")
    throw Quit();
  if (verb == "break" || verb == "b")
    addBreakpoint(rest, {});
  else if (verb == "print" || verb == "p")
    std::cout << printed(rest, event);
  else if (verb == "info" && rest.empty())
    std::cout << where(event);
  else if (verb == "info")
    std::cout << info(rest);
  else if (verb == "help")
    std::cout << kHelp;
  else
    throw UserError("unknown command '" + verb + "'; help lists them");
  return false;
}

} // namespace tpu_mlir::tpuc_sim
