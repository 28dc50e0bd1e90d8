#pragma once

// Connections to the backends, kept open between requests: one pool for each event loop. A
// connection serves one exchange at a time and goes back to the pool only when both sides are in
// step.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conf/settings.h"
#include "gateway/buffer.h"
#include "gateway/deadline.h"
#include "gateway/message_reader.h"
#include "gateway/net.h"
#include "gateway/refusal.h"
#include "gateway/stream.h"
#include "verify/result.h"

namespace gateway {

class UpstreamConnection final : public Deadline {
 public:
  UpstreamConnection(Socket socket, Deadlines& deadlines)
      : Deadline(deadlines), socket_(std::move(socket)) {}

  bool reused() const { return reused_; }
  // Nothing has arrived and the peer hasn't closed, as far as the kernel knows. One system call.
  bool still_idle();
  // As Stream::write_now.
  bool write_now(std::span<asio::const_buffer>& pieces, ErrorCode& error);
  // Suspends until `pieces`, what write_now left over, has gone; within the deadline.
  Task<ErrorCode> write_rest(std::span<asio::const_buffer> pieces);
  Task<Io> read_some(char* into, std::size_t size);
  // What is there without waiting; 0 bytes and no error if nothing is.
  Io read_now(char* into, std::size_t size);
  // Completes once something has arrived.
  template <class Handler>
  void when_readable(Handler handler) {
    socket_.async_wait(Socket::wait_read, std::move(handler));
  }
  void cancel();

 private:
  friend class UpstreamPool;
  void expire() override { cancel(); }

  Socket socket_;
  bool reused_ = false;
  TimePoint idle_since_{};
};

using UpstreamLease = std::unique_ptr<UpstreamConnection>;

class UpstreamPool {
 public:
  // `deadlines` outlives it.
  UpstreamPool(Executor executor, Deadlines& deadlines, conf::Upstream upstream,
               Duration connect_timeout);

  // Whether another with these arguments would be the same.
  bool serves(const conf::Upstream& upstream, Duration connect_timeout) const {
    return upstream_ == upstream && connect_timeout_ == connect_timeout;
  }

  // A pooled connection, or null. Each is looked at first: what arrived on it while it was idle
  // would be taken for the answer to the next request, perhaps of another client.
  UpstreamLease take();
  // A new connection to the next server that answers.
  Task<verify::Result<UpstreamLease, Refusal>> connect();
  // Only with nothing unread and nothing unsent.
  void release(UpstreamLease connection);
  // Closes what has been idle for long, or has been closed by the peer.
  void tidy();
  // Closes what is idle, and from now on what is released.
  void end();

  const std::string& host() const { return host_; }  // authority of the first server

 private:
  Task<ErrorCode> connect_to(const conf::Url& server, UpstreamConnection& connection);

  Executor executor_;
  Deadlines& deadlines_;
  const conf::Upstream upstream_;
  Duration connect_timeout_;
  std::string host_;
  std::vector<UpstreamLease> idle_;  // most recently used last
  std::size_t next_server_ = 0;
  bool ended_ = false;
};

}  // namespace gateway
