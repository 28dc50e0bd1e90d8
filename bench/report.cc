#include "bench/report.h"

#include <cstdarg>
#include <cstdio>
#include <utility>
#include <vector>

namespace bench {

namespace {

__attribute__((format(printf, 1, 2))) std::string format(const char* pattern, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof(text), pattern, arguments);
  va_end(arguments);
  return text;
}

std::vector<std::pair<std::string, std::uint64_t>> failures(const Outcome& outcome) {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (std::size_t status = 0; status < outcome.by_status.size(); ++status) {
    if (outcome.by_status[status] == 0) continue;
    out.emplace_back("status " + std::to_string(status), outcome.by_status[status]);
  }
  const auto add = [&out](const char* reason, std::uint64_t count) {
    if (count != 0) out.emplace_back(reason, count);
  };
  add("no connection", outcome.refused);
  add("connection closed", outcome.closed);
  add("timed out", outcome.timed_out);
  add("response unreadable", outcome.unreadable);
  add("never sent", outcome.unsent);
  return out;
}

struct Named {
  const char* label;
  const char* field;
  double share;
};
constexpr Named kQuantiles[] = {
    {"p50", "p50", 0.5}, {"p90", "p90", 0.9}, {"p99", "p99", 0.99}, {"p99.9", "p99_9", 0.999}};

double microseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

double per_second(const Outcome& outcome) {
  return outcome.seconds > 0 ? static_cast<double>(outcome.requests) / outcome.seconds : 0;
}

double cpu_us_per_request(const Outcome& outcome) {
  if (outcome.requests == 0) return 0;
  return *outcome.cpu_seconds * 1e6 / static_cast<double>(outcome.requests);
}

unsigned long long number(std::uint64_t n) { return n; }

}  // namespace

std::string to_table(const Outcome& outcome) {
  std::string out;
  out += format("requests      %12llu\n", number(outcome.requests));
  out += format("failed        %12llu\n", number(outcome.failed));
  for (const auto& [reason, count] : failures(outcome)) {
    out += format("  %-20s%4llu\n", reason.c_str(), number(count));
  }
  out += format("duration      %12.2f s\n", outcome.seconds);
  out += format("rate          %12.0f requests/s\n", per_second(outcome));
  out += format("request size  %12.0f bytes\n", outcome.head_bytes);
  for (const Named& q : kQuantiles) {
    out +=
        format("latency %-6s%12.1f us\n", q.label, microseconds(outcome.latency.quantile(q.share)));
  }
  out += format("latency max   %12.1f us\n", microseconds(outcome.latency.max()));
  if (outcome.cpu_seconds) {
    out += format("target's CPU  %12.2f us/request\n", cpu_us_per_request(outcome));
  }
  return out;
}

std::string to_json(const Outcome& outcome) {
  std::string out = format(R"({"requests":%llu,"failed":%llu,"failures":{)",
                           number(outcome.requests), number(outcome.failed));
  const char* comma = "";
  for (const auto& [reason, count] : failures(outcome)) {
    out += format(R"(%s"%s":%llu)", comma, reason.c_str(), number(count));
    comma = ",";
  }
  out += format(R"(},"seconds":%.6f,"requests_per_second":%.1f,"head_bytes":%.1f,"latency_us":{)",
                outcome.seconds, per_second(outcome), outcome.head_bytes);
  for (const Named& q : kQuantiles) {
    out += format(R"("%s":%.1f,)", q.field, microseconds(outcome.latency.quantile(q.share)));
  }
  out += format(R"("max":%.1f})", microseconds(outcome.latency.max()));
  if (outcome.cpu_seconds)
    out += format(R"(,"cpu_us_per_request":%.3f)", cpu_us_per_request(outcome));
  return out + "}\n";
}

std::string progress_line(const Outcome& outcome, std::chrono::nanoseconds elapsed,
                          std::uint64_t since_last, std::chrono::nanoseconds interval) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const double rate =
      static_cast<double>(since_last) / std::chrono::duration<double>(interval).count();
  return format("%6.1f s  %10llu requests  %8.0f/s  %llu failed", seconds, number(outcome.requests),
                rate, number(outcome.failed));
}

}  // namespace bench
