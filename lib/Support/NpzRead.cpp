//===- NpzRead.cpp - The zip directory of an npz file ---------------------===//
// Finds the members through the central directory (zip64 too), inflates where
// needed, checks every range and CRC before use, and hands each .npy member to
// Npy.cpp. Source of the zip layout: PKWARE APPNOTE 6.3.

#include "NpyHeader.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Npz.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <zlib.h>

namespace tpu_mlir {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kEndOfDirectory = 0x06054b50,
                   kZip64End = 0x06064b50, kZip64Locator = 0x07064b50;
constexpr uint16_t kZip64Extra = 1;

/// Bounds-checked little-endian reads; a read outside throws the "damaged" sentence.
class Bytes {
public:
  Bytes(std::span<const uint8_t> bytes, const std::string &path) : bytes(bytes), path(path) {}
  template <typename T> T read(uint64_t at) const {
    T value;
    std::memcpy(&value, range(at, sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::span<const uint8_t> range(uint64_t at, uint64_t count) const {
    if (at > bytes.size() || count > bytes.size() - at)
      damaged("a part of it lies outside the file");
    return bytes.subspan(at, count);
  }
  uint64_t size() const { return bytes.size(); }
  [[noreturn]] void damaged(const std::string &why) const {
    throw UserError("'" + path + "' is not a complete npz file: " + why);
  }

private:
  std::span<const uint8_t> bytes;
  const std::string &path;
};

struct Directory {
  uint64_t offset, count;
};
struct Entry {
  std::string name;
  uint16_t method, flags;
  uint32_t crc;
  uint64_t packed, size, header;
};

/// The end record is the last thing in the file, before a comment of at most 65,535 bytes.
Directory findDirectory(const Bytes &file) {
  if (file.size() < 22)
    file.damaged("it is too short to hold a zip directory");
  uint64_t lowest = file.size() - std::min<uint64_t>(file.size(), 22 + 65535);
  for (uint64_t at = file.size() - 22;; --at) {
    if (file.read<uint32_t>(at) == kEndOfDirectory) {
      Directory d{file.read<uint32_t>(at + 16), file.read<uint16_t>(at + 10)};
      bool large = d.offset == 0xffffffff || d.count == 0xffff;
      if (large && at >= 20 && file.read<uint32_t>(at - 20) == kZip64Locator) {
        uint64_t end = file.read<uint64_t>(at - 12);
        if (file.read<uint32_t>(end) != kZip64End)
          file.damaged("its zip64 directory is not where it should be");
        d = {file.read<uint64_t>(end + 48), file.read<uint64_t>(end + 32)};
      }
      return d;
    }
    if (at == lowest)
      file.damaged("it has no zip directory (cut off, or not an npz at all)");
  }
}

/// Reads the entry at `at` and moves `at` past it.
Entry readEntry(const Bytes &file, uint64_t &at) {
  if (file.read<uint32_t>(at) != kDirectoryEntry)
    file.damaged("its zip directory is broken");
  uint16_t nameBytes = file.read<uint16_t>(at + 28), extraBytes = file.read<uint16_t>(at + 30),
           commentBytes = file.read<uint16_t>(at + 32);
  auto name = file.range(at + 46, nameBytes);
  Entry e{std::string(name.begin(), name.end()), file.read<uint16_t>(at + 10), file.read<uint16_t>(at + 8),
          file.read<uint32_t>(at + 16),          file.read<uint32_t>(at + 20), file.read<uint32_t>(at + 24),
          file.read<uint32_t>(at + 42)};
  uint64_t extra = at + 46 + nameBytes, extraEnd = extra + extraBytes;
  for (uint64_t p = extra; p + 4 <= extraEnd;) {
    uint16_t id = file.read<uint16_t>(p), size = file.read<uint16_t>(p + 2);
    uint64_t field = p + 4, fieldEnd = std::min<uint64_t>(field + size, extraEnd);
    if (id == kZip64Extra)
      for (uint64_t *value : {&e.size, &e.packed, &e.header})
        if (*value == 0xffffffff && field + 8 <= fieldEnd) {
          *value = file.read<uint64_t>(field);
          field += 8;
        }
    p += 4 + size;
  }
  at = extraEnd + commentBytes;
  return e;
}

std::vector<uint8_t> inflateMember(const Bytes &file, const Entry &e, std::span<const uint8_t> packed) {
  // Deflate cannot expand more than 1032 times: a larger claim is a broken size, not a reason to allocate.
  if (e.size / 1032 > packed.size() + 1)
    file.damaged("member '" + e.name + "' claims more bytes than its data can hold");
  std::vector<uint8_t> out(e.size);
  z_stream z{};
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
    throw std::bad_alloc();
  constexpr uint64_t kStep = 1u << 30; // zlib counts in 32 bits
  uint64_t in = 0, done = 0;
  int rc = Z_OK;
  uint8_t none = 0;
  while (rc == Z_OK) {
    uint64_t giveIn = std::min<uint64_t>(packed.size() - in, kStep),
             giveOut = std::min<uint64_t>(out.size() - done, kStep);
    z.next_in = const_cast<uint8_t *>(packed.data()) + in;
    z.avail_in = uInt(giveIn);
    z.next_out = giveOut ? out.data() + done : &none;
    z.avail_out = uInt(giveOut);
    rc = inflate(&z, Z_NO_FLUSH);
    in += giveIn - z.avail_in;
    done += giveOut - z.avail_out;
  }
  inflateEnd(&z);
  if (rc != Z_STREAM_END || done != out.size())
    file.damaged("member '" + e.name + "' does not inflate to the size it claims");
  return out;
}

/// The checksum of a member; what was read is let go, so that a file larger than memory can be checked.
uint32_t checksum(std::span<const uint8_t> bytes, const MappedFile *mapping) {
  uLong sum = crc32_z(0, nullptr, 0);
  inPieces(bytes, [&](std::span<const uint8_t> piece) {
    sum = crc32_z(sum, piece.data(), piece.size());
    if (mapping)
      mapping->release(piece);
  });
  return uint32_t(sum);
}

size_t editDistance(const std::string &a, const std::string &b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

} // namespace

NpzFile::NpzFile(const std::string &path) : fileName(path), mapping(path) { parse(); }

void NpzFile::parse() {
  Bytes file(mapping.bytes(), fileName);
  Directory directory = findDirectory(file);
  uint64_t at = directory.offset;
  for (uint64_t i = 0; i < directory.count; ++i) {
    Entry e = readEntry(file, at);
    if (!e.name.ends_with(".npy"))
      continue;
    if (e.flags & 1)
      file.damaged("member '" + e.name + "' is encrypted");
    if (file.read<uint32_t>(e.header) != kLocalHeader)
      file.damaged("member '" + e.name + "' is not where the directory says");
    uint64_t begin = e.header + 30 + file.read<uint16_t>(e.header + 26) + file.read<uint16_t>(e.header + 28);
    std::span<const uint8_t> npy = file.range(begin, e.packed);
    if (e.method == 8)
      npy = copies.emplace_back(inflateMember(file, e, npy));
    else if (e.method != 0)
      file.damaged("member '" + e.name + "' is compressed by method " + std::to_string(e.method) +
                   "; only stored and deflate are read");
    if (checksum(npy, e.method == 0 ? &mapping : nullptr) != e.crc)
      file.damaged("the checksum of member '" + e.name + "' is wrong");
    NpzArray array = parseNpy(e.name, npy);
    array.name = e.name.substr(0, e.name.size() - 4);
    if (!index.emplace(array.name, list.size()).second)
      file.damaged("it holds two arrays named '" + array.name + "'");
    list.push_back(std::move(array));
  }
}

NpzArray NpzFile::parseNpy(const std::string &member, std::span<const uint8_t> npy) {
  auto refuse = [&](const std::string &why) { throw UserError("'" + fileName + "': member '" + member + "' " + why); };
  NpyHeader header;
  if (std::string why = parseNpyHeader(npy, header); !why.empty())
    refuse(why);
  NpzArray array;
  array.type = header.type;
  array.shape = header.shape;
  array.bytes = npy.size() - header.dataOffset;
  uint64_t need = uint64_t(byteSize(header.type));
  bool empty = std::find(array.shape.begin(), array.shape.end(), 0) != array.shape.end();
  for (int64_t dim : array.shape)
    if (empty || __builtin_mul_overflow(need, uint64_t(dim), &need))
      need = empty ? 0 : UINT64_MAX;
  if (need != array.bytes)
    refuse("holds " + std::to_string(array.bytes) + " bytes of data where its shape and type need " +
           std::to_string(need));
  const uint8_t *data = npy.data() + header.dataOffset;
  if (header.fortranOrder && array.shape.size() > 1 && need > 0) {
    auto &copy = copies.emplace_back(array.bytes);
    reorderFortran(data, copy.data(), array.shape, size_t(byteSize(array.type)));
    data = copy.data();
  }
  array.data = reinterpret_cast<uintptr_t>(data) % 64 == 0 ? data : own(data, array.bytes);
  return array;
}

const void *NpzFile::own(const uint8_t *data, size_t bytes) {
  auto &copy = copies.emplace_back(bytes + 63);
  auto *aligned = reinterpret_cast<uint8_t *>((reinterpret_cast<uintptr_t>(copy.data()) + 63) / 64 * 64);
  if (bytes)
    std::memcpy(aligned, data, bytes);
  return aligned;
}

void NpzFile::release(std::span<const uint8_t> bytes) const {
  std::span<const uint8_t> file = mapping.bytes();
  if (bytes.data() >= file.data() && bytes.data() + bytes.size() <= file.data() + file.size())
    mapping.release(bytes);
}

const NpzArray *NpzFile::find(const std::string &name) const {
  auto it = index.find(name);
  return it == index.end() ? nullptr : &list[it->second];
}

const NpzArray &NpzFile::get(const std::string &name) const {
  if (const NpzArray *array = find(name))
    return *array;
  if (list.empty())
    throw UserError("'" + fileName + "' has no array '" + name + "'; it is empty");
  std::vector<const NpzArray *> close;
  for (const NpzArray &array : list)
    close.push_back(&array);
  size_t shown = std::min<size_t>(5, close.size());
  std::vector<std::pair<size_t, size_t>> order;
  for (size_t i = 0; i < close.size(); ++i)
    order.emplace_back(editDistance(name, close[i]->name), i);
  std::partial_sort(order.begin(), order.begin() + long(shown), order.end());
  std::string names;
  for (size_t i = 0; i < shown; ++i)
    names += (i ? ", '" : "'") + close[order[i].second]->name + "'";
  throw UserError("'" + fileName + "' has no array '" + name + "'; of its " + std::to_string(list.size()) +
                  " the closest are " + names);
}

} // namespace tpu_mlir
