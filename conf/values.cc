#include "conf/values.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "conf/pattern.h"

namespace conf {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr Unit kTimes[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kSizes[] = {
    {"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40}};

constexpr std::uint64_t kLongest = 3650ull * 86'400'000;
constexpr std::uint64_t kLargest = 64ull << 40;

template <std::size_t N>
std::optional<std::uint64_t> parse_amount(std::string_view text, const Unit (&units)[N],
                                          std::uint64_t most) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (digits == 0 || error != std::errc{}) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    if (number > most / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// At least one byte, and each of them passes.
template <class Passes>
bool each(std::string_view text, Passes passes) {
  return !text.empty() && std::all_of(text.begin(), text.end(), passes);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto amount = parse_amount(text, kTimes, kLongest);
  if (!amount) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*amount));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_amount(text, kSizes, kLargest);
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
  if (!text.ends_with("/s")) return std::nullopt;
  return parse_size(text.substr(0, text.size() - 2));
}

bool is_token(std::string_view text) {
  return each(text, [](char c) {
    return is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_method(std::string_view text) {
  return is_token(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

bool is_scope_token(std::string_view text) {
  return each(text, [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
}

bool is_text(std::string_view text) {
  return each(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; });
}

bool is_realm_name(std::string_view text) {
  return each(text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

bool is_plain_path(std::string_view text) {
  std::string why;
  const auto pattern = parse_pattern(text, why);
  return pattern && !pattern->wildcard &&
         std::none_of(pattern->segments.begin(), pattern->segments.end(),
                      [](const Pattern::Segment& segment) { return segment.capture; });
}

bool is_signature_method(std::string_view text) {
  constexpr std::string_view kMethods[] = {"HMAC-SHA1",  "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1",
                                           "RSA-SHA256", "RSA-SHA512",  "PLAINTEXT"};
  return std::find(std::begin(kMethods), std::end(kMethods), text) != std::end(kMethods);
}

bool is_quirk(std::string_view text) {
  constexpr std::string_view kQuirks[] = {"unencoded_key", "raw_body_hash", "query_in_form",
                                          "crlf_fields", "milliseconds"};
  return std::find(std::begin(kQuirks), std::end(kQuirks), text) != std::end(kQuirks);
}

}  // namespace conf
