//===- Main.cpp - tpuc-sim: run a bmodel ----------------------------------===//
// Reads a bmodel and an input npz, simulates, writes the outputs and prints a
// summary. Decides nothing about numerics or time.

#include "Debugger.h"
#include "Timing.h"
#include "tpu_mlir/Sim/Numbers.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Outputs.h"
#include "tpu_mlir/Support/Tool.h"

#include <cstdio>
#include <iostream>
#include <unistd.h>

using namespace tpu_mlir;

namespace {

constexpr const char *kUsage =
    R"(usage: tpuc-sim MODEL.bmodel --input IN.npz [-o OUT.npz] [options]

Runs a bmodel from its bytes alone and prints cycles, commands and traffic.

  -i, --input FILE      npz with the inputs by name; float arrays are quantised by the model's scale
  -o, --output FILE     npz for the outputs
  --dump-all-tensors    write every tensor of the model's tensor table, not only the outputs
  --out-fixed           write stored integers instead of float values
  --timing              time and count only; needs no input
  --timing-only         the same without memories, a million commands a second and more; prints what is needed at least
                        (DDR bytes, roofline) and what a user would measure. With it:
    --summary FILE      the figures as JSON
    --layers FILE       a table by layer, .csv or .json
    --trace FILE        a timeline for chrome://tracing or ui.perfetto.dev
    --vary              also with each uncertain constant of the timing model at both ends of its range
    --fp32-io           a user who hands in and takes out fp32
    --repeat N          decode and time N times more and print commands per second
  --policy POLICY       who goes first when both engines could: gdma-first (default), tiu-first, random
  --seed N              seed of --policy random
  --net N, --stage N    which network and which set of shapes of the file (default 0, 0)
  --break WHERE         stop before a command (tiu:9, gdma:12, 1:tiu:9 in group 1) or the first one of a layer; may be
                        given often. On a terminal the simulator then takes commands ('help' lists them)
  --print WHAT          print this at the --break before it: an operand (opd0, res0, src, dst), all operands (all), a
                        tensor of the network, or memory (global:ADDRESS:TYPE:n,c,h,w or
                        local:LANE:OFFSET:TYPE:n,c,h,w[:compact]); [n,c,h,w] behind it: near that element
  --interactive         take commands from standard input even if it is no terminal
  --version             the version
  -h, --help            this text

Exit codes: 0 done, 1 the user must change something, 70 our bug.
)";

struct Arguments {
  std::string model, input, output;
  bool allTensors = false, fixed = false, timingOnly = false;
  size_t net = 0, stage = 0;
  sim::RunOptions run;
  TimingArguments timing;
  bool timingAsked = false; ///< an option that only --timing-only has
  bool streamOnly = false;
  std::vector<tpuc_sim::BreakOption> breaks;
  bool interactive = false;
};

uint64_t numberOf(const std::string &option, const std::string &text) {
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != text.npos)
    throw UserError("option " + option + " needs a number, found '" + text + "'");
  return std::stoull(text);
}

sim::Policy policyOf(const std::string &text) {
  if (text == "gdma-first")
    return sim::Policy::GdmaFirst;
  if (text == "tiu-first")
    return sim::Policy::TiuFirst;
  if (text == "random")
    return sim::Policy::Random;
  throw UserError("unknown policy '" + text + "'; known: gdma-first, tiu-first, random");
}

template <typename Next, typename Set>
bool parseTiming(const std::string &option, TimingArguments &t, Next next, Set set) {
  if (option == "--summary")
    t.summary = next();
  else if (option == "--layers")
    t.layers = next();
  else if (option == "--trace")
    t.trace = next();
  else if (option == "--vary")
    set(t.vary);
  else if (option == "--fp32-io" || option == "--fp32_io")
    set(t.floatTensors);
  else if (option == "--repeat")
    t.repeat = numberOf(option, next());
  else
    return false;
  return true;
}

Arguments parse(int argc, char **argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    std::string option = argv[i], value;
    size_t equals = option.rfind("--", 0) == 0 ? option.find('=') : option.npos;
    bool attached = equals != option.npos;
    if (attached)
      value = option.substr(equals + 1), option.resize(equals);
    auto next = [&] {
      if (attached)
        return value;
      if (i + 1 >= argc)
        throw UserError("option " + option + " needs a value");
      return std::string(argv[++i]);
    };
    auto set = [&](bool &flag) {
      if (attached)
        throw UserError("option " + option + " takes no value");
      flag = true;
    };
    if (option == "-i" || option == "--input")
      a.input = next();
    else if (option == "-o" || option == "--output")
      a.output = next();
    else if (option == "--dump-all-tensors" || option == "--dump_all_tensors" || option == "--dump-all")
      set(a.allTensors);
    else if (option == "--out-fixed" || option == "--out_fixed")
      set(a.fixed);
    else if (option == "--timing")
      set(a.timingOnly);
    else if (option == "--timing-only" || option == "--timing_only")
      set(a.streamOnly);
    else if (parseTiming(option, a.timing, next, set))
      a.timingAsked = true;
    else if (option == "--break")
      a.breaks.push_back({next(), {}});
    else if (option == "--print" && a.breaks.empty())
      throw UserError("option --print belongs behind the --break at which to print");
    else if (option == "--print")
      a.breaks.back().prints.push_back(next());
    else if (option == "--interactive")
      set(a.interactive);
    else if (option == "--policy")
      a.run.policy = policyOf(next());
    else if (option == "--seed")
      a.run.seed = numberOf(option, next());
    else if (option == "--net")
      a.net = numberOf(option, next());
    else if (option == "--stage")
      a.stage = numberOf(option, next());
    else if (option.size() > 1 && option[0] == '-')
      throw UserError("unknown option '" + option + "'; tpuc-sim --help lists them");
    else if (!a.model.empty())
      throw UserError("two models given: '" + a.model + "' and '" + option + "'");
    else
      a.model = option;
  }
  if (a.model.empty())
    throw UserError("no bmodel given; tpuc-sim --help shows how");
  if (a.timingAsked && !a.streamOnly)
    throw UserError("--summary, --layers, --trace, --vary, --fp32-io and --repeat go with --timing-only");
  if (a.streamOnly && (a.allTensors || a.fixed || a.timingOnly || !a.output.empty() || !a.input.empty()))
    throw UserError("--timing-only computes no tensors, so it goes with no input and no output");
  if (a.streamOnly && (!a.breaks.empty() || a.interactive))
    throw UserError("--timing-only runs no command, so it goes without --break");
  if (a.streamOnly) {
    a.timing.model = a.model, a.timing.net = a.net, a.timing.stage = a.stage;
    return a;
  }
  if (a.timingOnly && (a.allTensors || !a.output.empty()))
    throw UserError("--timing computes no tensors, so it goes with neither --output nor --dump-all-tensors");
  if (!a.timingOnly && a.input.empty())
    throw UserError("no input given; use --input FILE.npz, or --timing to count cycles only");
  if (a.allTensors && a.output.empty())
    throw UserError("--dump-all-tensors needs --output");
  if (a.timingOnly && !a.breaks.empty())
    throw UserError("--timing computes no tensors, so it goes without --break");
  if (a.interactive && a.breaks.empty())
    throw UserError("--interactive needs a --break at which to begin; tiu:1 or gdma:1 is the start");
  a.run.functional = !a.timingOnly;
  a.run.collectTensors = a.allTensors;
  return a;
}

void setInputs(sim::Simulator &simulator, const std::string &path) {
  NpzFile file(path);
  const auto &inputs = simulator.inputs();
  for (const sim::NetTensor &input : inputs) {
    // A single array for a single input needs no matching name.
    const NpzArray *array = file.find(input.name);
    if (!array && inputs.size() == 1 && file.arrays().size() == 1) {
      array = &file.arrays()[0];
      std::fprintf(stderr, "note: input file '%s': its only tensor '%s' is taken as the input '%s'\n", path.c_str(),
                   array->name.c_str(), input.name.c_str());
    }
    simulator.setInput(input.name, sim::encodeInput(input, array ? *array : file.get(input.name)));
  }
}

void writeTensors(const std::string &path, const std::vector<const sim::TensorValue *> &tensors, bool fixed) {
  NpzWriter writer(path);
  for (const sim::TensorValue *t : tensors) {
    sim::SeenArray seen = sim::asSeen(*t, fixed);
    writer.add(t->name, seen.type, seen.shape, seen.bytes.data());
  }
  writer.finish();
}

void printEngine(const char *name, const sim::EngineReport &engine, double cycles) {
  std::printf("%-10s %llu commands, busy %.0f cycles (%.1f %%)\n", name,
              static_cast<unsigned long long>(engine.commands), engine.busyCycles,
              cycles > 0 ? 100 * engine.busyCycles / cycles : 0.0);
}

void printSummary(const bmodel::Model &model, const Arguments &a, const sim::Simulator &simulator,
                  const sim::RunResult &r) {
  const target::Chip &chip = simulator.chip();
  std::printf("%-10s %s on %.*s\n", "net", model.net[a.net].name.c_str(), int(chip.identity.name.size()),
              chip.identity.name.data());
  std::printf("%-10s %.0f (%.3f ms at %lld MHz)\n", "cycles", r.cycles, r.milliseconds,
              static_cast<long long>(chip.clock.tiuMhz));
  for (isa::Engine e : isa::kEngines)
    printEngine(isa::wordFor(e).data(), r.engines[e], r.cycles);
  std::printf("%-10s %lld (convolution %lld, depth-wise %lld, matrix %lld)\n", "macs",
              static_cast<long long>(r.work.macs()), static_cast<long long>(r.work.convMacs),
              static_cast<long long>(r.work.depthwiseMacs), static_cast<long long>(r.work.matmulMacs));
  std::printf("%-10s %lld bytes read, %lld bytes written\n", "ddr", static_cast<long long>(r.work.ddrReadBytes),
              static_cast<long long>(r.work.ddrWriteBytes));
  std::printf("%-10s %llu\n", "host ops", static_cast<unsigned long long>(r.hostOps));
}

int run(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-h" || word == "--help" || word == "--version") {
      printOut(word == "--version" ? versionLine("tpuc-sim") : kUsage);
      return kExitDone;
    }
  }
  Arguments a = parse(argc, argv);
  checkOutputs({{"--output", a.output, ".npz"},
                {"--summary", a.timing.summary, ".json"},
                {"--layers", a.timing.layers, ".csv .json"},
                {"--trace", a.timing.trace, ".json"}},
               {{"the model", a.model, ""}, {"--input", a.input, ""}});
  if (a.streamOnly) {
    int code = timeOnly(a.timing);
    flushOut();
    return code;
  }
  bmodel::Model model = bmodel::readBmodel(a.model);
  sim::Simulator simulator(model, a.model, a.net, a.stage);
  if (!a.timingOnly)
    setInputs(simulator, a.input);
  if (a.allTensors && simulator.tensorTable().empty())
    throw UserError("'" + a.model +
                    "' has no tensor table, and no tensor_location.json lies beside it; --dump-all-tensors needs one");
  bool isAsked = a.interactive || (!a.breaks.empty() && isatty(STDIN_FILENO));
  tpuc_sim::Debugger debugger(simulator, a.breaks, isAsked ? &std::cin : nullptr);
  if (!a.breaks.empty())
    a.run.beforeCommand = [&](const sim::CommandEvent &event) { debugger.before(event); };
  sim::RunResult result;
  try {
    result = simulator.run(a.run);
  } catch (const tpuc_sim::Debugger::Quit &) {
    return kExitDone;
  }
  debugger.finish();
  if (!a.output.empty()) {
    // The table may name the outputs too; each name is written once.
    std::vector<const sim::TensorValue *> tensors;
    auto append = [&](const sim::TensorValue &t) {
      for (const sim::TensorValue *have : tensors)
        if (have->name == t.name)
          return;
      tensors.push_back(&t);
    };
    for (const sim::TensorValue &t : result.tensors)
      append(t);
    for (const sim::TensorValue &t : result.outputs)
      append(t);
    writeTensors(a.output, tensors, a.fixed);
  }
  printSummary(model, a, simulator, result);
  flushOut();
  return kExitDone;
}

} // namespace

int main(int argc, char **argv) {
  return runTool([&] { return run(argc, argv); });
}
