//===- Session.cpp - One module in its own context ------------------------===//
// Files in, passes, files out.
#include "Session.h"
#include "CutAdvice.h"
#include "Diagnostics.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/InitAll.h"
#include "tpu_mlir/Interfaces/TextOption.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"
#include "tpu_mlir/Support/TextDepth.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/SourceMgr.h"

#include <filesystem>

using namespace mlir;

namespace tpu_mlir {

/// MLIR quotes the pipeline in what it says about one; more than this tells nobody more.
static constexpr size_t kShownProblem = 200;

static DialectRegistry allDialects() {
  DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

// A diagnostic handler must not be called from other threads, and the work is too small for them.
Session::Session() : context(allDialects(), MLIRContext::Threading::DISABLED) {
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false);
}

top::WeightStore &Session::weights() { return context.getLoadedDialect<top::TopDialect>()->weights(); }

std::string Session::text(const std::string &name) {
  auto attribute = (*module)->getAttrOfType<StringAttr>("module." + name);
  return attribute ? attribute.str() : "";
}

static std::string folderOf(const std::string &path) { return std::filesystem::path(path).parent_path().string(); }

std::unique_ptr<Session> loadSession(const std::string &path) {
  std::vector<uint8_t> bytes;
  try {
    bytes = readFile(path);
  } catch (const UserError &error) {
    throw MlirError(error.what());
  }
  auto session = std::make_unique<Session>();
  ErrorCollector errors(&session->context);
  auto sources = std::make_shared<llvm::SourceMgr>();
  llvm::StringRef text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  if (std::string why = whyNoMlir(text); !why.empty())
    throw MlirError("'" + path + "' " + why);
  sources->AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, path), llvm::SMLoc());
  session->module = parseSourceFile<ModuleOp>(*sources, ParserConfig(&session->context));
  if (!session->module)
    errors.raise("'" + path + "' is no MLIR module");
  if (!(*session->module)->hasAttr("module.state"))
    throw MlirError("'" + path + "' holds no network: its module has no attribute 'module.state'");
  errors.check(session->weights().load(*session->module, folderOf(path)),
               "the weights of '" + path + "' cannot be read");
  return session;
}

void saveSession(Session &session, const std::string &path, const std::optional<std::string> &weightFile) {
  ErrorCollector errors(&session.context);
  if (weightFile)
    errors.check(session.weights().save(*session.module, folderOf(path), *weightFile), "the weights cannot be written");
  std::string text;
  llvm::raw_string_ostream stream(text);
  session.module->print(stream, OpPrintingFlags().enableDebugInfo(true, false));
  stream << "\n";
  try {
    writeFileAtomically(path, text);
  } catch (const UserError &error) {
    throw MlirError(error.what());
  }
}

std::string pipelineOf(const std::vector<PassCall> &passes) {
  std::string text;
  for (const PassCall &call : passes) {
    std::string options;
    for (const auto &[key, value] : call.options)
      options += (options.empty() ? "" : " ") + key + "=" + spellOption(value);
    text += (text.empty() ? "" : ",") + call.name + (options.empty() ? "" : "{" + options + "}");
  }
  return "builtin.module(" + text + ")";
}

void runPasses(const std::string &input, const std::string &output, const std::string &pipeline,
               const std::optional<std::string> &weightFile) {
  registerAllPasses();
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  FailureOr<OpPassManager> parsed = parsePassPipeline(pipeline, stream);
  if (failed(parsed)) {
    std::replace(problem.begin(), problem.end(), '\n', ' ');
    throw MlirError("the pass pipeline cannot be read: " + problem.substr(0, kShownProblem));
  }
  std::unique_ptr<Session> session = loadSession(input);
  {
    ErrorCollector errors(&session->context);
    PassManager manager(&session->context, parsed->getOpAnchorName());
    static_cast<OpPassManager &>(manager) = std::move(*parsed);
    LogicalResult done = manager.run(*session->module);
    if (failed(done) && !errors.refusedOps().empty())
      errors.add(cutAdvice(*session->module, errors.refusedOps()));
    errors.check(done, "the passes failed on '" + input + "'");
  }
  MappedFile::requireWhole();
  if (output.empty())
    return;
  std::optional<std::string> file = weightFile;
  if (!file && session->weights().isDirty())
    file = top::defaultWeightFile(*session->module);
  saveSession(*session, output, file);
}

} // namespace tpu_mlir
