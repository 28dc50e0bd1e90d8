#include "gateway/log/utc.h"

#include <chrono>

namespace gateway::log {
namespace {

namespace time = std::chrono;

void append(std::string& out, long long value, std::size_t digits) {
  const std::string text = std::to_string(value);
  out.append(digits > text.size() ? digits - text.size() : 0, '0');
  out += text;
}

}  // namespace

std::string format_time(std::int64_t seconds) {
  const time::sys_seconds point{time::seconds(seconds)};
  const auto midnight = time::floor<time::days>(point);
  const time::year_month_day day(midnight);
  const time::hh_mm_ss clock(point - midnight);
  std::string out;
  append(out, static_cast<int>(day.year()), 4);
  append(out += '-', static_cast<unsigned>(day.month()), 2);
  append(out += '-', static_cast<unsigned>(day.day()), 2);
  append(out += 'T', clock.hours().count(), 2);
  append(out += ':', clock.minutes().count(), 2);
  append(out += ':', clock.seconds().count(), 2);
  return out += 'Z';
}

}  // namespace gateway::log
