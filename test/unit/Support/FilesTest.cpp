//===- FilesTest.cpp - Whole files in, whole files out --------------------===//
// A written file appears complete or not at all, and every refusal of the file
// system is one sentence.

#include "tpu_mlir/Support/Files.h"
#include "Sentence.h"
#include "TempFolder.h"
#include "tpu_mlir/Support/Error.h"

#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace tpu_mlir;
using test::sentenceOf;

namespace {

std::string textOf(const std::string &path) {
  auto bytes = readFile(path);
  return {bytes.begin(), bytes.end()};
}

TEST(Files, WritesReplacesAndReads) {
  test::TempFolder folder;
  std::string path = folder.file("a.txt");
  writeFileAtomically(path, "first");
  EXPECT_EQ(textOf(path), "first");
  writeFileAtomically(path, std::string(1 << 20, 'x'));
  EXPECT_EQ(textOf(path), std::string(1 << 20, 'x'));
  writeFileAtomically(path, "");
  EXPECT_EQ(textOf(path), "");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(Files, UncommittedFileLeavesTheOldOneAlone) {
  test::TempFolder folder;
  std::string path = folder.file("a.txt");
  writeFileAtomically(path, "old");
  {
    AtomicFile file(path);
    file.write("new", 3);
    EXPECT_EQ(file.offset(), 3u);
  }
  EXPECT_EQ(textOf(path), "old");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(Files, ReplacesBehindASymbolicLink) {
  test::TempFolder folder;
  writeFileAtomically(folder.file("real"), "old");
  ASSERT_EQ(::symlink("real", folder.file("link").c_str()), 0);
  writeFileAtomically(folder.file("link"), "new");
  EXPECT_EQ(textOf(folder.file("real")), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
}

TEST(Files, FullDiskIsASentence) {
  EXPECT_EQ(sentenceOf([] { writeFileAtomically("/dev/full", "x"); }),
            "cannot write '/dev/full': No space left on device");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST(Files, UnreadableAndUnwritablePathsAreSentences) {
  test::TempFolder folder;
  std::string absent = folder.file("absent"), below = folder.file("absent/file"), here = folder.file("");
  EXPECT_EQ(sentenceOf([&] { readFile(absent); }), "cannot read '" + absent + "': No such file or directory");
  EXPECT_EQ(sentenceOf([&] { readFile(here); }), "cannot read '" + here + "': Is a directory");
  EXPECT_EQ(sentenceOf([&] { MappedFile file(absent); }), "cannot read '" + absent + "': No such file or directory");
  EXPECT_EQ(sentenceOf([&] { MappedFile file("/dev/null"); }), "cannot map '/dev/null': it is not a regular file");
  EXPECT_EQ(sentenceOf([&] { writeFileAtomically(below, "x"); }),
            "cannot write '" + below + "': No such file or directory");
  EXPECT_EQ(sentenceOf([&] { writeFileAtomically(here, "x"); }), "cannot write '" + here + "': Is a directory");
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(Files, ReleasedPartsAreReadAgain) {
  test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 1 << 20; ++i)
    text += char(i * 7 + (i >> 8));
  std::span<const uint8_t> wanted(reinterpret_cast<const uint8_t *>(text.data()), text.size());
  writeFileAtomically(folder.file("a"), text);
  MappedFile fromFile(folder.file("a")), fromMemory = MappedFile::spilled(wanted);
  for (const MappedFile *file : {&fromFile, &fromMemory}) {
    ASSERT_EQ(file->bytes().size(), text.size());
    for (size_t begin : {size_t(0), size_t(1), size_t(4096), size_t(70001)}) {
      file->release(file->bytes().subspan(begin, 500000));
      EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), file->bytes().begin()));
    }
    file->release({});
  }
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(Files, OneFileHasTwoNames) {
  test::TempFolder folder;
  writeFileAtomically(folder.file("a"), "first");
  writeFileAtomically(folder.file("b"), "old");
  EXPECT_TRUE(linkFile(folder.file("a"), folder.file("b")));
  EXPECT_TRUE(linkFile(folder.file("a"), folder.file("c")));
  EXPECT_EQ(textOf(folder.file("b")), "first");
  EXPECT_FALSE(linkFile(folder.file("a"), folder.file("b"))); // as it is
  EXPECT_FALSE(linkFile(folder.file("none"), folder.file("b")));
  EXPECT_EQ(folder.entries(), 3u);
  // Whoever writes one of them the usual way leaves the other.
  writeFileAtomically(folder.file("a"), "second");
  EXPECT_EQ(textOf(folder.file("b")), "first");
  std::filesystem::create_symlink(folder.file("a"), folder.file("link"));
  EXPECT_FALSE(linkFile(folder.file("c"), folder.file("link")));
}

TEST(Files, MapsAndMovesTheMapping) {
  test::TempFolder folder;
  writeFileAtomically(folder.file("a"), "abc");
  MappedFile first(folder.file("a"));
  MappedFile second(std::move(first));
  EXPECT_TRUE(first.bytes().empty());
  ASSERT_EQ(second.bytes().size(), 3u);
  EXPECT_EQ(second.bytes()[1], 'b');
  writeFileAtomically(folder.file("e"), "");
  EXPECT_TRUE(MappedFile(folder.file("e")).bytes().empty());
}

} // namespace
