#include "bench/upstream.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace bench {

namespace {

constexpr std::uint32_t kListenerSlot = 0xFFFFFFFF;
constexpr int kAcceptsPerEvent = 64;
constexpr std::size_t kReceiveBytes = 64 * 1024;

std::string make_response() {
  const std::string begin = R"({"name":"item","text":")", end = R"("})";
  const std::string body =
      begin + std::string(Upstream::kBodySize - begin.size() - end.size(), 'x') + end;
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
         "Server: portcullis-bench\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

unsigned HeadCounter::count(std::string_view bytes) {
  unsigned found = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (matched_ == 0) {
      const void* next = std::memchr(bytes.data() + i, '\r', bytes.size() - i);
      if (next == nullptr) return found;
      i = static_cast<std::size_t>(static_cast<const char*>(next) - bytes.data());
      matched_ = 1;
      continue;
    }
    const char wanted = matched_ % 2 == 1 ? '\n' : '\r';
    if (bytes[i] == wanted) {
      ++matched_;
    } else {
      matched_ = bytes[i] == '\r' ? 1 : 0;
    }
    if (matched_ == 4) {
      ++found;
      matched_ = 0;
    }
  }
  return found;
}

Upstream::Upstream(Poller& poller, std::uint16_t port)
    : poller_(poller),
      listener_(listen_on_loopback(port)),
      port_(port_of(listener_)),
      response_(make_response()) {
  poller_.watch(listener_, *this, kListenerSlot, EPOLLIN);
}

void Upstream::ready(std::uint32_t slot, std::uint32_t events) {
  if (slot == kListenerSlot) return accept_some();
  if ((events & EPOLLOUT) != 0) flush(slot);
  if (connections_[slot].fd && (events & ~std::uint32_t{EPOLLOUT}) != 0) receive(slot);
}

void Upstream::accept_some() {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(connections_.size()));
      connections_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    connections_[slot].fd = std::move(fd);
    poller_.watch(connections_[slot].fd, *this, slot, EPOLLIN);
  }
}

void Upstream::receive(std::uint32_t slot) {
  static thread_local std::array<char, kReceiveBytes> buffer;
  Connection& connection = connections_[slot];
  const ssize_t got = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return close(slot);
  const unsigned requests =
      connection.heads.count(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  if (requests > 0) answer(slot, requests);
}

void Upstream::answer(std::uint32_t slot, unsigned requests) {
  answered_ += requests;
  if (requests == 1) return send(slot, response_);
  several_.clear();
  for (unsigned i = 0; i < requests; ++i) several_ += response_;
  send(slot, several_);
}

void Upstream::send(std::uint32_t slot, std::string_view bytes) {
  Connection& connection = connections_[slot];
  if (connection.unsent.empty()) {
    const ssize_t sent = ::send(connection.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return close(slot);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (bytes.empty()) return;
    // Nothing more is read from a peer that doesn't take its answers.
    poller_.change(connection.fd, *this, slot, EPOLLOUT);
  }
  connection.unsent.append(bytes);
}

void Upstream::flush(std::uint32_t slot) {
  Connection& connection = connections_[slot];
  const std::string& rest = connection.unsent;
  const ssize_t sent = ::send(connection.fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return close(slot);
  if (sent > 0) connection.unsent.erase(0, static_cast<std::size_t>(sent));
  if (connection.unsent.empty()) poller_.change(connection.fd, *this, slot, EPOLLIN);
}

void Upstream::close(std::uint32_t slot) {
  connections_[slot] = Connection{};
  free_.push_back(slot);
}

}  // namespace bench
