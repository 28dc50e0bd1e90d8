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
#include "gateway/http/buffer.h"
#include "gateway/http/message_reader.h"
#include "gateway/net/deadline.h"
#include "gateway/net/net.h"
#include "gateway/net/stream.h"
#include "gateway/upstream/error.h"
#include "verify/result.h"

namespace gateway::upstream {

class UpstreamConnection final : public net::Deadline {
 public:
  UpstreamConnection(net::Socket socket, net::Deadlines& deadlines)
      : net::Deadline(deadlines), socket_(std::move(socket)) {}

  // Nothing has arrived and the peer hasn't closed, as far as the kernel knows. One system call.
  bool still_idle();
  // As Stream::write_now.
  bool write_now(std::span<asio::const_buffer>& pieces, net::ErrorCode& error);
  // Suspends until `pieces`, what write_now left over, has gone; within the deadline.
  net::Task<net::ErrorCode> write_rest(std::span<asio::const_buffer> pieces);
  net::Task<net::Io> read_some(char* into, std::size_t size);
  // What is there without waiting; 0 bytes and no error if nothing is.
  net::Io read_now(char* into, std::size_t size);
  // Completes once something has arrived.
  template <class Handler>
  void when_readable(Handler handler) {
    socket_.async_wait(net::Socket::wait_read, std::move(handler));
  }
  void cancel();

 private:
  friend class UpstreamPool;
  void expire() override { cancel(); }

  net::Socket socket_;
  net::TimePoint idle_since_{};
};

using UpstreamLease = std::unique_ptr<UpstreamConnection>;

class UpstreamPool {
 public:
  // `deadlines` outlives it.
  UpstreamPool(net::Executor executor, net::Deadlines& deadlines, conf::Upstream upstream,
               net::Duration connect_timeout);

  // Whether another with these arguments would be the same.
  bool serves(const conf::Upstream& upstream, net::Duration connect_timeout) const {
    return upstream_ == upstream && connect_timeout_ == connect_timeout;
  }

  // A pooled connection, or null. Each is looked at first: what arrived on it while it was idle
  // would be taken for the response to the next request, perhaps of another client.
  UpstreamLease take();
  // A new connection to the next server that accepts it.
  net::Task<verify::Result<UpstreamLease, upstream::Error>> connect();
  // Only with nothing unread and nothing unsent.
  void release(UpstreamLease connection);
  // Closes what has been idle for long, or has been closed by the peer.
  void tidy();
  // Closes what is idle, and from now on what is released.
  void end();

  const std::string& host() const { return host_; }  // authority of the first server

 private:
  net::Task<net::ErrorCode> connect_to(const conf::Url& server, UpstreamConnection& connection);

  net::Executor executor_;
  net::Deadlines& deadlines_;
  const conf::Upstream upstream_;
  net::Duration connect_timeout_;
  std::string host_;
  std::vector<UpstreamLease> idle_;  // most recently used last
  std::size_t next_server_ = 0;
  bool ended_ = false;
};

}  // namespace gateway::upstream
