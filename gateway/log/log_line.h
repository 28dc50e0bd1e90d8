#pragma once

// How lines of the log look. Pure; a line with its line end is appended to `out`. What came from
// outside is cut at 2 KiB a value, and every byte of it that could end a line or a quote, or steer
// a terminal, is written as \xNN.

#include <chrono>
#include <string>
#include <string_view>

#include "conf/settings.h"

namespace gateway::log {

struct LogEntry {
  std::string_view request_id;
  std::string_view peer;  // address:port
  std::string_view from;  // the client's address as trusted proxies say
  std::string_view method;
  std::string_view target;  // without its query in the line
  std::string_view host;
  std::string_view scheme;  // that was signed in place of the external one
  unsigned status = 0;      // 0: the connection ended before a response
  std::string_view reason;  // "ok", or the true reason of a refusal
  std::string_view detail;  // escaped in the line
  std::string_view client;  // proven or claimed key
  std::string_view user;
  std::string_view upstream;
  std::uint64_t bytes_in = 0;  // body bytes
  std::uint64_t bytes_out = 0;
  std::uint64_t microseconds = 0;
};

struct Stamp {
  std::chrono::system_clock::time_point time;
  conf::LogLevel level = conf::LogLevel::Info;
};

// 2026-01-02T03:04:05.678Z info  id=I 127.0.0.1:1234 "GET /path" host=H 200 ok client=C in=0
// out=123 us=456 What is empty is left out, or "-" where only its place says what it is.
void text_line(const Stamp& stamp, const LogEntry& entry, std::string& out);
void text_line(const Stamp& stamp, std::string_view sentence, std::string& out);

// One JSON object. The user's name, which is UTF-8, stays as it is.
void json_line(const Stamp& stamp, const LogEntry& entry, std::string& out);
void json_line(const Stamp& stamp, std::string_view sentence, std::string& out);

}  // namespace gateway::log
