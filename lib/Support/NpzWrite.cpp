//===- NpzWrite.cpp - Writing aligned, reproducible npz files -------------===//
// Members are stored; the padding in each local header's extra field puts the
// array data on a 64-byte border of the file, so that a reader can map it. The
// time stamp is zip's earliest, so equal content gives equal bytes. Zip64
// records appear only where a number needs them.

#include "NpyHeader.h"
#include "tpu_mlir/Support/Error.h"

#include <cstring>
#include <zlib.h>

namespace tpu_mlir {
namespace {

constexpr uint16_t kDate = 0x0021;         // 1 January 1980
constexpr uint16_t kPaddingExtra = 0xD935; // the id Android's zipalign registered for alignment
constexpr uint16_t kUtf8Names = 1 << 11;
constexpr uint64_t kLarge = 0xffffffff;

class Record {
public:
  template <typename T> Record &put(std::type_identity_t<T> value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    text.append(raw, sizeof(T));
    return *this;
  }
  Record &append(const std::string &s) {
    text += s;
    return *this;
  }
  std::string text;
};

uint32_t clip(uint64_t value) { return uint32_t(std::min(value, kLarge)); }

uint16_t flagsFor(const std::string &name) {
  for (unsigned char c : name)
    if (c >= 128)
      return kUtf8Names;
  return 0;
}

/// The fields that local header and directory entry share.
void putCommon(Record &r, bool zip64, const std::string &name, uint32_t crc, uint64_t bytes, size_t extraBytes) {
  r.put<uint16_t>(zip64 ? 45 : 20).put<uint16_t>(flagsFor(name)).put<uint16_t>(0);
  r.put<uint16_t>(0).put<uint16_t>(kDate).put<uint32_t>(crc);
  r.put<uint32_t>(zip64 ? uint32_t(kLarge) : uint32_t(bytes)).put<uint32_t>(zip64 ? uint32_t(kLarge) : uint32_t(bytes));
  r.put<uint16_t>(uint16_t(name.size())).put<uint16_t>(uint16_t(extraBytes));
}

} // namespace

NpzWriter::NpzWriter(const std::string &path) : file(path) {}

void NpzWriter::add(const std::string &name, NpyType type, std::span<const int64_t> shape, const void *data,
                    const std::function<void(std::span<const uint8_t>)> &done) {
  if (name.empty() || name.size() > 65000)
    throw UserError("an array name of " + std::to_string(name.size()) + " bytes cannot be stored in an npz file");
  if (!names.emplace(name, true).second)
    throw UserError("two arrays named '" + name + "' cannot be stored in one npz file");
  std::string header = makeNpyHeader(type, shape);
  uint64_t dataBytes = uint64_t(byteSize(type));
  for (int64_t dim : shape)
    dataBytes *= uint64_t(dim);
  Member m{name + ".npy", header.size() + dataBytes, file.offset(), 0};
  m.crc = uint32_t(crc32_z(0, reinterpret_cast<const uint8_t *>(header.data()), header.size()));
  std::span<const uint8_t> bytes(static_cast<const uint8_t *>(data), dataBytes);
  // The checksum stands before the data, in files that cannot be gone back in: two walks, each in pieces.
  inPieces(bytes, [&](std::span<const uint8_t> piece) {
    m.crc = uint32_t(crc32_z(m.crc, piece.data(), piece.size()));
    if (done)
      done(piece);
  });

  bool zip64 = m.bytes >= kLarge;
  Record extra;
  if (zip64)
    extra.put<uint16_t>(1).put<uint16_t>(16).put<uint64_t>(m.bytes).put<uint64_t>(m.bytes);
  uint64_t begin = m.offset + 30 + m.name.size() + extra.text.size();
  uint64_t padding = (64 - begin % 64) % 64;
  if (padding > 0 && padding < 4)
    padding += 64;
  if (padding > 0) {
    extra.put<uint16_t>(kPaddingExtra).put<uint16_t>(uint16_t(padding - 4));
    extra.text.append(padding - 4, '\0');
  }
  Record local;
  local.put<uint32_t>(0x04034b50);
  putCommon(local, zip64, m.name, m.crc, m.bytes, extra.text.size());
  local.append(m.name).append(extra.text).append(header);
  file.write(local.text.data(), local.text.size());
  inPieces(bytes, [&](std::span<const uint8_t> piece) {
    file.write(piece.data(), piece.size());
    if (done)
      done(piece);
  });
  members.push_back(std::move(m));
}

void NpzWriter::finish() {
  uint64_t begin = file.offset();
  for (const Member &m : members) {
    bool zip64 = m.bytes >= kLarge || m.offset >= kLarge;
    Record extra;
    if (zip64)
      extra.put<uint16_t>(1).put<uint16_t>(24).put<uint64_t>(m.bytes).put<uint64_t>(m.bytes).put<uint64_t>(m.offset);
    Record entry;
    entry.put<uint32_t>(0x02014b50).put<uint16_t>(3 << 8 | 45); // made on Unix
    putCommon(entry, zip64, m.name, m.crc, m.bytes, extra.text.size());
    entry.put<uint16_t>(0).put<uint16_t>(0).put<uint16_t>(0).put<uint32_t>(0100644u << 16);
    entry.put<uint32_t>(zip64 ? uint32_t(kLarge) : uint32_t(m.offset));
    entry.append(m.name).append(extra.text);
    file.write(entry.text.data(), entry.text.size());
  }
  uint64_t end = file.offset(), count = members.size();
  Record tail;
  if (begin >= kLarge || count >= 0xffff) {
    tail.put<uint32_t>(0x06064b50)
        .put<uint64_t>(44)
        .put<uint16_t>(45)
        .put<uint16_t>(45)
        .put<uint32_t>(0)
        .put<uint32_t>(0);
    tail.put<uint64_t>(count).put<uint64_t>(count).put<uint64_t>(end - begin).put<uint64_t>(begin);
    tail.put<uint32_t>(0x07064b50).put<uint32_t>(0).put<uint64_t>(end).put<uint32_t>(1);
  }
  uint16_t shortCount = uint16_t(std::min<uint64_t>(count, 0xffff));
  tail.put<uint32_t>(0x06054b50).put<uint16_t>(0).put<uint16_t>(0).put<uint16_t>(shortCount).put<uint16_t>(shortCount);
  tail.put<uint32_t>(clip(end - begin)).put<uint32_t>(clip(begin)).put<uint16_t>(0);
  file.write(tail.text.data(), tail.text.size());
  file.commit();
}

} // namespace tpu_mlir
