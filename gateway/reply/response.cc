#include "gateway/reply/response.h"

#include <algorithm>
#include <chrono>

namespace gateway::reply {
namespace {

void put_two_digits(unsigned number, std::string& out) {
  out += static_cast<char>('0' + number / 10 % 10);
  out += static_cast<char>('0' + number % 10);
}

void put_line(std::string_view name, std::string_view value, std::string& out) {
  out += name;
  out += ": ";
  std::copy_if(value.begin(), value.end(), std::back_inserter(out),
               [](char c) { return c != '\r' && c != '\n' && c != '\0'; });
  out += "\r\n";
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 303:
      return "See Other";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

std::string http_date(std::int64_t unix_seconds) {
  using namespace std::chrono;
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::int64_t kYear9999 = 253402300799;
  const sys_seconds now{seconds{std::clamp<std::int64_t>(unix_seconds, 0, kYear9999)}};
  const sys_days day = floor<days>(now);
  const year_month_day date{day};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const auto second = static_cast<unsigned>((now - day).count());
  std::string out(kDays.substr(weekday{day}.c_encoding() * 3, 3));
  out += ", ";
  put_two_digits(static_cast<unsigned>(date.day()), out);
  out += ' ';
  out += kMonths.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3);
  out += ' ';
  put_two_digits(year / 100, out);
  put_two_digits(year, out);
  out += ' ';
  put_two_digits(second / 3600, out);
  out += ':';
  put_two_digits(second / 60 % 60, out);
  out += ':';
  put_two_digits(second % 60, out);
  return out + " GMT";
}

std::string render(const Response& response, const ResponseContext& context) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out += reason_phrase(response.status);
  out += "\r\n";
  put_line("Date", http_date(context.now), out);
  if (!response.content_type.empty()) put_line("Content-Type", response.content_type, out);
  put_line("Content-Length", std::to_string(response.body.size()), out);
  put_line("Cache-Control", "no-store", out);
  if (!context.request_id.empty()) put_line("X-Request-Id", context.request_id, out);
  for (const auto& [name, value] : response.fields) put_line(name, value, out);
  if (context.close) {
    put_line("Connection", "close", out);
  } else if (context.client_minor == 0) {
    put_line("Connection", "keep-alive", out);
  }
  out += "\r\n";
  if (!context.head) out += response.body;
  return out;
}

}  // namespace gateway::reply
