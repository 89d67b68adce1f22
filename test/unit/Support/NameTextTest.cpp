//===- NameTextTest.cpp - Names of tensors inside text --------------------===//
// Any name is found again in the text that was made of it, and two names never
// become one.

#include "tpu_mlir/Support/NameText.h"
#include "TempFolder.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"
#include "tpu_mlir/Support/Outputs.h"

#include <gtest/gtest.h>
#include <random>
#include <unistd.h>

using namespace tpu_mlir;

namespace {

/// What a CSV reader makes of one cell. Source: RFC 4180.
std::string readCell(const std::string &cell) {
  if (cell.empty() || cell[0] != '"')
    return cell;
  std::string text;
  for (size_t i = 1; i + 1 < cell.size(); ++i) {
    text += cell[i];
    i += cell[i] == '"';
  }
  return text;
}

TEST(NameText, AnyNameIsFoundAgain) {
  const std::vector<std::string> letters = {"a", "B",  "#",  "\"", "\\", " ",  "\n",           "\r",      "\t",
                                            ",", "\f", "\v", "'",  "é",  "漢", "\xe2\x80\xa8", "\xc2\x85"};
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    std::string name;
    for (size_t n = 1 + random() % 6; n; --n)
      name += letters[random() % letters.size()];
    EXPECT_EQ(readCell(csvCell(name)), name);
    std::string word = nameWord(name);
    EXPECT_EQ(word.find_first_of("\n\r\v\f\t"), word.npos) << word;
    if (word[0] != '"') {
      EXPECT_EQ(word, name);
      EXPECT_EQ(word.find(' '), word.npos);
      continue;
    }
    std::string line = word + " 1 2";
    auto found = readQuotedName(line);
    ASSERT_TRUE(found) << word;
    EXPECT_EQ(found->name, name);
    EXPECT_EQ(found->rest, " 1 2");
  }
}

TEST(NameText, OrdinaryNamesStayPlain) {
  for (const char *name : {"conv1", "a/b:c.d", "x,y;z", "größe", "a\"b", "back\\slash"})
    EXPECT_EQ(nameWord(name), name);
  EXPECT_EQ(nameWord("input image"), "\"input image\"");
  EXPECT_EQ(quotedName("input image"), "'input image'");
  EXPECT_EQ(quotedName("two\nlines"), "\"two\\nlines\"");
}

TEST(NameText, WhatIsNoQuotedNameIsNone) {
  for (const char *line : {"", "a", "\"", "\"a", "\"a\"b", "\"\\\"", "\"\\q\" 1", "{}"})
    EXPECT_FALSE(readQuotedName(line)) << line;
}

std::string refusal(const std::vector<NamedPath> &outputs, const std::vector<NamedPath> &inputs) {
  try {
    checkOutputs(outputs, inputs);
  } catch (const UserError &e) {
    return e.what();
  }
  return "";
}

TEST(Outputs, AreComparedByFile) {
  test::TempFolder folder;
  std::string a = folder.file("a"), link = folder.file("link"), hard = folder.file("hard");
  writeFileAtomically(a, "a");
  ASSERT_EQ(::symlink("a", link.c_str()), 0);
  ASSERT_EQ(::link(a.c_str(), hard.c_str()), 0);
  for (const std::string &other : {a, link, folder.file("./a")})
    EXPECT_NE(refusal({{"-o", other, ""}}, {{"-i", a, ""}}).find("would replace an input"), std::string::npos);
  EXPECT_EQ(refusal({{"-o", hard, ""}}, {{"-i", a, ""}}), ""); // another name of the file, which stays
  EXPECT_NE(refusal({{"-o", folder.file("n"), ""}, {"-p", folder.file("./n"), ""}}, {}).find("are one file"),
            std::string::npos);
  EXPECT_EQ(refusal({{"-o", folder.file("n"), ""}, {"-p", "", ""}}, {{"-i", a, ""}, {"-j", "-", ""}}), "");
  EXPECT_EQ(refusal({{"-o", "/dev/null", ""}}, {{"-i", "/dev/null", ""}}), "");
}

TEST(Outputs, HaveTheSuffixOfTheirKind) {
  EXPECT_NE(refusal({{"-o", "x.bmodel", ".npz"}}, {}).find("a compiled model"), std::string::npos);
  EXPECT_NE(refusal({{"-o", "x.NPZ", ""}}, {}).find("named tensors"), std::string::npos);
  EXPECT_EQ(refusal({{"-o", "x.json", ".csv .json"}, {"-p", "x.txt", ""}}, {}), "");
}

TEST(Files, ALinkToNothingYetIsFollowed) {
  test::TempFolder folder;
  std::string link = folder.file("link");
  ASSERT_EQ(::symlink("to come", link.c_str()), 0);
  writeFileAtomically(link, "x");
  char target[16] = {};
  ASSERT_GT(::readlink(link.c_str(), target, sizeof target - 1), 0);
  EXPECT_STREQ(target, "to come");
  EXPECT_EQ(readFile(folder.file("to come")).size(), 1u);
}

} // namespace
