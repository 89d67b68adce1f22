//===- GroupText.cpp - What a file of layer groups says -------------------===//
// A key of the wrong type, or one that is unknown, is refused rather than passed
// over: a user who writes "slice" for "slices" wants to be told.
#include "tpu_mlir/Dialect/Tpu/Transforms/GroupText.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/TextDepth.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

namespace json = llvm::json;

namespace tpu_mlir::tpu {
namespace {

constexpr const char *kSource = "; model_deploy.py --dump-groups writes such a file";

class TextReader {
public:
  explicit TextReader(const std::string &path) : path(path) {}

  WrittenGroups read(std::string_view text) {
    if (std::string why = whyNoJson(text); !why.empty())
      fail(why + kSource);
    llvm::Expected<json::Value> parsed = json::parse(llvm::StringRef(text.data(), text.size()));
    if (!parsed) {
      llvm::consumeError(parsed.takeError());
      fail(std::string("holds no layer groups: it is not JSON") + kSource);
    }
    const json::Object *root = parsed->getAsObject();
    if (!root)
      fail("holds no layer groups: it is " + kindOf(&*parsed) + ", not an object with a list 'groups'" + kSource);
    if (!root->getArray("groups"))
      fail("holds no layer groups: its 'groups' is " + kindOf(root->get("groups")) + ", not a list" + kSource);
    where = "";
    requireKnown(*root, {"version", "local_memory_bytes", "scratch_banks", "estimated_cycles", "groups"});
    WrittenGroups found;
    if (integer(*root, "version", 1) != 1)
      fail("has version " + std::to_string(integer(*root, "version", 1)) + "; version 1 is read");
    found.scratchBanks = integer(*root, "scratch_banks", 1);
    for (const json::Value &v : *root->getArray("groups")) {
      where = " in group " + std::to_string(found.groups.size());
      found.groups.push_back(group(v));
    }
    return found;
  }

private:
  [[noreturn]] void fail(const std::string &what) { throw UserError("group file '" + path + "' " + what); }
  [[noreturn]] void failType(llvm::StringRef key, const json::Value *found, const char *wanted) {
    fail("has " + kindOf(found) + " as '" + key.str() + "'" + where + "; expected " + wanted);
  }

  static std::string kindOf(const json::Value *v) {
    if (!v)
      return "nothing";
    switch (v->kind()) {
    case json::Value::Null:
      return "null";
    case json::Value::Boolean:
      return *v->getAsBoolean() ? "true" : "false";
    case json::Value::Number:
      return "the number " + llvm::formatv("{0}", *v).str();
    case json::Value::String:
      return "a text";
    case json::Value::Array:
      return "a list";
    case json::Value::Object:
      return "an object";
    }
    return "nothing";
  }

  void requireKnown(const json::Object &object, llvm::ArrayRef<llvm::StringRef> known) {
    for (const auto &entry : object)
      if (!llvm::is_contained(known, llvm::StringRef(entry.first)))
        fail("has an unknown key '" + entry.first.str() + "'" + where + "; known: " + llvm::join(known, ", "));
  }

  int64_t integer(const json::Object &object, llvm::StringRef key, int64_t otherwise) {
    const json::Value *v = object.get(key);
    if (v && !v->getAsInteger())
      failType(key, v, "a whole number");
    return v ? *v->getAsInteger() : otherwise;
  }

  std::vector<std::string> names(const json::Object &object, llvm::StringRef key) {
    std::vector<std::string> found;
    const json::Value *v = object.get(key);
    if (v && !v->getAsArray())
      failType(key, v, "a list of names");
    if (v)
      for (const json::Value &name : *v->getAsArray()) {
        if (!name.getAsString())
          fail("has " + kindOf(&name) + " in the list '" + key.str() + "'" + where + "; expected names of ops");
        found.push_back(name.getAsString()->str());
      }
    return found;
  }

  WrittenGroup group(const json::Value &v) {
    const json::Object *object = v.getAsObject();
    if (!object)
      fail("has " + kindOf(&v) + where + "; expected an object with a list 'ops'");
    requireKnown(*object, {"id", "ops", "alone", "slices", "keeps_weights", "joined", "stored", "compute_cycles"});
    WrittenGroup g;
    g.ops = names(*object, "ops");
    if (g.ops.empty())
      fail("has no 'ops'" + where);
    g.joined = names(*object, "joined");
    g.stored = names(*object, "stored");
    if (const json::Value *alone = object->get("alone")) {
      if (!alone->getAsString())
        failType("alone", alone, "a text: why the op runs by itself");
      g.alone = alone->getAsString()->str();
      if (g.ops.size() > 1)
        fail("has several ops" + where + ", which is 'alone'");
    }
    if (const json::Value *keeps = object->get("keeps_weights")) {
      if (!keeps->getAsBoolean())
        failType("keeps_weights", keeps, "true or false");
      g.keepsWeights = *keeps->getAsBoolean();
    }
    if (const json::Value *slices = object->get("slices")) {
      if (!slices->getAsObject())
        failType("slices", slices, "an object with the numbers 'n', 'h' and 'w'");
      const json::Object &axes = *slices->getAsObject();
      requireKnown(axes, {"n", "h", "w"});
      g.hasSlices = true;
      g.n = integer(axes, "n", 1), g.h = integer(axes, "h", 1), g.w = integer(axes, "w", 1);
    }
    if (std::min({g.n, g.h, g.w}) < 1 || std::max({g.n, g.h, g.w}) > kMostSlices)
      fail("has " + std::to_string(g.n) + " x " + std::to_string(g.h) + " x " + std::to_string(g.w) + " slices" +
           where + "; 1 to " + std::to_string(kMostSlices) + " of each are possible");
    return g;
  }

  const std::string &path;
  std::string where; ///< " in group 3"
};

} // namespace

WrittenGroups readGroupText(std::string_view text, const std::string &path) { return TextReader(path).read(text); }

} // namespace tpu_mlir::tpu
