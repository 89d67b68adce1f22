//===- ZipBuilder.h - Foreign npz files, built by hand ----------*- C++ -*-===//
// Writes what other programs write and NpzWriter does not: deflated members,
// older .npy versions, odd headers. Independent of the library under test.
#ifndef TPU_MLIR_TEST_UNIT_SUPPORT_ZIPBUILDER_H
#define TPU_MLIR_TEST_UNIT_SUPPORT_ZIPBUILDER_H

#include <cstdint>
#include <cstring>
#include <string>
#include <zlib.h>

namespace tpu_mlir::test {

template <typename T> std::string le(T v) {
  std::string s(sizeof(T), '\0');
  std::memcpy(s.data(), &v, sizeof(T));
  return s;
}

/// A .npy array with the given dictionary text.
inline std::string npy(const std::string &dict, const std::string &data, int version = 1) {
  std::string s = std::string("\x93NUMPY") + char(version) + '\0';
  s += version == 1 ? le(uint16_t(dict.size())) : le(uint32_t(dict.size()));
  return s + dict + data;
}

class ZipBuilder {
public:
  ZipBuilder &add(const std::string &name, const std::string &content, bool deflated = false, int method = -1) {
    std::string packed = deflated ? deflateRaw(content) : content;
    uint32_t crc = uint32_t(crc32(0, reinterpret_cast<const Bytef *>(content.data()), uInt(content.size())));
    std::string common = le(uint16_t(20)) + le(uint16_t(0)) +
                         le(uint16_t(method >= 0 ? method
                                     : deflated  ? 8
                                                 : 0)) +
                         le(uint32_t(0)) + le(crc) + le(uint32_t(packed.size())) + le(uint32_t(content.size())) +
                         le(uint16_t(name.size())) + le(uint16_t(0));
    directory += le(0x02014b50u) + le(uint16_t(20)) + common + le(uint16_t(0)) + le(uint16_t(0)) + le(uint16_t(0)) +
                 le(0u) + le(uint32_t(body.size())) + name;
    body += le(0x04034b50u) + common + name + packed;
    ++count;
    return *this;
  }
  std::string bytes() const {
    return body + directory + le(0x06054b50u) + le(0u) + le(count) + le(count) + le(uint32_t(directory.size())) +
           le(uint32_t(body.size())) + le(uint16_t(0));
  }

private:
  static std::string deflateRaw(const std::string &content) {
    z_stream z{};
    deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&z, content.size()), '\0');
    z.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
    z.avail_in = uInt(content.size());
    z.next_out = reinterpret_cast<Bytef *>(out.data());
    z.avail_out = uInt(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
  }
  std::string body, directory;
  uint16_t count = 0;
};

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_SUPPORT_ZIPBUILDER_H
