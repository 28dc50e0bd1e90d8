#include "gateway/log/log_line.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "gateway/net/json.h"

namespace gateway::log {
namespace {

constexpr std::size_t kLongest = 2048;  // bytes of one value

std::string_view name(conf::LogLevel level) {
  switch (level) {
    case conf::LogLevel::Debug:
      return "debug";
    case conf::LogLevel::Info:
      return "info";
    case conf::LogLevel::Warn:
      return "warn";
    case conf::LogLevel::Error:
      return "error";
  }
  return "error";
}

void put_number(std::uint64_t number, std::string& out) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// The last `digits` digits, with zeros in front.
void put_digits(std::uint64_t number, std::size_t digits, std::string& out) {
  char text[4];
  for (std::size_t i = digits; i-- > 0; number /= 10)
    text[i] = static_cast<char>('0' + number % 10);
  out.append(text, digits);
}

// RFC 3339 in UTC, with milliseconds.
void put_time(std::chrono::system_clock::time_point time, std::string& out) {
  using namespace std::chrono;
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const auto ms = static_cast<std::uint64_t>(floor<milliseconds>(time - day).count());
  put_digits(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4, out);
  out += '-';
  put_digits(static_cast<unsigned>(date.month()), 2, out);
  out += '-';
  put_digits(static_cast<unsigned>(date.day()), 2, out);
  out += 'T';
  put_digits(ms / 3'600'000, 2, out);
  out += ':';
  put_digits(ms / 60'000 % 60, 2, out);
  out += ':';
  put_digits(ms / 1000 % 60, 2, out);
  out += '.';
  put_digits(ms % 1000, 3, out);
  out += 'Z';
}

enum class Space : bool { Escaped, Kept };
enum class Quote : bool { Escaped, Kept };

void put_escaped(std::string_view value, Space space, Quote quote, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  auto plain = [space, quote](char c) {
    if (c == ' ') return space == Space::Kept;
    if (c == '"' || c == '\\') return quote == Quote::Kept;
    return c > 0x20 && c < 0x7f;
  };
  const bool cut = value.size() > kLongest;
  value = value.substr(0, kLongest);
  while (!value.empty()) {
    const auto run = static_cast<std::size_t>(std::find_if_not(value.begin(), value.end(), plain) -
                                              value.begin());
    out.append(value.substr(0, run));
    value.remove_prefix(run);
    if (value.empty()) break;
    const auto byte = static_cast<unsigned char>(value.front());
    out += "\\x";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
    value.remove_prefix(1);
  }
  if (cut) out += "...";
}

void put_word(std::string_view value, std::string& out) {
  if (value.empty()) out += '-';
  put_escaped(value, Space::Escaped, Quote::Escaped, out);
}

void put_pair(std::string_view key, std::string_view value, std::string& out) {
  if (value.empty()) return;
  out += key;
  put_word(value, out);
}

std::string_view without_query(std::string_view target) {
  return target.substr(0, target.find('?'));
}

void begin_text(const Stamp& stamp, std::string& out) {
  put_time(stamp.time, out);
  out += ' ';
  const std::string_view level = name(stamp.level);
  out += level;
  out.append(6 - level.size(), ' ');
}

json::object begin_json(const Stamp& stamp, json::storage_ptr memory) {
  json::object line(std::move(memory));
  std::string time;
  put_time(stamp.time, time);
  line["time"] = time;
  const std::string_view level = name(stamp.level);
  line["level"] = json::string_view(level.data(), level.size());
  return line;
}

void set(json::object& line, json::string_view key, std::string_view value) {
  if (value.empty()) return;
  std::string text;
  put_escaped(value, Space::Kept, Quote::Kept, text);
  line[key] = text;
}

void end_json(const json::object& line, std::string& out) {
  json::serializer serializer;
  serializer.reset(&line);
  char piece[1024];
  while (!serializer.done()) {
    const json::string_view bytes = serializer.read(piece);
    out.append(bytes.data(), bytes.size());
  }
  out += '\n';
}

}  // namespace

void text_line(const Stamp& stamp, const LogEntry& entry, std::string& out) {
  begin_text(stamp, out);
  put_pair("id=", entry.request_id, out);
  out += entry.request_id.empty() ? "" : " ";
  put_word(entry.peer, out);
  out += " \"";
  put_word(entry.method, out);
  out += ' ';
  put_word(without_query(entry.target), out);
  out += '"';
  put_pair(" from=", entry.from, out);
  put_pair(" host=", entry.host, out);
  put_pair(" scheme=", entry.scheme, out);
  out += ' ';
  if (entry.status == 0) {
    out += '-';
  } else {
    put_number(entry.status, out);
  }
  out += ' ';
  put_word(entry.reason, out);
  put_pair(" client=", entry.client, out);
  put_pair(" user=", entry.user, out);
  put_pair(" upstream=", entry.upstream, out);
  out += " in=";
  put_number(entry.bytes_in, out);
  out += " out=";
  put_number(entry.bytes_out, out);
  out += " us=";
  put_number(entry.microseconds, out);
  if (!entry.detail.empty()) {
    out += " detail=\"";
    put_escaped(entry.detail, Space::Kept, Quote::Escaped, out);
    out += '"';
  }
  out += '\n';
}

void text_line(const Stamp& stamp, std::string_view sentence, std::string& out) {
  begin_text(stamp, out);
  put_escaped(sentence, Space::Kept, Quote::Kept, out);
  out += '\n';
}

void json_line(const Stamp& stamp, const LogEntry& entry, std::string& out) {
  unsigned char room[4096];
  json::monotonic_resource memory(room, sizeof room);
  json::object line = begin_json(stamp, &memory);
  set(line, "id", entry.request_id);
  set(line, "peer", entry.peer);
  set(line, "from", entry.from);
  set(line, "method", entry.method);
  set(line, "target", without_query(entry.target));
  set(line, "host", entry.host);
  set(line, "scheme", entry.scheme);
  line["status"] = entry.status;
  set(line, "reason", entry.reason);
  set(line, "detail", entry.detail);
  set(line, "client", entry.client);
  if (!entry.user.empty()) line["user"] = json::string_view(entry.user.data(), entry.user.size());
  set(line, "upstream", entry.upstream);
  line["in"] = entry.bytes_in;
  line["out"] = entry.bytes_out;
  line["us"] = entry.microseconds;
  end_json(line, out);
}

void json_line(const Stamp& stamp, std::string_view sentence, std::string& out) {
  json::object line = begin_json(stamp, {});
  set(line, "message", sentence);
  end_json(line, out);
}

}  // namespace gateway::log
