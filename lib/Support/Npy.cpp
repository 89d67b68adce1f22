//===- Npy.cpp - The header of one .npy member ----------------------------===//
// A small parser of the Python dictionary literal that numpy writes, and the
// conversions of array elements. Only native little-endian numbers are read;
// objects and strings are refused.

#include "NpyHeader.h"

#include <bit>
#include <cctype>
#include <cstring>

namespace tpu_mlir {
namespace {

struct TypeRow {
  NpyType type;
  const char *descr, *name;
  int bytes;
};
constexpr TypeRow kTypes[] = {
    {NpyType::Bool, "|b1", "bool", 1},   {NpyType::I8, "|i1", "int8", 1},     {NpyType::U8, "|u1", "uint8", 1},
    {NpyType::I16, "<i2", "int16", 2},   {NpyType::U16, "<u2", "uint16", 2},  {NpyType::I32, "<i4", "int32", 4},
    {NpyType::U32, "<u4", "uint32", 4},  {NpyType::I64, "<i8", "int64", 8},   {NpyType::U64, "<u8", "uint64", 8},
    {NpyType::F16, "<f2", "float16", 2}, {NpyType::F32, "<f4", "float32", 4}, {NpyType::F64, "<f8", "float64", 8},
};
static_assert(std::endian::native == std::endian::little, "array data is used where it lies");

const TypeRow &row(NpyType type) { return kTypes[size_t(type)]; }

/// Cursor over the dictionary text.
class Parser {
public:
  explicit Parser(std::string_view text) : text(text) {}
  void skipBlanks() {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])))
      ++at;
  }
  bool take(char c) {
    skipBlanks();
    if (at >= text.size() || text[at] != c)
      return false;
    ++at;
    return true;
  }
  bool takeWord(std::string_view word) {
    skipBlanks();
    if (text.substr(at, word.size()) != word)
      return false;
    at += word.size();
    return true;
  }
  bool takeString(std::string &out) {
    skipBlanks();
    if (at >= text.size() || (text[at] != '\'' && text[at] != '"'))
      return false;
    size_t end = text.find(text[at], at + 1);
    if (end == text.npos)
      return false;
    out = text.substr(at + 1, end - at - 1);
    at = end + 1;
    return true;
  }
  bool takeNumber(int64_t &out) {
    skipBlanks();
    size_t begin = at;
    out = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      if (__builtin_mul_overflow(out, int64_t(10), &out) || __builtin_add_overflow(out, int64_t(text[at] - '0'), &out))
        return false;
      ++at;
    }
    bool any = at > begin;
    takeWord("L"); // Python 2
    return any;
  }

private:
  std::string_view text;
  size_t at = 0;
};

bool parseShape(Parser &p, std::vector<int64_t> &shape) {
  if (!p.take('('))
    return false;
  while (!p.take(')')) {
    int64_t dim;
    if (!p.takeNumber(dim) || shape.size() == 32)
      return false;
    shape.push_back(dim);
    if (!p.take(','))
      return p.take(')');
  }
  return true;
}

bool parseDescr(const std::string &descr, NpyType &type) {
  if (descr.size() < 3)
    return false;
  for (const TypeRow &r : kTypes)
    if (descr.substr(1) == r.descr + 1 &&
        (descr[0] == '<' || descr[0] == '=' || (r.bytes == 1 && (descr[0] == '|' || descr[0] == '>')))) {
      type = r.type;
      return true;
    }
  return false;
}

float halfToFloat(uint16_t h) {
  uint32_t sign = uint32_t(h & 0x8000) << 16, exponent = (h >> 10) & 31, mantissa = h & 0x3ff;
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  if (exponent == 0) {
    float magnitude = float(mantissa) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

template <typename T> void convert(const NpzArray &array, float *out) {
  const T *in = array.as<T>();
  for (int64_t i = 0, n = array.count(); i < n; ++i)
    out[i] = float(in[i]);
}

} // namespace

int64_t byteSize(NpyType type) { return row(type).bytes; }
const char *name(NpyType type) { return row(type).name; }

int64_t NpzArray::count() const { return int64_t(bytes) / byteSize(type); }

std::string parseNpyHeader(std::span<const uint8_t> npy, NpyHeader &header) {
  if (npy.size() < 10 || std::memcmp(npy.data(), "\x93NUMPY", 6) != 0)
    return "is not a .npy array";
  int version = npy[6];
  if (version < 1 || version > 3)
    return "has .npy version " + std::to_string(version) + "; versions 1 to 3 are read";
  size_t lengthBytes = version == 1 ? 2 : 4;
  uint32_t length = 0;
  if (npy.size() < 8 + lengthBytes)
    return "has a cut off .npy header";
  std::memcpy(&length, npy.data() + 8, lengthBytes);
  header.dataOffset = 8 + lengthBytes + size_t(length);
  if (header.dataOffset > npy.size())
    return "has a cut off .npy header";

  Parser p({reinterpret_cast<const char *>(npy.data()) + 8 + lengthBytes, length});
  std::string key, descr;
  bool haveDescr = false, haveOrder = false, haveShape = false, wellFormed = p.take('{');
  while (wellFormed && !p.take('}')) {
    wellFormed = p.takeString(key) && p.take(':');
    if (wellFormed && key == "descr") {
      if (!p.takeString(descr))
        return "has elements of a structured type; only plain numbers are read";
      haveDescr = true;
    } else if (wellFormed && key == "fortran_order") {
      header.fortranOrder = p.takeWord("True");
      wellFormed = haveOrder = header.fortranOrder || p.takeWord("False");
    } else if (wellFormed && key == "shape") {
      wellFormed = haveShape = parseShape(p, header.shape);
    } else {
      wellFormed = false;
    }
    if (wellFormed && !p.take(',')) {
      wellFormed = p.take('}');
      break;
    }
  }
  if (!wellFormed || !haveDescr || !haveOrder || !haveShape)
    return "has a .npy header that cannot be parsed";
  if (!parseDescr(descr, header.type))
    return "has elements of type '" + descr +
           "'; read are bool, (u)int8 to (u)int64, float16, float32 and float64, little-endian";
  return {};
}

std::string makeNpyHeader(NpyType type, std::span<const int64_t> shape) {
  std::string dict = std::string("{'descr': '") + row(type).descr + "', 'fortran_order': False, 'shape': (";
  for (size_t i = 0; i < shape.size(); ++i)
    dict += std::to_string(shape[i]) + (i + 1 < shape.size() ? ", " : shape.size() == 1 ? "," : "");
  dict += "), }";
  size_t total = (10 + dict.size() + 1 + 63) / 64 * 64;
  dict.append(total - 11 - dict.size(), ' ');
  dict += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += char(dict.size() & 0xff);
  header += char(dict.size() >> 8);
  return header + dict;
}

void reorderFortran(const uint8_t *from, uint8_t *to, const std::vector<int64_t> &shape, size_t elementBytes) {
  size_t rank = shape.size();
  std::vector<size_t> step(rank), position(rank, 0);
  size_t count = 1;
  for (size_t i = 0; i < rank; ++i) {
    step[i] = count;
    count *= size_t(shape[i]);
  }
  size_t source = 0;
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(to + i * elementBytes, from + source * elementBytes, elementBytes);
    for (size_t d = rank; d-- > 0;) {
      source += step[d];
      if (++position[d] < size_t(shape[d]))
        break;
      source -= step[d] * size_t(shape[d]);
      position[d] = 0;
    }
  }
}

void toFloat(const NpzArray &array, float *out) {
  switch (array.type) {
  case NpyType::Bool:
  case NpyType::U8:
    return convert<uint8_t>(array, out);
  case NpyType::I8:
    return convert<int8_t>(array, out);
  case NpyType::I16:
    return convert<int16_t>(array, out);
  case NpyType::U16:
    return convert<uint16_t>(array, out);
  case NpyType::I32:
    return convert<int32_t>(array, out);
  case NpyType::U32:
    return convert<uint32_t>(array, out);
  case NpyType::I64:
    return convert<int64_t>(array, out);
  case NpyType::U64:
    return convert<uint64_t>(array, out);
  case NpyType::F32:
    return convert<float>(array, out);
  case NpyType::F64:
    return convert<double>(array, out);
  case NpyType::F16:
    for (int64_t i = 0, n = array.count(); i < n; ++i)
      out[i] = halfToFloat(array.as<uint16_t>()[i]);
    return;
  }
}

} // namespace tpu_mlir
