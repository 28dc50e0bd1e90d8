#pragma once

// The log: one line for each exchange and lines about the program itself, text or JSON, written by
// a thread of its own (log.cc is the door to spdlog). Safe from any thread. Never given a secret,
// an Authorization value or a query.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "conf/settings.h"

namespace gateway {

struct LogEntry {  // views live until record() returns
  std::string_view request_id;
  std::string_view peer;  // address:port
  std::string_view from;  // the client's address as trusted proxies say
  std::string_view method;
  std::string_view target;  // record() cuts the query
  std::string_view host;
  std::string_view scheme;  // that was signed in place of the external one
  unsigned status = 0;      // 0: the connection ended before an answer
  std::string_view reason;  // "ok", or the true reason of a refusal
  std::string_view detail;  // escaped by record()
  std::string_view client;  // proven or claimed key
  std::string_view user;
  std::string_view upstream;
  std::uint64_t bytes_in = 0;  // body bytes
  std::uint64_t bytes_out = 0;
  std::uint64_t microseconds = 0;
};

class Log {
 public:
  // Throws std::runtime_error with one sentence if the file can't be opened (start-up only).
  explicit Log(const conf::Log& settings);
  ~Log();  // flushes
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool wants(conf::LogLevel level) const;
  void set_level(conf::LogLevel level);
  // Answers pass at info, refusals (4xx) and faults (5xx) of our own at warn.
  void record(const LogEntry& entry, bool refused);
  void say(conf::LogLevel level, std::string_view sentence);
  void reopen();  // after a rotation

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway
