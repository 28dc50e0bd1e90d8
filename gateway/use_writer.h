#pragma once

// Writes to the store which secrets and keys a server's clients have used. One thread that serves
// no requests, for this waits for the disk.

#include <memory>
#include <string>

#include "gateway/log.h"
#include "gateway/net.h"
#include "gateway/server.h"
#include "store/usage.h"

namespace gateway {

// Null where it can't be: then nothing is counted, and the log says why.
std::unique_ptr<store::Usage> open_usage(const std::string& store, Log& log);

class UseWriter {
 public:
  // All outlive it; `usage` may be null.
  UseWriter(Server& server, store::Usage* usage, Log& log)
      : server_(server), usage_(usage), log_(log) {}

  // What goes wrong is said once, until it goes well again.
  void write();
  // Once a second, until the loop stops.
  Task<void> keep_writing(asio::io_context& loop);

 private:
  Server& server_;
  store::Usage* usage_;
  Log& log_;
  bool failing_ = false;
};

}  // namespace gateway
