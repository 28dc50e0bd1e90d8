#include "gateway/upstream/pool.h"

#include <sys/socket.h>

#include <algorithm>

namespace gateway::upstream {
namespace {

constexpr std::size_t kMaxIdle = 512;           // pooled connections of one upstream on one thread
constexpr std::chrono::seconds kIdleLimit{60};  // then a pooled connection is closed

}  // namespace

bool UpstreamConnection::still_idle() {
  char byte;
  ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool UpstreamConnection::write_now(std::span<asio::const_buffer>& pieces, net::ErrorCode& error) {
  std::span<const asio::const_buffer> all = pieces;
  std::size_t bytes = socket_.write_some(all, error);
  if (error == asio::error::would_block || error == asio::error::try_again) error = {};
  return error || net::advance(pieces, bytes);
}

net::Task<net::ErrorCode> UpstreamConnection::write_rest(std::span<asio::const_buffer> pieces) {
  for (;;) {
    if (fired()) co_return asio::error::timed_out;
    std::span<const asio::const_buffer> rest = pieces;
    auto [error, bytes] = co_await socket_.async_write_some(rest, net::kAwait);
    if (error || net::advance(pieces, bytes)) co_return error;
  }
}

net::Task<net::Io> UpstreamConnection::read_some(char* into, std::size_t size) {
  return socket_.async_read_some(asio::mutable_buffer(into, size), net::kAwait);
}

net::Io UpstreamConnection::read_now(char* into, std::size_t size) {
  net::ErrorCode error;
  const std::size_t bytes = socket_.read_some(asio::mutable_buffer(into, size), error);
  if (error == asio::error::would_block || error == asio::error::try_again) error = {};
  return {error, bytes};
}

void UpstreamConnection::cancel() {
  net::ErrorCode ignored;
  socket_.cancel(ignored);
}

UpstreamPool::UpstreamPool(net::Executor executor, net::Deadlines& deadlines,
                           conf::Upstream upstream, net::Duration connect_timeout)
    : executor_(executor),
      deadlines_(deadlines),
      upstream_(std::move(upstream)),
      connect_timeout_(connect_timeout),
      host_(upstream_.servers.front().authority()) {}

UpstreamLease UpstreamPool::take() {
  while (!idle_.empty()) {
    UpstreamLease connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->still_idle()) return connection;
  }
  return nullptr;
}

void UpstreamPool::release(UpstreamLease connection) {
  if (ended_ || idle_.size() >= kMaxIdle) return;
  connection->clear();
  connection->idle_since_ = deadlines_.now();
  idle_.push_back(std::move(connection));
}

void UpstreamPool::tidy() {
  std::erase_if(idle_, [this](const UpstreamLease& connection) {
    return deadlines_.now() - connection->idle_since_ > kIdleLimit || !connection->still_idle();
  });
}

void UpstreamPool::end() {
  ended_ = true;
  idle_.clear();
}

// Tries each server once, beginning behind the one that was tried last.
net::Task<verify::Result<UpstreamLease, upstream::Error>> UpstreamPool::connect() {
  Error failed{ErrorKind::Unreachable, {}};
  for (std::size_t i = 0; i < upstream_.servers.size(); ++i) {
    const conf::Url& server = upstream_.servers[next_server_++ % upstream_.servers.size()];
    net::Socket socket(executor_);
    auto connection = std::make_unique<UpstreamConnection>(std::move(socket), deadlines_);
    connection->set(connect_timeout_);
    net::ErrorCode error = co_await connect_to(server, *connection);
    if (!error) {
      connection->clear();
      co_return connection;
    }
    failed.detail = server.authority() + ": " + error.message();
    if (connection->fired()) failed.detail = server.authority() + ": no connection in time";
  }
  co_return verify::Failure(std::move(failed));
}

net::Task<net::ErrorCode> UpstreamPool::connect_to(const conf::Url& server,
                                                   UpstreamConnection& connection) {
  std::string host = server.host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  net::ErrorCode error;
  std::vector<net::Tcp::endpoint> endpoints;
  auto literal = asio::ip::make_address(host, error);
  if (!error) {
    endpoints.emplace_back(literal, server.port);
  } else {
    net::Resolver resolver(executor_);
    std::string port = std::to_string(server.port);
    auto [failed, results] = co_await resolver.async_resolve(host, port, net::kAwait);
    if (failed) co_return failed;
    for (const auto& entry : results) endpoints.push_back(entry.endpoint());
    error = asio::error::host_not_found;
  }
  for (const net::Tcp::endpoint& endpoint : endpoints) {
    if (connection.fired()) co_return asio::error::timed_out;
    net::ErrorCode ignored;
    connection.socket_.close(ignored);
    auto [failed] = co_await connection.socket_.async_connect(endpoint, net::kAwait);
    error = failed;
    if (error) continue;
    connection.socket_.set_option(net::Tcp::no_delay(true), ignored);
    connection.socket_.non_blocking(true, ignored);
    co_return error;
  }
  co_return error;
}

}  // namespace gateway::upstream
