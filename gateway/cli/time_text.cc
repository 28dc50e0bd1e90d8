#include "gateway/cli/time_text.h"

#include <chrono>

#include "conf/values.h"

namespace gateway::cli {
namespace {

namespace time = std::chrono;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// As `shape` says: d is a digit, T and Z may be small, all else stands for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] == 't' ? 'T' : text[i] == 'z' ? 'Z' : text[i];
    if (shape[i] == 'd' ? !is_digit(c) : c != shape[i]) return false;
  }
  return true;
}

unsigned number(std::string_view digits) {
  unsigned out = 0;
  for (const char c : digits) out = out * 10 + static_cast<unsigned>(c - '0');
  return out;
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (!has_shape(text.substr(0, kShape.size()), kShape)) return std::nullopt;
  std::string_view rest = text.substr(kShape.size());
  if (rest.starts_with('.')) {
    std::size_t end = 1;
    while (end < rest.size() && is_digit(rest[end])) ++end;
    if (end == 1) return std::nullopt;
    rest.remove_prefix(end);
  }
  if (!has_shape(rest, "Z") && rest != "+00:00" && rest != "-00:00") return std::nullopt;
  const time::year_month_day day(time::year(static_cast<int>(number(text.substr(0, 4)))),
                                 time::month(number(text.substr(5, 2))),
                                 time::day(number(text.substr(8, 2))));
  const unsigned hour = number(text.substr(11, 2));
  const unsigned minute = number(text.substr(14, 2));
  const unsigned second = number(text.substr(17, 2));
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = time::sys_days(day).time_since_epoch().count();
  return days * 86400 + hour * 3600 + minute * 60 + second;
}

std::optional<std::int64_t> parse_deadline(std::string_view text, std::int64_t now) {
  if (const auto point = parse_time(text)) return point;
  const auto span = conf::parse_duration(text);
  if (!span) return std::nullopt;
  return now + time::ceil<time::seconds>(*span).count();
}

}  // namespace gateway::cli
