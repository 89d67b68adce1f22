//===- RunSignatureTest.cpp - Blocks that are built alike -----------------===//
// Equal blocks have equal signatures, and whatever costs differently has
// another.
#include "../../../lib/Schedule/RunSignature.h"
#include "Chains.h"

#include <gtest/gtest.h>

namespace tpu_mlir::schedule {
namespace {

constexpr int kBlocks = 5, kBlockOps = 3;

/// Equal blocks of two convolutions and a skip.
Chain &blocks(Chain &c, int64_t lastKernel = 3) {
  int v = c.input({1, 64, 56, 56});
  for (int i = 0; i < kBlocks; ++i)
    v = c.larger(c.conv(c.conv(v, 64, 3, 1), 64, i + 1 < kBlocks ? 3 : lastKernel, 1), v);
  c.output(v);
  return c;
}

uint64_t signatureOf(const Network &network, int first, int count, std::vector<char> isStored = {},
                     int64_t passing = 0) {
  isStored.resize(network.values.size());
  RunSignature signature(network, isStored);
  signature.start(first, passing);
  uint64_t hash = 0;
  for (int n = first; n < first + count; ++n)
    hash = signature.extend(n);
  return hash;
}

TEST(RunSignature, IsTheSameForEqualBlocks) {
  Chain c;
  const Network &network = blocks(c).network;
  for (int count = 1; count <= 2 * kBlockOps; ++count)
    for (int block = 2; block + 2 < kBlocks; ++block)
      EXPECT_EQ(signatureOf(network, kBlockOps, count), signatureOf(network, block * kBlockOps, count)) << count;
}

TEST(RunSignature, TellsWhatCostsDifferently) {
  Chain c, d;
  const Network &network = blocks(c).network, &other = blocks(d, 1).network;
  const int last = (kBlocks - 1) * kBlockOps;
  EXPECT_NE(signatureOf(network, 3, 3), signatureOf(network, 4, 3)) << "another op first";
  EXPECT_NE(signatureOf(network, 3, 3), signatureOf(network, 0, 3)) << "reads the network's input";
  EXPECT_NE(signatureOf(network, last, 3), signatureOf(other, last, 3)) << "another kernel";
  EXPECT_NE(signatureOf(network, 3, 3), signatureOf(network, 3, 3, {}, 64)) << "less memory is left";
  std::vector<char> isStored(network.values.size(), 1);
  EXPECT_NE(signatureOf(network, 3, 3), signatureOf(network, 3, 3, isStored)) << "values go through global memory";
  EXPECT_NE(signatureOf(network, last, 3), signatureOf(network, last - kBlockOps, 3)) << "the network's output";
}

} // namespace
} // namespace tpu_mlir::schedule
