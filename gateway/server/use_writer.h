#pragma once

// Writes to the store which secrets and keys a server's clients have used. One thread that serves
// no requests, for this waits for the disk.

#include <memory>
#include <string>

#include "gateway/log/log.h"
#include "gateway/net/net.h"
#include "gateway/server/server.h"
#include "store/usage.h"

namespace gateway::server {

// Null where it can't be: then nothing is counted, and the log says why.
std::unique_ptr<store::Usage> open_usage(const std::string& store, log::Log& log);

class UseWriter {
 public:
  // All outlive it; `usage` may be null.
  UseWriter(Server& server, store::Usage* usage, log::Log& log)
      : server_(server), usage_(usage), log_(log) {}

  // What goes wrong is said once, until it goes well again.
  void write();
  // Once a second, until the loop stops.
  net::Task<void> keep_writing(asio::io_context& loop);

 private:
  Server& server_;
  store::Usage* usage_;
  log::Log& log_;
  bool failing_ = false;
};

}  // namespace gateway::server
