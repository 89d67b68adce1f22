//===- Sha256.cpp - SHA-256 -----------------------------------------------===//
// A plain implementation of FIPS 180-4 section 6.2. The round constants are
// computed from their definition (fractional parts of cube and square roots of
// primes) in integers, so that no table can be mistyped. Where the machine has
// instructions for the rounds they are used: a run hashes all weights, and that
// took longer than the convolutions.

#include "tpu_mlir/Bmodel/Sha256.h"

#include <bit>
#include <cstring>
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

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

using Words = std::array<uint32_t, 8>;

void addBlock(Words &state, const uint8_t *block) {
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

void addBlocks(Words &state, const uint8_t *blocks, size_t count) {
  for (size_t i = 0; i < count; ++i)
    addBlock(state, blocks + 64 * i);
}

#if defined(__x86_64__)
bool hasShaInstructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) && __builtin_cpu_supports("sse4.1");
}

/// The same with the machine's instructions, which hold the state as two vectors (a b e f) and (c d g h), first word
/// highest, and do two rounds at a time.
__attribute__((target("sha,sse4.1"))) void addBlocksFast(Words &state, const uint8_t *blocks, size_t count) {
  auto word = [&](int i) { return int(state[size_t(i)]); };
  __m128i abef = _mm_set_epi32(word(0), word(1), word(4), word(5)),
          cdgh = _mm_set_epi32(word(2), word(3), word(6), word(7));
  const __m128i bigEndian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  for (; count; --count, blocks += 64) {
    const __m128i abefBefore = abef, cdghBefore = cdgh;
    __m128i w[4]; // the next sixteen words of the message schedule
    for (int i = 0; i < 4; ++i)
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i *>(blocks) + i), bigEndian);
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      __m128i &now = w[i % 4], last = w[(i + 3) % 4];
      const __m128i sum = _mm_add_epi32(now, _mm_loadu_si128(reinterpret_cast<const __m128i *>(kConstants.round) + i));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum); // two rounds on, what was abef is cdgh
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
      if (i < 12)
        now = _mm_sha256msg2_epu32(
            _mm_add_epi32(_mm_sha256msg1_epu32(now, w[(i + 1) % 4]), _mm_alignr_epi8(last, w[(i + 2) % 4], 4)), last);
    }
    abef = _mm_add_epi32(abef, abefBefore);
    cdgh = _mm_add_epi32(cdgh, cdghBefore);
  }
  const auto high = [](__m128i v, int i) __attribute__((target("sha,sse4.1"))) {
    alignas(16) uint32_t words[4];
    _mm_store_si128(reinterpret_cast<__m128i *>(words), v);
    return words[3 - i];
  };
  state = {high(abef, 0), high(abef, 1), high(cdgh, 0), high(cdgh, 1),
           high(abef, 2), high(abef, 3), high(cdgh, 2), high(cdgh, 3)};
}
#endif

auto blockLoop(bool isPlain) {
#if defined(__x86_64__)
  static const bool fast = hasShaInstructions();
  if (fast && !isPlain)
    return addBlocksFast;
#endif
  (void)isPlain;
  return addBlocks;
}

} // namespace

std::array<uint8_t, 32> sha256(std::span<const uint8_t> bytes, bool isPlain) {
  auto *const add = blockLoop(isPlain);
  Words state;
  std::memcpy(state.data(), kConstants.start, sizeof kConstants.start);
  const size_t done = bytes.size() / 64 * 64;
  add(state, bytes.data(), done / 64);
  uint8_t tail[128] = {};
  const size_t rest = bytes.size() - done;
  if (rest)
    std::memcpy(tail, bytes.data() + done, rest);
  tail[rest] = 0x80;
  const size_t tailBytes = rest < 56 ? 64 : 128;
  const uint64_t bits = uint64_t(bytes.size()) * 8;
  for (unsigned i = 0; i < 8; ++i)
    tail[tailBytes - 1 - i] = uint8_t(bits >> (8 * i));
  add(state, tail, tailBytes / 64);
  std::array<uint8_t, 32> digest;
  for (unsigned i = 0; i < 32; ++i)
    digest[i] = uint8_t(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

} // namespace tpu_mlir::bmodel
