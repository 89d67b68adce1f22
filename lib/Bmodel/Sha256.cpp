//===- Sha256.cpp - SHA-256 -----------------------------------------------===//
// A plain implementation of FIPS 180-4 section 6.2. The round constants are
// computed from their definition (fractional parts of cube and square roots of
// primes) in integers, so that no table can be mistyped.

#include "tpu_mlir/Bmodel/Sha256.h"

#include <bit>
#include <cstring>

namespace tpu_mlir::bmodel {

namespace {

/// First 32 fractional bits of the `root`-th root of `n`: floor(n^(1/root) · 2^32) mod 2^32, by bisection.
constexpr uint32_t rootBits(unsigned n, unsigned root) {
  // r^root <= n · 2^(32·root) is checked on 128-bit products of r / 2^k with an error below the last bit.
  __extension__ using Wide = unsigned __int128;
  uint64_t low = 0, high = uint64_t(20) << 32;
  while (low + 1 < high) {
    const uint64_t mid = low + (high - low) / 2;
    bool notAbove;
    if (root == 2) {
      notAbove = Wide(mid) * mid <= Wide(n) << 64;
    } else {
      // mid^3 <= n · 2^96, with mid < 2^37: compare mid² and n·2^96 / mid.
      notAbove = Wide(mid) * mid <= (Wide(n) << 96) / (mid ? mid : 1);
    }
    (notAbove ? low : high) = mid;
  }
  return uint32_t(low);
}

struct Constants {
  uint32_t round[64] = {}, start[8] = {};
  constexpr Constants() {
    unsigned count = 0;
    for (unsigned n = 2; count < 64; ++n) {
      bool prime = true;
      for (unsigned d = 2; d * d <= n; ++d)
        prime = prime && n % d != 0;
      if (!prime)
        continue;
      round[count] = rootBits(n, 3);
      if (count < 8)
        start[count] = rootBits(n, 2);
      ++count;
    }
  }
};
constexpr Constants kConstants;
static_assert(kConstants.start[0] == 0x6a09e667 && kConstants.round[0] == 0x428a2f98 &&
              kConstants.round[63] == 0xc67178f2);

void addBlock(std::array<uint32_t, 8> &state, const uint8_t *block) {
  uint32_t w[64];
  for (unsigned i = 0; i < 16; ++i)
    w[i] = uint32_t(block[4 * i]) << 24 | uint32_t(block[4 * i + 1]) << 16 | uint32_t(block[4 * i + 2]) << 8 |
           block[4 * i + 3];
  for (unsigned i = 16; i < 64; ++i) {
    const uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) + w[i - 7] +
           (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (unsigned i = 0; i < 64; ++i) {
    const uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kConstants.round[i] + w[i];
    const uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const uint32_t add[8] = {a, b, c, d, e, f, g, h};
  for (unsigned i = 0; i < 8; ++i)
    state[i] += add[i];
}

} // namespace

std::array<uint8_t, 32> sha256(std::span<const uint8_t> bytes) {
  std::array<uint32_t, 8> state;
  std::memcpy(state.data(), kConstants.start, sizeof kConstants.start);
  size_t done = 0;
  for (; bytes.size() - done >= 64; done += 64)
    addBlock(state, bytes.data() + done);
  uint8_t tail[128] = {};
  const size_t rest = bytes.size() - done;
  if (rest)
    std::memcpy(tail, bytes.data() + done, rest);
  tail[rest] = 0x80;
  const size_t tailBytes = rest < 56 ? 64 : 128;
  const uint64_t bits = uint64_t(bytes.size()) * 8;
  for (unsigned i = 0; i < 8; ++i)
    tail[tailBytes - 1 - i] = uint8_t(bits >> (8 * i));
  for (size_t i = 0; i < tailBytes; i += 64)
    addBlock(state, tail + i);
  std::array<uint8_t, 32> digest;
  for (unsigned i = 0; i < 32; ++i)
    digest[i] = uint8_t(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

} // namespace tpu_mlir::bmodel
