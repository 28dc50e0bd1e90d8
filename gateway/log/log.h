#pragma once

// The log: one line for each exchange and lines about the program itself, text or JSON, written by
// a thread of its own (log.cc is the door to spdlog). Safe from any thread. Never given a secret,
// an Authorization value or a query.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "conf/settings.h"
#include "gateway/log/log_line.h"

namespace gateway::log {

class Log {
 public:
  // Throws std::runtime_error with one sentence if the file can't be opened (start-up only).
  explicit Log(const conf::Log& settings);
  ~Log();  // flushes
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool wants(conf::LogLevel level) const;
  void set_level(conf::LogLevel level);
  // Responses of backends are told at info, refusals (4xx) and faults (5xx) of our own at warn.
  void record(const LogEntry& entry, bool refused);
  void say(conf::LogLevel level, std::string_view sentence);
  void reopen();  // after a rotation

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway::log
