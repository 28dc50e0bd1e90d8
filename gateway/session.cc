#include "gateway/session.h"

#include "gateway/exchange.h"

namespace gateway {
namespace {

constexpr std::chrono::seconds kParkAfter{1};  // idle for so long: the buffers go back
constexpr std::chrono::seconds kDrainGrace{
    1};                                     // for the first byte on what is accepted while draining
constexpr std::chrono::seconds kLinger{2};  // reading on after a refusal (RFC 9112 9.6)
constexpr std::size_t kLingerBytes = 4 << 20;

// Until the first byte of the next request is in scratch->in. False: the connection ends.
Task<bool> next_request(Worker& worker, Connection& connection, std::unique_ptr<Scratch>& scratch) {
  const Duration idle = worker.gate().settings.timeouts.idle;
  if (!scratch->in.empty()) {
    connection.set(worker.gate().settings.timeouts.header);
    co_return true;
  }
  if (worker.draining() && connection.requests > 0) co_return false;
  // Others that are ready go first: by then this client has often sent its next request.
  co_await asio::post(worker.context(), asio::use_awaitable_t<Executor>());
  connection.waiting = true;
  Duration patience = std::min<Duration>(kParkAfter, idle);
  if (worker.draining()) patience = kDrainGrace;
  connection.set(patience);
  Stream& stream = connection.stream();
  auto [failed, received] =
      co_await stream.read_some(scratch->in.space(), scratch->in.space_size());
  ErrorCode error = failed;
  std::size_t bytes = received;
  if (error && connection.fired() && !worker.draining() && idle > patience) {
    worker.give_back(std::move(scratch));
    connection.set(idle - patience);
    error = co_await stream.readable();
    if (error) co_return false;
    scratch = worker.take_scratch();
    // TLS may have woken up for part of a record.
    auto [late, late_bytes] =
        co_await stream.read_some(scratch->in.space(), scratch->in.space_size());
    error = late;
    bytes = late_bytes;
  }
  connection.waiting = false;
  if (error) co_return false;
  scratch->in.filled(bytes);
  ++connection.requests;
  // The clock of the head runs from its first byte.
  connection.set(worker.gate().settings.timeouts.header);
  co_return true;
}

// Lets the last answer reach a client that is still sending, instead of a reset that would erase
// it.
Task<void> linger(Connection& connection, Scratch& scratch) {
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

Task<void> session(Worker& worker, std::unique_ptr<Stream> stream, Tcp::endpoint peer) {
  Connection connection(worker, std::move(stream), peer);
  connection.set(worker.gate().settings.timeouts.header);
  ErrorCode error = co_await connection.stream().handshake();
  if (error) co_return;
  std::unique_ptr<Scratch> scratch = worker.take_scratch();
  Next next = Next::Keep;
  while (next == Next::Keep) {
    bool more = co_await next_request(worker, connection, scratch);
    if (!more) break;
    next = co_await exchange(connection, *scratch, worker);
  }
  if (next == Next::Close) co_await linger(connection, *scratch);
  connection.stream().close(next == Next::Abort);
  if (scratch) worker.give_back(std::move(scratch));
}

}  // namespace gateway
