//===- TextDepthTest.cpp - How deep a text nests --------------------------===//
// Deep texts are refused before a parser that calls itself sees them; ordinary
// ones, whatever their strings and comments hold, are not.

#include "tpu_mlir/Support/TextDepth.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;

namespace {

std::string times(const std::string &text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i)
    all += text;
  return all;
}

TEST(TextDepth, JsonOfManyBracketsIsRefused) {
  EXPECT_EQ(whyNoJson("{\"groups\": [" + times("[", 254) + times("]", 254) + "]}"), "");
  EXPECT_EQ(whyNoJson("{\n\"groups\": " + times("[", 50000)),
            "nests deeper than the 256 levels that are read (line 2)");
  EXPECT_NE(whyNoJson(times("{\"a\":", 50000)), "");
  EXPECT_EQ(whyNoJson("\"" + times("[", 50000) + "\\\"" + times("{", 50000) + "\""), "");
  EXPECT_EQ(whyNoJson(times("[],{},", 50000)), "");
}

TEST(TextDepth, MlirOfManyBracketsIsRefused) {
  for (const char *bracket : {"[", "(", "{", "tensor<", "loc(\"a\"(", "({ "})
    EXPECT_NE(whyNoMlir("\n" + times(bracket, 50000)).find("(line 2)"), std::string::npos) << bracket;
  EXPECT_EQ(whyNoMlir(times("%0 = \"a\"() ({ }) {x = [1 : i64], y = \"[[[[\"} : () -> tensor<1xf32> // ((((\n", 999)),
            "");
}

TEST(TextDepth, ArrowsAndComparisonsAreNoBrackets) {
  EXPECT_EQ(whyNoMlir(times("() -> () ", 1000) + times("a >= b <= c ", 1000)), "");
}

TEST(TextDepth, ChainsOfAliasesAreRefused) {
  auto chain = [](int count, const std::string &first, const std::string &open, const std::string &close) {
    std::string text = "#a0 = " + first + "\n";
    for (int i = 1; i < count; ++i)
      text += "#a" + std::to_string(i) + " = " + open + "#a" + std::to_string(i - 1) + close + "\n";
    return text;
  };
  EXPECT_NE(whyNoMlir(chain(50000, "[]", "[", "]")), "");
  EXPECT_NE(whyNoMlir(chain(50000, "loc(unknown)", "loc(\"x\"(", "))")), "");
  EXPECT_NE(whyNoMlir(chain(300, "loc(unknown)", "", "")), "");
  EXPECT_EQ(whyNoMlir(chain(200, "[]", "[", "]")), "");
  EXPECT_EQ(whyNoMlir("#a = [#b]\n#b = [#a]\n"), "") << "a circle is the parser's to refuse";
  std::string wide;
  for (int i = 0; i < 5000; ++i)
    wide += "#loc" + std::to_string(i) + " = loc(\"x" + std::to_string(i) + "\")\n";
  EXPECT_EQ(whyNoMlir(wide + "module { " + times("loc(#loc7) ", 1000) + "}"), "");
}

TEST(TextDepth, LongAffineExpressionsAreRefused) {
  EXPECT_NE(whyNoMlir("affine_map<(d0) -> (" + times("-", 50000) + "d0)>"), "");
  EXPECT_NE(whyNoMlir("affine_map<(d0) -> (d0" + times(" mod 2", 50000) + ")>"), "");
  EXPECT_EQ(whyNoMlir("affine_map<(d0) -> (-d0)>, array<i64: 1" + times(", -1", 50000) + ">"), "");
}

TEST(TextDepth, BytecodeIsRefused) { EXPECT_NE(whyNoMlir("ML\xefR\x01"), ""); }

} // namespace
