#include "gateway/server/session.h"

#include <optional>

#include "gateway/server/serve_request.h"

namespace gateway::server {
namespace {

constexpr std::chrono::seconds kParkAfter{1};  // idle for so long: the buffers go back
constexpr std::chrono::seconds kLinger{2};     // reading on after a refusal (RFC 9112 9.6)
constexpr std::size_t kLingerBytes = 4 << 20;

net::Duration patience(const exchange::Worker& worker) {
  if (worker.draining()) return exchange::Worker::kDrainGrace;
  return std::min<net::Duration>(kParkAfter, worker.config().settings.timeouts.idle);
}

// Before a client has said anything, nothing is set aside for it. False: the connection ends.
net::Task<bool> begin(exchange::Worker& worker, exchange::Connection& connection) {
  net::Stream& stream = connection.stream();
  const conf::Timeouts& timeouts = worker.config().settings.timeouts;
  const net::Duration silent = stream.secure() ? timeouts.header : timeouts.idle;
  connection.waiting = true;
  connection.set(worker.draining() ? exchange::Worker::kDrainGrace : silent);
  net::ErrorCode error = co_await stream.readable();
  connection.waiting = false;
  if (error) co_return false;
  connection.set(worker.config().settings.timeouts.header);
  error = co_await stream.handshake();
  co_return !error;
}

// Nothing came for a while: waits on without buffers. False: the connection ends.
net::Task<bool> park(exchange::Worker& worker, exchange::Connection& connection,
                     std::unique_ptr<exchange::Scratch>& scratch) {
  const net::Duration waited = patience(worker);
  const net::Duration idle = worker.config().settings.timeouts.idle;
  if (!connection.fired() || worker.draining() || idle <= waited) co_return false;
  worker.give_back(std::move(scratch));
  connection.set(idle - waited);
  net::Stream& stream = connection.stream();
  net::ErrorCode ended = co_await stream.readable();
  if (ended) co_return false;
  scratch = worker.take_scratch();
  // TLS may have woken up for part of a record.
  auto [error, bytes] = co_await stream.read_some(scratch->in.space(), scratch->in.space_size());
  if (error) co_return false;
  scratch->in.filled(bytes);
  co_return true;
}

// Lets the last response reach a client that is still sending, instead of a reset that would erase
// it.
net::Task<void> linger(exchange::Connection& connection, exchange::Scratch& scratch) {
  connection.set(kLinger);
  co_await connection.stream().finish();
  std::size_t total = 0;
  scratch.in.clear();
  while (total < kLingerBytes && !connection.fired()) {
    auto [error, bytes] =
        co_await connection.stream().read_some(scratch.in.space(), scratch.in.space_size());
    if (error) break;
    total += bytes;
  }
}

}  // namespace

net::Task<void> session(exchange::Worker& worker, std::unique_ptr<net::Stream> stream,
                        net::Tcp::endpoint peer) {
  exchange::Connection connection(worker, std::move(stream), peer);
  const bool spoke = co_await begin(worker, connection);
  if (!spoke) {
    connection.stream().close(false);
    co_return;
  }
  std::unique_ptr<exchange::Scratch> scratch = worker.take_scratch();
  std::optional<exchange::Exchange> x;
  exchange::Next next = exchange::Next::Keep;
  while (next == exchange::Next::Keep) {
    if (scratch->in.empty()) {
      if (worker.draining() && connection.requests > 0) break;
      // Others that are ready go first: by then this client has often sent its next request.
      co_await asio::post(worker.context(), asio::use_awaitable_t<net::Executor>());
      connection.waiting = true;
      connection.proven = false;
      connection.set(patience(worker));
      auto [failed, bytes] =
          co_await connection.stream().read_some(scratch->in.space(), scratch->in.space_size());
      bool more = !failed;
      if (more) scratch->in.filled(bytes);
      if (failed) more = co_await park(worker, connection, scratch);
      connection.waiting = false;
      if (!more) break;
    }
    ++connection.requests;
    connection.renew_generation();
    connection.proven = false;
    connection.set(worker.config().settings.timeouts.header);  // from the first byte of the head
    x.emplace(connection, *scratch, worker);
    next = co_await serve_request(*x);
  }
  if (next == exchange::Next::Close) co_await linger(connection, *scratch);
  connection.stream().close(next == exchange::Next::Abort);
  if (scratch) worker.give_back(std::move(scratch));
}

}  // namespace gateway::server
