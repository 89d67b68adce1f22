//===- NpzFuzzTest.cpp - Broken npz files are sentences, never crashes ----===//
// Seeded mutations of small valid files: flipped bytes, cuts, copied and
// overwritten ranges, interesting numbers. A mutated file is either read, with
// all its data accessible, or refused by a UserError. Meant to run under ASan.

#include "TempFolder.h"
#include "ZipBuilder.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Npz.h"

#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

std::string ownFile(const TempFolder &folder) {
  NpzWriter writer(folder.file("own.npz"));
  int64_t shape[] = {2, 3};
  float data[6] = {1, 2, 3, 4, 5, 6};
  writer.add("a", NpyType::F32, shape, data);
  writer.add("bee", NpyType::I16, shape, data);
  writer.finish();
  auto bytes = readFile(folder.file("own.npz"));
  return {bytes.begin(), bytes.end()};
}

std::string foreignFile() {
  std::string dict = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }";
  return ZipBuilder()
      .add("x.npy", npy(dict, std::string(24, 'q')), true)
      .add("y.npy", npy(dict, std::string(24, 'r')))
      .bytes();
}

/// Zip64 as numpy writes it when it streams: sizes only in the extra field.
std::string zip64File() {
  std::string content = npy("{'descr': '|i1', 'fortran_order': False, 'shape': (4,), }", "abcd");
  uint32_t crc = uint32_t(crc32(0, reinterpret_cast<const Bytef *>(content.data()), uInt(content.size())));
  std::string common =
      le(uint16_t(45)) + le(uint32_t(0)) + le(uint32_t(0)) + le(crc) + le(~0u) + le(~0u) + le(uint16_t(5));
  std::string local = le(0x04034b50u) + common + le(uint16_t(0)) + "z.npy" + content;
  std::string extra = le(uint16_t(1)) + le(uint16_t(24)) + le(uint64_t(content.size())) + le(uint64_t(content.size())) +
                      le(uint64_t(0));
  std::string entry = le(0x02014b50u) + le(uint16_t(45)) + common + le(uint16_t(extra.size())) + le(uint16_t(0)) +
                      le(uint16_t(0)) + le(uint16_t(0)) + le(0u) + le(~0u) + "z.npy" + extra;
  std::string end = le(0x06064b50u) + le(uint64_t(44)) + le(uint16_t(45)) + le(uint16_t(45)) + le(uint64_t(0)) +
                    le(uint64_t(1)) + le(uint64_t(1)) + le(uint64_t(entry.size())) + le(uint64_t(local.size()));
  std::string locator = le(0x07064b50u) + le(0u) + le(uint64_t(local.size() + entry.size())) + le(1u);
  return local + entry + end + locator + le(0x06054b50u) + le(0u) + le(uint16_t(0xffff)) + le(uint16_t(0xffff)) +
         le(~0u) + le(~0u) + le(uint16_t(0));
}

void mutate(std::string &bytes, std::mt19937 &random) {
  auto below = [&](size_t n) { return size_t(random() % std::max<size_t>(n, 1)); };
  static constexpr uint64_t kNumbers[] = {0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, 1ull << 40, ~0ull};
  switch (random() % 6) {
  case 0:
    bytes[below(bytes.size())] ^= char(1 << below(8));
    break;
  case 1:
    bytes.resize(below(bytes.size()));
    break;
  case 2:
    bytes.erase(below(bytes.size()), 1 + below(30));
    break;
  case 3:
    bytes.insert(below(bytes.size()), std::string(1 + below(30), char(random())));
    break;
  case 4:
    bytes.replace(below(bytes.size()), 1 + below(16), bytes.substr(below(bytes.size()), 1 + below(16)));
    break;
  case 5: {
    std::string number = le(kNumbers[below(std::size(kNumbers))]).substr(0, size_t(1) << below(4));
    size_t at = below(bytes.size());
    bytes.replace(at, std::min(number.size(), bytes.size() - at), number);
  }
  }
  if (bytes.empty())
    bytes = "P";
}

/// Repairs checksums, so that mutations of the array headers get past the CRC check.
void repairChecksums(std::string &bytes) {
  for (size_t at = 0; at + 46 < bytes.size(); ++at) {
    if (bytes.compare(at, 4, "PK\1\2") != 0)
      continue;
    uint32_t size, header;
    std::memcpy(&size, &bytes[at + 20], 4);
    std::memcpy(&header, &bytes[at + 42], 4);
    if (size_t(header) + 30 > bytes.size())
      continue;
    uint16_t nameBytes, extraBytes;
    std::memcpy(&nameBytes, &bytes[header + 26], 2);
    std::memcpy(&extraBytes, &bytes[header + 28], 2);
    size_t begin = size_t(header) + 30 + nameBytes + extraBytes;
    if (begin + size > bytes.size())
      continue;
    std::string crc = le(uint32_t(crc32(0, reinterpret_cast<const Bytef *>(&bytes[begin]), uInt(size))));
    bytes.replace(at + 16, 4, crc);
  }
}

TEST(NpzFuzz, MutatedFilesAreReadOrRefused) {
  TempFolder folder;
  const std::string seeds[] = {ownFile(folder), foreignFile(), zip64File()};
  std::string path = folder.file("m.npz");
  std::mt19937 random(20240611);
  int read = 0, refused = 0;
  for (int i = 0; i < 6000; ++i) {
    std::string bytes = seeds[i % 3];
    for (size_t k = 0, n = 1 + random() % 4; k < n; ++k)
      mutate(bytes, random);
    if (random() % 2)
      repairChecksums(bytes);
    writeFileAtomically(path, bytes);
    try {
      NpzFile file(path);
      ++read;
      unsigned sum = 0;
      for (const NpzArray &a : file.arrays()) {
        for (size_t b = 0; b < a.bytes; ++b)
          sum += a.as<uint8_t>()[b];
        std::vector<float> values(size_t(a.count()));
        toFloat(a, values.data());
      }
      EXPECT_GE(sum, 0u);
    } catch (const UserError &e) {
      ++refused;
      EXPECT_NE(std::string(e.what()).find(path), std::string::npos) << e.what();
    }
  }
  // Both outcomes must be common, or the mutations test nothing.
  EXPECT_GT(read, 250);
  EXPECT_GT(refused, 1500);
}

TEST(NpzFuzz, SeedsAreValid) {
  TempFolder folder;
  for (const std::string &bytes : {ownFile(folder), foreignFile(), zip64File()}) {
    writeFileAtomically(folder.file("s.npz"), bytes);
    EXPECT_GE(NpzFile(folder.file("s.npz")).arrays().size(), 1u);
  }
}

} // namespace
