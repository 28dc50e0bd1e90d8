#include "tests/net/origin.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

namespace gateway::testing {
namespace {

constexpr std::size_t kUnknown = ~std::size_t{0};

}  // namespace

int bound_socket(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  void* raw = &address;
  if (fd < 0 || ::bind(fd, static_cast<sockaddr*>(raw), size) != 0 ||
      ::getsockname(fd, static_cast<sockaddr*>(raw), &size) != 0) {
    throw std::runtime_error("no socket can be bound");
  }
  port = ntohs(address.sin_port);
  return fd;
}

int listening_socket(std::uint16_t& port, int backlog) {
  const int fd = bound_socket(port);
  if (::listen(fd, backlog) != 0) throw std::runtime_error("no socket to listen on");
  return fd;
}

DeadPort::DeadPort() : bound_(bound_socket(port)) {}
DeadPort::~DeadPort() { ::close(bound_); }

std::string answer(std::string_view body, std::string_view lines) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(lines) + "\r\n" + std::string(body);
}

net::Task<void> others_first(asio::io_context& context) {
  for (int turn = 0; turn < 8; ++turn) {
    co_await asio::post(context, asio::use_awaitable_t<net::Executor>());
  }
}

Origin::Origin(asio::io_context& context, int listening)
    : script([](const Asked&, std::size_t) { return Reply{answer("hello")}; }),
      context_(context),
      acceptor_(context, net::Tcp::v4(), listening) {
  asio::co_spawn(context_, accept(), asio::detached);
}

net::Task<void> Origin::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(net::kAwait);
    if (error) co_return;
    socket.set_option(net::Tcp::no_delay(true));
    asio::co_spawn(context_, serve(std::move(socket), connections++), asio::detached);
  }
}

net::Task<void> Origin::serve(net::Socket socket, int number) {
  ++open;
  std::string bytes;
  bool more = true;
  while (more) more = co_await serve_one(socket, number, bytes);
  --open;
}

// Several connections share `asked`, so that a request is known by its place in it.
net::Task<bool> Origin::serve_one(net::Socket& socket, int number, std::string& bytes) {
  char chunk[4096];
  asio::mutable_buffer buffer(chunk, sizeof(chunk));
  std::size_t index = kUnknown;
  bool replied = false;
  for (;;) {
    std::string rest = bytes;
    Message message;
    if (take_message(rest, false, false, message)) {
      if (index == kUnknown) {
        index = asked.size();
        asked.emplace_back();
        asked[index].connection = number;
      }
      static_cast<Message&>(asked[index]) = message;
      Reply what;
      if (!replied) what = script(asked[index], index);
      if (!replied && (message.complete || what.before_body)) {
        replied = true;
        bool keeps = co_await reply(socket, std::move(what));
        if (!keeps) co_return false;
      }
      if (message.complete) {
        bytes = rest;
        co_return true;
      }
    }
    auto [error, count] = co_await socket.async_read_some(buffer, net::kAwait);
    if (error) co_return false;
    bytes.append(chunk, count);
  }
}

net::Task<bool> Origin::reply(net::Socket& socket, Reply what) {
  std::string_view rest = what.bytes;
  for (std::size_t size = what.cut_at; !rest.empty(); size = rest.size()) {
    if (size == 0) size = rest.size();
    asio::const_buffer piece(rest.data(), size);
    auto [error, count] = co_await socket.async_write_some(piece, net::kAwait);
    if (error) co_return false;
    rest.remove_prefix(count);
    if (!rest.empty()) co_await others_first(context_);
  }
  if (!what.stray.empty()) {
    co_await others_first(context_);
    asio::const_buffer piece(what.stray.data(), what.stray.size());
    auto [error, count] = co_await socket.async_write_some(piece, net::kAwait);
    if (!error && count > 0) ++strays;
  }
  if (what.then == Reply::Then::Reset) {
    socket.set_option(asio::socket_base::linger(true, 0));
    socket.close();
  }
  if (what.stops_reading) {
    net::Timer never(context_);
    never.expires_at(net::TimePoint::max());
    auto [ignored] = co_await never.async_wait(net::kAwait);
    static_cast<void>(ignored);
  }
  // A silent one goes on reading, and never says anything.
  co_return what.then == Reply::Then::Keep || what.then == Reply::Then::Silent;
}

}  // namespace gateway::testing
