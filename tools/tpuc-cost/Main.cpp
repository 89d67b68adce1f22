//===- Main.cpp - tpuc-cost: price operations by their shape --------------===//
// Reads one operation a line and prints its cycles by the timing model, with
// constants of the chip file or the user's own. Lets scripts hold the model
// against records, and people ask what a shape costs. Holds no formula.

#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Tool.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <vector>

using namespace tpu_mlir;
using namespace tpu_mlir::timing;

namespace {

constexpr const char *kUsage =
    R"(usage: tpuc-cost CHIP [--set NAME=VALUE]... < operations
       tpuc-cost CHIP --constants

Prints the cycles of one operation a line, by the chip's timing model. TIU cycles, GDMA cycles for copies. Sizes are
elements, WIDTH is bytes per element, SHARE (0 to 1) how long operands and result are in the same bank:

  conv N IC OC OH OW KH KW WIDTH     pool N C OH OW KH KW WIDTH       depthwise N C OH OW KH KW WIDTH
  element N C H W WIDTH SHARE        gather N C H W                   matrix ROWS DEPTH SECTIONS SECTION_WIDTH WIDTH
  matrix2 ROWS DEPTH COLUMNS WIDTH   load | store | move ROWS ROW_BYTES
  system

  --set NAME=VALUE  another value for a constant of the timing model
  --constants       list the constants: name, value, low and high end, evidence, source
  --version         the version
  -h, --help        this text

Exit codes: 0 done, 1 the user must change something, 70 our bug.
)";

using Numbers = std::vector<double>;

struct Operation {
  size_t arguments;
  std::function<double(const Chip &, const Numbers &)> cycles;
};

WindowShape windowOf(const Numbers &a) { return {{a[0], a[1], a[2], a[3]}, a[4], a[5], a[6], a[6]}; }

std::map<std::string, Operation> operations() {
  using N = const Numbers &;
  using C = const Chip &;
  return {
      {"conv", {8, [](C c, N a) { return convCycles(c, {a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]}); }}},
      {"pool", {7, [](C c, N a) { return poolCycles(c, windowOf(a)); }}},
      {"depthwise", {7, [](C c, N a) { return depthwiseCycles(c, windowOf(a)); }}},
      {"element", {6, [](C c, N a) { return elementCycles(c, {a[0], a[1], a[2], a[3]}, a[4], a[5]); }}},
      {"gather", {4, [](C c, N a) { return gatherCycles(c, {a[0], a[1], a[2], a[3]}); }}},
      {"matrix", {5, [](C c, N a) { return matrixCycles(c, a[0], a[1], a[2], a[3], a[4]); }}},
      {"matrix2", {4, [](C c, N a) { return matrix2Cycles(c, a[0], a[1], a[2], a[3]); }}},
      {"load", {2, [](C c, N a) { return copyCycles(c, Copy::Load, a[0], a[1]); }}},
      {"store", {2, [](C c, N a) { return copyCycles(c, Copy::Store, a[0], a[1]); }}},
      {"move", {2, [](C c, N a) { return copyCycles(c, Copy::Move, a[0], a[1]); }}},
      {"system", {0, [](C c, N) { return c.time.systemCycles; }}},
  };
}

double numberOf(const std::string &text, const std::string &where) {
  size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception &) {
  }
  if (!used || used != text.size() || !(value >= 0 && value < 1e15))
    throw UserError(where + ": '" + text + "' is no number from 0 on");
  return value;
}

void setConstant(Chip &chip, const std::string &assignment) {
  size_t equals = assignment.find('=');
  std::string name = assignment.substr(0, equals);
  if (equals == assignment.npos)
    throw UserError("option --set needs NAME=VALUE, found '" + assignment + "'");
  for (const target::Constant &constant : chip.constants)
    if (constant.name == name) {
      chip.time.*constant.member = numberOf(assignment.substr(equals + 1), "option --set " + name);
      return;
    }
  throw UserError("unknown constant '" + name + "'; tpuc-cost CHIP --constants lists them");
}

void listConstants(const Chip &chip) {
  for (const target::Constant &c : chip.constants)
    for (const target::Fact &fact : chip.facts)
      if (fact.key == "time." + std::string(c.name))
        std::printf("%-26s %8g %8g %8g  %-9s %s\n", std::string(c.name).c_str(), chip.time.*c.member, c.low, c.high,
                    std::string(fact.evidence).c_str(), std::string(fact.source).c_str());
}

void price(const Chip &chip) {
  const auto known = operations();
  std::string line;
  for (size_t number = 1; std::getline(std::cin, line); ++number) {
    std::istringstream words(line);
    std::string name, word, where = "line " + std::to_string(number);
    if (!(words >> name))
      continue;
    auto operation = known.find(name);
    if (operation == known.end())
      throw UserError(where + ": unknown operation '" + name + "'; tpuc-cost --help lists them");
    Numbers arguments;
    while (words >> word)
      arguments.push_back(numberOf(word, where));
    if (arguments.size() != operation->second.arguments)
      throw UserError(where + ": '" + name + "' takes " + std::to_string(operation->second.arguments) +
                      " numbers, found " + std::to_string(arguments.size()));
    std::printf("%.6f\n", operation->second.cycles(chip, arguments));
  }
}

int run(int argc, char **argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::string name;
  std::vector<std::string> assignments;
  bool list = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string &a = arguments[i];
    if (a == "-h" || a == "--help") {
      printOut(kUsage);
      return kExitDone;
    }
    if (a == "--version") {
      printOut(versionLine("tpuc-cost"));
      return kExitDone;
    }
    if (a == "--constants")
      list = true;
    else if (a == "--set" && i + 1 < arguments.size())
      assignments.push_back(arguments[++i]);
    else if (a.rfind("--set=", 0) == 0)
      assignments.push_back(a.substr(6));
    else if (a.rfind("-", 0) == 0)
      throw UserError("unknown or incomplete option '" + a + "'; tpuc-cost --help lists them");
    else if (!name.empty())
      throw UserError("two chips given: '" + name + "' and '" + a + "'");
    else
      name = a;
  }
  if (name.empty())
    throw UserError("no chip given; tpuc-cost --help shows how");
  Chip chip = target::lookupForTiming(name);
  for (const std::string &assignment : assignments)
    setConstant(chip, assignment);
  list ? listConstants(chip) : price(chip);
  flushOut();
  return kExitDone;
}

} // namespace

int main(int argc, char **argv) {
  return runTool([&] { return run(argc, argv); });
}
