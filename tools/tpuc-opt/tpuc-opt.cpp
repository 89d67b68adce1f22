//===- tpuc-opt.cpp - Passes over a .mlir file ----------------------------===//
// Reads a module and its weight file, runs the passes of the command line and
// prints the module. Where passes made weights that no file holds, they are
// written beside the output. Decides nothing about the passes.
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/InitAll.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"
#include "tpu_mlir/Support/Outputs.h"
#include "tpu_mlir/Support/TextDepth.h"
#include "tpu_mlir/Support/Tool.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Support/ToolUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace {

struct Options {
  cl::opt<std::string> input{cl::Positional, cl::desc("<input .mlir, or - for standard input>"), cl::init("-")};
  cl::opt<std::string> output{"o", cl::desc("file to write, or - for standard output"), cl::init("-")};
  cl::opt<bool> splitInput{"split-input-file",
                           cl::desc("treat the parts between // ----- lines as modules of their own")};
  cl::opt<bool> verifyDiagnostics{"verify-diagnostics", cl::desc("check diagnostics against expected-* comments")};
  PassPipelineCLParser passes{"", "passes to run"};
};

StringRef folderOf(StringRef path) { return path == "-" ? StringRef() : llvm::sys::path::parent_path(path); }

/// Weights that a pass made need a file; the input's own is left alone.
LogicalResult saveNewWeights(ModuleOp module, const Options &options) {
  auto &store = module.getContext()->getLoadedDialect<tpu_mlir::top::TopDialect>()->weights();
  if (!store.isDirty())
    return success();
  std::string file = options.output == "-" ? tpu_mlir::top::defaultWeightFile(module)
                                           : (llvm::sys::path::stem(options.output) + "_weight.npz").str();
  if (auto current = module->getAttrOfType<StringAttr>("module.weight_file"); current && current.getValue() == file)
    file.insert(file.size() - 4, "_fix");
  return store.save(module, folderOf(options.output), file);
}

/// Shows the place in the source unless its line is long: names in it may have thousands of characters.
void printDiagnostic(const llvm::SMDiagnostic &told, void *) {
  constexpr size_t kLongestLine = 400;
  bool isLong = told.getLineContents().size() > kLongestLine;
  if (!told.getSourceMgr())
    return told.print("", llvm::errs());
  llvm::SMDiagnostic(*told.getSourceMgr(), told.getLoc(), told.getFilename(), told.getLineNo(),
                     isLong ? -1 : told.getColumnNo(), told.getKind(), tpu_mlir::shortened(told.getMessage().str()),
                     told.getLineContents(), told.getRanges())
      .print("", llvm::errs());
}

/// Says what concerns no line of a file, and leaves the rest to MLIR, which would print `<unknown>:0` in front of it.
LogicalResult printWithoutPlace(Diagnostic &diagnostic) {
  if (diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
    return failure();
  auto say = [](const Diagnostic &d) {
    const char *kind = d.getSeverity() == DiagnosticSeverity::Error     ? "error: "
                       : d.getSeverity() == DiagnosticSeverity::Warning ? "warning: "
                                                                        : "note: ";
    llvm::errs() << kind << tpu_mlir::shortened(d.str()) << "\n";
  };
  say(diagnostic);
  for (const Diagnostic &note : diagnostic.getNotes())
    say(note);
  return success();
}

/// One module through the passes, onto `out`.
LogicalResult process(std::unique_ptr<llvm::MemoryBuffer> buffer, const DialectRegistry &registry,
                      const Options &options, llvm::raw_ostream &out) {
  if (std::string why = tpu_mlir::whyNoMlir(buffer->getBuffer()); !why.empty()) {
    tpu_mlir::printError("'" + options.input + "' " + why);
    return failure();
  }
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false);

  auto run = [&]() -> LogicalResult {
    OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
    if (!module)
      return failure();
    auto &store = context.getLoadedDialect<tpu_mlir::top::TopDialect>()->weights();
    if ((*module)->hasAttr("module.weight_file") && failed(store.load(*module, folderOf(options.input))))
      return failure();
    PassManager manager(&context, ModuleOp::getOperationName());
    if (failed(applyPassManagerCLOptions(manager)))
      return failure();
    auto report = [&](const Twine &sentence) { return emitError(UnknownLoc::get(&context)) << sentence, failure(); };
    if (failed(options.passes.addToPipeline(manager, report)) || failed(manager.run(*module)) ||
        failed(saveNewWeights(*module, options)))
      return failure();
    module->print(out, OpPrintingFlags().enableDebugInfo(true, false));
    out << "\n";
    return success();
  };
  if (options.verifyDiagnostics) {
    SourceMgrDiagnosticVerifierHandler handler(*sources, &context);
    (void)run();
    return handler.verify();
  }
  sources->setDiagHandler(printDiagnostic);
  SourceMgrDiagnosticHandler handler(*sources, &context);
  ScopedDiagnosticHandler placeless(&context, printWithoutPlace);
  return run();
}

int run(int argc, char **argv) {
  tpu_mlir::registerAllPasses();
  registerAsmPrinterCLOptions();
  registerPassManagerCLOptions();
  Options options;
  cl::SetVersionPrinter([](llvm::raw_ostream &out) { out << tpu_mlir::versionLine("tpuc-opt"); });
  cl::ParseCommandLineOptions(argc, argv, "runs passes over a .mlir file\n");

  DialectRegistry registry;
  tpu_mlir::registerAllDialects(registry);
  std::string problem, text;
  auto input = openInputFile(options.input, &problem);
  if (!input)
    throw tpu_mlir::UserError(problem);
  // The parser takes a file without text for a module without ops; it is rather one that was cut off.
  if (input->getBuffer().trim().empty())
    throw tpu_mlir::UserError("'" + options.input + "' is empty");
  // The parser would quote the line, whatever it holds.
  if (input->getBuffer().take_front(256).contains('\0'))
    throw tpu_mlir::UserError("'" + options.input + "' is a binary file, not MLIR text");
  auto each = [&](std::unique_ptr<llvm::MemoryBuffer> chunk, llvm::raw_ostream &out) {
    return process(std::move(chunk), registry, options, out);
  };
  // The output may be the input, which is then edited in place: nothing is written before all of it is read.
  llvm::raw_string_ostream out(text);
  tpu_mlir::checkOutputs({{"-o", options.output, ".mlir"}}, {});
  LogicalResult done = options.splitInput ? splitAndProcessBuffer(std::move(input), each, out, "// -----", "// -----")
                                          : each(std::move(input), out);
  if (failed(done))
    return tpu_mlir::kExitUserError;
  if (options.output != "-")
    tpu_mlir::writeFileAtomically(options.output, std::string_view(text));
  else
    tpu_mlir::printOut(text);
  return tpu_mlir::kExitDone;
}

} // namespace

int main(int argc, char **argv) {
  return tpu_mlir::runTool([&] { return run(argc, argv); });
}
