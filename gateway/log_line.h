#pragma once

// How lines of the log look. Pure; a line with its line end is appended to `out`. What came from
// outside is cut at 2 KiB a value, and every byte of it that could end a line or a quote, or steer
// a terminal, is written as \xNN.

#include <chrono>
#include <string>
#include <string_view>

#include "conf/settings.h"
#include "gateway/log.h"

namespace gateway {

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

}  // namespace gateway
