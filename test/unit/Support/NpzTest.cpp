//===- NpzTest.cpp - Named arrays in numpy's container --------------------===//
// Round trips of every element type, files as other programs write them, and
// the sentences for what is refused.

#include "tpu_mlir/Support/Npz.h"
#include "TempFolder.h"
#include "ZipBuilder.h"
#include "tpu_mlir/Support/Error.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

class Npz : public ::testing::Test {
protected:
  std::string put(const std::string &bytes) {
    writeFileAtomically(folder.file("f.npz"), bytes);
    return folder.file("f.npz");
  }
  std::string sentence(const std::string &bytes) {
    std::string path = put(bytes);
    try {
      NpzFile file(path);
    } catch (const UserError &e) {
      std::string text = e.what();
      size_t at = text.find(path);
      return at == text.npos ? text : text.replace(at, path.size(), "F");
    }
    return "no error";
  }
  TempFolder folder;
};

const std::string kDict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
std::string floats(std::initializer_list<float> values) {
  std::string s;
  for (float v : values)
    s += le(v);
  return s;
}

TEST_F(Npz, RoundTripsEveryType) {
  std::string path = folder.file("all.npz");
  std::vector<uint8_t> data(5 * 3 * 8);
  std::iota(data.begin(), data.end(), 0);
  int64_t shape[] = {5, 1, 3};
  {
    NpzWriter writer(path);
    for (int t = 0; t <= int(NpyType::F64); ++t)
      writer.add(std::string("long_name_").substr(0, size_t(t) % 11) + name(NpyType(t)), NpyType(t), shape,
                 data.data());
    writer.add("scalar", NpyType::F64, {}, data.data());
    int64_t empty[] = {4, 0};
    writer.add("empty", NpyType::I8, empty, nullptr);
    writer.finish();
  }
  NpzFile file(path);
  ASSERT_EQ(file.arrays().size(), size_t(NpyType::F64) + 3);
  for (int t = 0; t <= int(NpyType::F64); ++t) {
    const NpzArray &a = file.arrays()[size_t(t)];
    EXPECT_EQ(a.type, NpyType(t));
    EXPECT_EQ(a.shape, (std::vector<int64_t>{5, 1, 3}));
    EXPECT_EQ(a.bytes, size_t(15 * byteSize(NpyType(t))));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(a.data) % 64, 0u);
    EXPECT_EQ(std::memcmp(a.data, data.data(), a.bytes), 0);
  }
  EXPECT_EQ(file.get("scalar").count(), 1);
  EXPECT_TRUE(file.get("scalar").shape.empty());
  EXPECT_EQ(file.get("empty").count(), 0);
  EXPECT_EQ(file.find("absent"), nullptr);
}

TEST_F(Npz, DataLiesAlignedInTheFileAndBytesAreReproducible) {
  auto write = [&](const std::string &name) {
    NpzWriter writer(folder.file(name));
    for (int i = 0; i < 70; ++i) { // names of every length modulo 64
      float value = float(i) + 0.5f;
      int64_t shape[] = {1};
      writer.add(std::string(size_t(i) + 1, 'n'), NpyType::F32, shape, &value);
    }
    writer.finish();
    auto bytes = readFile(folder.file(name));
    return std::string(bytes.begin(), bytes.end());
  };
  std::string first = write("a.npz");
  EXPECT_EQ(first, write("b.npz"));
  for (int i = 0; i < 70; ++i) {
    size_t at = first.find(le(float(i) + 0.5f));
    ASSERT_NE(at, first.npos);
    EXPECT_EQ(at % 64, 0u) << i;
  }
}

TEST_F(Npz, ReadsForeignFiles) {
  std::string data = floats({1, 2, 3, 4, 5, 6});
  std::string fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }";
  NpzFile file(put(ZipBuilder()
                       .add("stored.npy", npy(kDict, data))
                       .add("deflated.npy", npy(kDict, data), true)
                       .add("v2.npy", npy(kDict, data, 2))
                       .add("v3.npy", npy("{\"shape\":(6,),\"descr\":\"<f4\",\"fortran_order\":False}\n", data, 3))
                       .add("py2.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }", data))
                       .add("fortran.npy", npy(fortran, floats({1, 4, 2, 5, 3, 6})))
                       .add("readme.txt", "not an array")
                       .bytes()));
  EXPECT_EQ(file.arrays().size(), 6u);
  for (const NpzArray &a : file.arrays()) {
    ASSERT_EQ(a.count(), 6) << a.name;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(a.data) % 64, 0u);
    for (int i = 0; i < 6; ++i)
      EXPECT_EQ(a.as<float>()[i], float(i + 1)) << a.name;
  }
}

TEST_F(Npz, ConvertsToFloat) {
  auto one = [&](const char *descr, const std::string &data) {
    NpzFile file(put(
        ZipBuilder()
            .add("x.npy", npy(std::string("{'descr': '") + descr + "', 'fortran_order': False, 'shape': (2,)}", data))
            .bytes()));
    float out[2];
    toFloat(file.get("x"), out);
    return std::pair(out[0], out[1]);
  };
  EXPECT_EQ(one("<f2", le(uint16_t(0x3c01)) + le(uint16_t(0x8001))), std::pair(1.0009765625f, -0x1p-24f));
  EXPECT_EQ(one("<f2", le(uint16_t(0x7bff)) + le(uint16_t(0xfc00))), std::pair(65504.0f, -INFINITY));
  EXPECT_EQ(one("|i1", "\x80\x7f"), std::pair(-128.0f, 127.0f));
  EXPECT_EQ(one("|b1", std::string("\0\1", 2)), std::pair(0.0f, 1.0f));
  EXPECT_EQ(one("<i8", le(int64_t(-3)) + le(int64_t(1) << 40)), std::pair(-3.0f, 0x1p40f));
  EXPECT_EQ(one("<f8", le(0.1) + le(-2.0)), std::pair(0.1f, -2.0f));
}

TEST_F(Npz, NamesWhatItRefuses) {
  std::string data = floats({1, 2, 3, 4, 5, 6});
  auto member = [&](const std::string &content) { return sentence(ZipBuilder().add("x.npy", content).bytes()); };
  EXPECT_EQ(sentence(""), "'F' is not a complete npz file: it is too short to hold a zip directory");
  EXPECT_EQ(sentence(std::string(1000, 'z')),
            "'F' is not a complete npz file: it has no zip directory (cut off, or not an npz at all)");
  EXPECT_EQ(member("hello"), "'F': member 'x.npy' is not a .npy array");
  EXPECT_EQ(member(npy(kDict, data, 7)), "'F': member 'x.npy' has .npy version 7; versions 1 to 3 are read");
  EXPECT_EQ(member(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (6,)}", data)),
            "'F': member 'x.npy' has elements of type '>f4'; read are bool, (u)int8 to (u)int64, float16, float32 and "
            "float64, little-endian");
  EXPECT_EQ(member(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}", data)),
            "'F': member 'x.npy' has elements of a structured type; only plain numbers are read");
  EXPECT_EQ(member(npy("{'descr': '<f4', 'shape': (6,)}", data)),
            "'F': member 'x.npy' has a .npy header that cannot be parsed");
  EXPECT_EQ(member(npy(kDict, data + "x")),
            "'F': member 'x.npy' holds 25 bytes of data where its shape and type need 24");
  std::string huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}";
  EXPECT_EQ(member(npy(huge, data)),
            "'F': member 'x.npy' holds 24 bytes of data where its shape and type need 18446744073709551615");
  EXPECT_EQ(
      sentence(ZipBuilder().add("x.npy", npy(kDict, data), false, 12).bytes()),
      "'F' is not a complete npz file: member 'x.npy' is compressed by method 12; only stored and deflate are read");
  EXPECT_EQ(sentence(ZipBuilder().add("x.npy", npy(kDict, data)).add("x.npy", npy(kDict, data)).bytes()),
            "'F' is not a complete npz file: it holds two arrays named 'x'");
  std::string damaged = ZipBuilder().add("x.npy", npy(kDict, data)).bytes();
  damaged[110] ^= 1;
  EXPECT_EQ(sentence(damaged), "'F' is not a complete npz file: the checksum of member 'x.npy' is wrong");
}

TEST_F(Npz, SuggestsCloseNames) {
  NpzFile file(put(ZipBuilder()
                       .add("conv1_Conv.npy", npy(kDict, floats({1, 2, 3, 4, 5, 6})))
                       .add("output_Gemm.npy", npy(kDict, floats({1, 2, 3, 4, 5, 6})))
                       .bytes()));
  try {
    file.get("output_gem");
    FAIL();
  } catch (const UserError &e) {
    EXPECT_EQ(std::string(e.what()), "'" + file.path() +
                                         "' has no array 'output_gem'; of its 2 the closest are "
                                         "'output_Gemm', 'conv1_Conv'");
  }
}

TEST_F(Npz, WriterRefusesTwoArraysOfOneName) {
  NpzWriter writer(folder.file("w.npz"));
  int64_t shape[] = {1};
  float v = 0;
  writer.add("a", NpyType::F32, shape, &v);
  EXPECT_THROW(writer.add("a", NpyType::F32, shape, &v), UserError);
}

TEST_F(Npz, UnfinishedWriterLeavesNothing) {
  {
    NpzWriter writer(folder.file("w.npz"));
    int64_t shape[] = {1};
    float v = 0;
    writer.add("a", NpyType::F32, shape, &v);
  }
  EXPECT_EQ(folder.entries(), 0u);
}

} // namespace
