#include "verify/quirk.h"

#include <array>
#include <cstddef>

namespace verify {
namespace {

constexpr std::array<std::string_view, kQuirkCount> kNames = {
    "unencoded_key", "raw_body_hash", "query_in_form", "crlf_fields", "milliseconds"};

}  // namespace

std::string_view name(Quirk quirk) { return kNames[static_cast<std::size_t>(quirk)]; }

std::optional<Quirk> quirk_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Quirk>(i);
  }
  return std::nullopt;
}

}  // namespace verify
