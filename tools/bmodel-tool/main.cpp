//===- main.cpp - bmodel-tool ---------------------------------------------===//
// Reads the command line, calls the verb and turns errors into a sentence and
// an exit code.

#include "Verbs.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"
#include "tpu_mlir/Support/Tool.h"

namespace tpu_mlir::bmodel_tool {

const target::Chip &chipOf(const bmodel::Model &model, const std::string &path) {
  try {
    return target::lookup(model.chip);
  } catch (const UserError &error) {
    throw UserError(path + ": " + error.what());
  }
}

void writeText(const std::string &output, const std::string &text) {
  if (!output.empty() && output != "-")
    return writeFileAtomically(output, text);
  printOut(text);
}

namespace {

struct Verb {
  const char *name, *alias, *inputs;
  size_t inputCount;
  bool needsOutput, takesOutput;
  int (*run)(const Arguments &);
  const char *summary;
};

constexpr Verb kVerbs[] = {
    {"info", "", "MODEL", 1, false, false, info, "print what the container holds"},
    {"dis", "disassemble", "MODEL", 1, false, true, disassemble, "print the command streams as text (-o FILE)"},
    {"asm", "assemble", "TEXT MODEL", 2, true, true, assemble,
     "put the streams of TEXT into MODEL's container (-o FILE)"},
    {"extract", "", "MODEL", 1, true, true, extract, "write streams, weights and modules as files (-o FOLDER)"},
    {"compare", "", "MODEL REF.npz", 2, false, true, compare,
     "run, and name the first instruction whose result differs from REF (-i INPUTS.npz)"},
    {"check", "", "MODEL", 1, false, false, check,
     "prove that a model is legal and safe; findings go to standard output"},
    {"profile", "", "MODEL", 1, false, true, profile,
     "print times, layers and the life of local memory as JSON (-o FILE)"},
};

std::string usage() {
  std::string text = "usage: bmodel-tool VERB ARGUMENTS [-o OUTPUT]\n       bmodel-tool --help | --version\n\nverbs:\n";
  for (const Verb &verb : kVerbs) {
    std::string head = std::string("  ") + verb.name + " " + verb.inputs;
    head.resize(std::max<size_t>(head.size(), 20), ' ');
    text += head + " " + verb.summary + (*verb.alias ? std::string("; also '") + verb.alias + "'" : "") + "\n";
  }
  return text + "\nexit codes: 0 done, 1 the input or the command line must change, 2 'check' has findings or "
                "'compare' found a "
                "difference, 70 a bug of this tool\n";
}

const Verb &findVerb(const std::string &name) {
  std::string known;
  for (const Verb &verb : kVerbs) {
    if (name == verb.name || (*verb.alias && name == verb.alias))
      return verb;
    known += (known.empty() ? "" : ", ") + std::string(verb.name);
  }
  throw UserError("unknown verb '" + name + "'; known: " + known);
}

int run(const std::vector<std::string> &words) {
  if (words.empty())
    throw UserError("no verb; try --help");
  for (const std::string &word : words) {
    if (word == "--help" || word == "-h")
      return writeText("", usage()), kExitDone;
    if (word == "--version")
      return writeText("", versionLine("bmodel-tool")), kExitDone;
  }
  const Verb &verb = findVerb(words[0]);
  Arguments arguments;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "-o" || words[i] == "--output") {
      if (!verb.takesOutput)
        throw UserError("'" + std::string(verb.name) + "' takes no -o");
      if (++i == words.size())
        throw UserError("-o needs a value");
      arguments.output = words[i];
    } else if ((words[i] == "-i" || words[i] == "--input") && verb.run == compare) {
      if (++i == words.size())
        throw UserError("-i needs a value");
      arguments.networkInput = words[i];
    } else if (words[i].size() > 1 && words[i][0] == '-') {
      throw UserError("unknown option '" + words[i] + "'; try --help");
    } else {
      arguments.inputs.push_back(words[i]);
    }
  }
  if (arguments.inputs.size() != verb.inputCount)
    throw UserError("'" + std::string(verb.name) + "' needs " + verb.inputs + ", found " +
                    std::to_string(arguments.inputs.size()) + " arguments");
  if (verb.needsOutput && arguments.output.empty())
    throw UserError("'" + std::string(verb.name) + "' needs -o");
  return verb.run(arguments);
}

} // namespace
} // namespace tpu_mlir::bmodel_tool

int main(int argc, char **argv) {
  return tpu_mlir::runTool([&] { return tpu_mlir::bmodel_tool::run({argv + 1, argv + argc}); });
}
