//===- Bmodel.cpp - What the container structs can do ---------------------===//
// Blobs, coefficients, the time stamp and the walk over command groups. Reading
// and writing are in Reader.cpp and Writer.cpp.

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Bmodel/Sha256.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace tpu_mlir::bmodel {

namespace {
/// Bytes that the runtime's weight regions are multiples of. Source: tpu-mlir builder.
constexpr size_t kCoeffAlign = 4096;
} // namespace

Blob::Blob(std::vector<uint8_t> bytes) {
  auto shared = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  view = *shared;
  owner = std::move(shared);
}

bool Blob::operator==(const Blob &other) const {
  return view.size() == other.view.size() &&
         (view.data() == other.view.data() || std::equal(view.begin(), view.end(), other.view.begin()));
}

void padCoefficients(std::vector<uint8_t> &bytes) {
  bytes.resize((bytes.size() + kCoeffAlign - 1) / kCoeffAlign * kCoeffAlign);
}

CoeffMem makeCoeffMem(uint64_t address, std::vector<uint8_t> weights) {
  padCoefficients(weights);
  const auto digest = sha256(weights);
  CoeffMem out;
  out.address = address;
  out.checkCode.assign(digest.begin(), digest.end());
  out.coeff = Blob(std::move(weights));
  return out;
}

std::string reproducibleTime() {
  std::time_t seconds = 0;
  if (const char *epoch = std::getenv("SOURCE_DATE_EPOCH")) {
    char *end = nullptr;
    errno = 0;
    const long long value = std::strtoll(epoch, &end, 10);
    constexpr long long kLastOfYear9999 = 253402300799;
    if (errno || end == epoch || *end || value < 0 || value > kLastOfYear9999)
      throw UserError("SOURCE_DATE_EPOCH is '" + std::string(epoch) +
                      "'; expected seconds since 1970 as a whole number");
    seconds = std::time_t(value);
  }
  // The form of ctime, without its line end, independent of locale and time zone.
  static constexpr const char *kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char *kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%s %s %2d %02d:%02d:%02d %d", kDays[utc.tm_wday], kMonths[utc.tm_mon], utc.tm_mday,
                utc.tm_hour, utc.tm_min, utc.tm_sec, utc.tm_year + 1900);
  return text;
}

std::vector<GroupRef> commandGroups(Model &model) {
  std::vector<GroupRef> refs;
  const auto add = [&](const std::string &where, size_t net, size_t stage, List<CmdGroup> &groups) {
    for (size_t i = 0; i < groups.size(); ++i)
      refs.push_back({where + " group " + std::to_string(i), net, stage, &groups[i]});
  };
  for (size_t n = 0; n < model.net.size(); ++n)
    for (size_t p = 0; p < model.net[n].parameter.size(); ++p) {
      NetParameter &parameter = model.net[n].parameter[p];
      const std::string stage = "net " + std::to_string(n) + " stage " + std::to_string(p);
      add(stage, n, p, parameter.cmdGroup);
      for (size_t s = 0; s < parameter.subNet.size(); ++s) {
        SubNet &subnet = parameter.subNet[s];
        const std::string where = stage + " subnet " + std::to_string(s);
        add(where, n, p, subnet.cmdGroup);
        for (size_t c = 0; c < subnet.coreCommands.size(); ++c)
          add(where + " core " + std::to_string(c), n, p, subnet.coreCommands[c].gdmaTiuCommands);
      }
    }
  return refs;
}

} // namespace tpu_mlir::bmodel
