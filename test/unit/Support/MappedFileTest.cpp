//===- MappedFileTest.cpp - Files that change while they are read ---------===//
// A file that is cut short under its reader is a sentence, however large it is,
// and nothing that was computed from it is published.

#include "Sentence.h"
#include "TempFolder.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"

#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace tpu_mlir;
using test::sentenceOf;

namespace {

/// Larger than what is copied; most of it is a hole.
std::string largeFile(const test::TempFolder &folder) {
  std::string path = folder.file("large");
  writeFileAtomically(path, "begin");
  std::filesystem::resize_file(path, size_t(80) << 20);
  return path;
}

TEST(MappedFile, SmallFilesAreCopies) {
  test::TempFolder folder;
  std::string path = folder.file("small");
  writeFileAtomically(path, std::string(100000, 'x'));
  MappedFile file(path);
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(file.bytes()[99999], 'x');
  EXPECT_EQ(sentenceOf([] { MappedFile::requireWhole(); }), "no error");
}

TEST(MappedFile, WhatIsCutOffIsNoticed) {
  test::TempFolder folder;
  std::string path = largeFile(folder), result = folder.file("result");
  MappedFile file(path);
  std::filesystem::resize_file(path, 4096);
  EXPECT_EQ(file.bytes()[0], 'b');
  EXPECT_EQ(file.bytes()[size_t(70) << 20], 0) << "zeros in the place of what is gone";
  std::string why = "'" + path + "' was cut short while it was read; run again when nothing writes to it";
  EXPECT_EQ(sentenceOf([&] { writeFileAtomically(result, "computed from zeros"); }), why);
  EXPECT_FALSE(std::filesystem::exists(result));
}

TEST(MappedFile, ClosingATornFileDoesNotHideIt) {
  test::TempFolder folder;
  std::string path = largeFile(folder);
  {
    MappedFile file(path);
    std::filesystem::resize_file(path, 0);
    EXPECT_EQ(file.bytes()[0], 0);
  }
  EXPECT_NE(sentenceOf([] { MappedFile::requireWhole(); }), "no error");
  EXPECT_EQ(sentenceOf([] { MappedFile::requireWhole(); }), "no error") << "said once";
}

TEST(MappedFile, APipeIsRefusedAtOnce) {
  test::TempFolder folder;
  std::string path = folder.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(sentenceOf([&] { MappedFile file(path); }), "cannot map '" + path + "': it is not a regular file");
}

} // namespace
