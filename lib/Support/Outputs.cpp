//===- Outputs.cpp - What a tool may write to -----------------------------===//
// Compares files by what the system says they are, so that links and other
// spellings of a path count. Devices and pipes are written to, never replaced,
// and so are the same for nobody.

#include "tpu_mlir/Support/Outputs.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>

namespace tpu_mlir {

namespace {

struct Kind {
  const char *suffix, *holds;
};

constexpr Kind kKinds[] = {
    {".onnx", "an ONNX model"}, {".mlir", "a network in MLIR"}, {".bmodel", "a compiled model"},
    {".npz", "named tensors"},  {".npy", "a tensor"},           {".html", "a page"},
    {".json", "JSON"},          {".jpg", "a picture"},          {".jpeg", "a picture"},
    {".jfif", "a picture"},     {".png", "a picture"},          {".bmp", "a picture"},
};

bool isFile(const std::string &path) { return !path.empty() && path != "-"; }

void checkSuffix(const NamedPath &output) {
  std::string suffix = std::filesystem::path(output.path).extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const Kind &kind : kKinds)
    if (suffix == kind.suffix && (" " + output.suffixes + " ").find(" " + suffix + " ") == std::string::npos)
      throw UserError(output.flag + " '" + output.path + "' has the suffix of another kind of file (" + kind.holds +
                      "); its name must " +
                      (output.suffixes.empty() ? "have another suffix, or none"
                                               : "end in " + output.suffixes.substr(0, output.suffixes.find(' '))));
}

/// Whether writing `a` would change `b`. A file is replaced by rename, which leaves its other names what they were.
bool isSame(const std::string &a, const std::string &b) {
  struct stat left, right;
  bool hasLeft = ::stat(a.c_str(), &left) == 0, hasRight = ::stat(b.c_str(), &right) == 0;
  if (hasLeft && !S_ISREG(left.st_mode))
    return false;
  if (hasLeft && hasRight && left.st_nlink == 1 && left.st_dev == right.st_dev && left.st_ino == right.st_ino)
    return true;
  return behindLinks(a) == behindLinks(b);
}

} // namespace

void checkOutputs(const std::vector<NamedPath> &outputs, const std::vector<NamedPath> &inputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const NamedPath &output = outputs[i];
    if (!isFile(output.path))
      continue;
    checkSuffix(output);
    for (const NamedPath &input : inputs)
      if (isFile(input.path) && isSame(output.path, input.path))
        throw UserError(output.flag + " '" + output.path + "' would replace an input of this run (" + input.flag +
                        " '" + input.path + "'); give it a name of its own");
    for (size_t k = 0; k < i; ++k)
      if (isFile(outputs[k].path) && isSame(output.path, outputs[k].path))
        throw UserError(output.flag + " '" + output.path + "' and " + outputs[k].flag + " '" + outputs[k].path +
                        "' are one file; give each a name of its own");
  }
}

} // namespace tpu_mlir
