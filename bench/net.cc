#include "bench/net.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

namespace bench {

namespace {

using Error = verify::Failure<std::string>;

constexpr std::string_view kScheme = "http://";
constexpr int kBacklog = 4096;
constexpr std::size_t kEventsPerWait = 256;
constexpr std::uint16_t kHttpPort = 80;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

template <class Address>
void store(const Address& address, Target& out) {
  std::memcpy(&out.address, &address, sizeof(address));
  out.address_size = sizeof(address);
}

bool read_address(const std::string& host, std::uint16_t port, Target& out) {
  sockaddr_in v4{};
  if (inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    out.is_loopback = (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
    store(v4, out);
    return true;
  }
  sockaddr_in6 v6{};
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return false;
  if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr) != 1)
    return false;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  out.is_loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
  store(v6, out);
  return true;
}

// Both ends of every connection write small messages whole.
void set_no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

template <class Address>
const sockaddr* generic(const Address* address) {
  const void* bytes = address;
  return static_cast<const sockaddr*>(bytes);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

verify::Result<Target, std::string> read_target(std::string_view url) {
  const auto bad = [url](std::string_view why) {
    return Error("\"" + std::string(url) + "\" " + std::string(why));
  };
  if (!url.starts_with(kScheme)) return bad("is not a URL that begins with http://");
  const auto unfit = [](char c) { return c <= ' ' || c > '~' || c == '#'; };
  if (std::any_of(url.begin(), url.end(), unfit)) {
    return bad("has a byte that must be percent-encoded in a URL");
  }
  const std::string_view rest = url.substr(kScheme.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  std::size_t colon = authority.rfind(':');
  if (authority.ends_with(']')) colon = std::string_view::npos;
  std::uint16_t port = kHttpPort;
  if (colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, port);
    if (error != std::errc{} || stop != end || port == 0) return bad("has no valid port");
  }
  Target out;
  if (!read_address(std::string(authority.substr(0, colon)), port, out)) {
    return bad("must name an IP address or localhost");
  }
  out.authority = authority;
  out.path = rest.substr(authority.size());
  if (!out.path.starts_with('/')) out.path.insert(0, "/");
  return out;
}

Fd listen_on_loopback(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail("can't make a socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::bind(fd.get(), generic(&address), sizeof(address)) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    fail(("can't listen on 127.0.0.1:" + std::to_string(port)).c_str());
  }
  return fd;
}

std::uint16_t port_of(const Fd& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  void* bytes = &address;
  if (::getsockname(listener.get(), static_cast<sockaddr*>(bytes), &size) != 0) fail("getsockname");
  return ntohs(address.sin_port);
}

Fd begin_connect(const Target& target) {
  Fd fd(::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  set_no_delay(fd.get());
  const int begun = ::connect(fd.get(), generic(&target.address), target.address_size);
  return begun == 0 || errno == EINPROGRESS ? std::move(fd) : Fd();
}

int connect_error(const Fd& socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

verify::Result<verify::Done, std::string> probe(const Target& target,
                                                std::chrono::seconds patience) {
  const std::string subject = "nothing answers at " + target.authority + ": ";
  Fd fd(::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail("can't make a socket");
  if (::connect(fd.get(), generic(&target.address), target.address_size) == 0)
    return verify::Done{};
  if (errno != EINPROGRESS) return Error(subject + std::strerror(errno));
  pollfd waiting{fd.get(), POLLOUT, 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  if (::poll(&waiting, 1, static_cast<int>(limit.count())) != 1) {
    return Error(subject + "no connection within " + std::to_string(patience.count()) + " s");
  }
  if (const int error = connect_error(fd)) return Error(subject + std::strerror(error));
  return verify::Done{};
}

Poller::Poller(bool spin) : epoll_(::epoll_create1(EPOLL_CLOEXEC)), spin_(spin) {
  if (!epoll_) fail("can't make an epoll");
}

void Poller::watch(const Fd& fd, Sink& sink, std::uint32_t slot, std::uint32_t events) {
  control(EPOLL_CTL_ADD, fd, sink, slot, events);
}

void Poller::change(const Fd& fd, Sink& sink, std::uint32_t slot, std::uint32_t events) {
  control(EPOLL_CTL_MOD, fd, sink, slot, events);
}

void Poller::control(int operation, const Fd& fd, Sink& sink, std::uint32_t slot,
                     std::uint32_t events) {
  auto known = std::find(sinks_.begin(), sinks_.end(), &sink);
  if (known == sinks_.end()) known = sinks_.insert(known, &sink);
  epoll_event event{};
  event.events = events;
  event.data.u64 = (static_cast<std::uint64_t>(known - sinks_.begin()) << 32) | slot;
  if (::epoll_ctl(epoll_.get(), operation, fd.get(), &event) != 0) fail("epoll_ctl");
}

void Poller::wait(std::chrono::nanoseconds longest) {
  std::array<epoll_event, kEventsPerWait> events;
  int ready = 0;
  if (spin_) {
    ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  } else {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(longest);
    const timespec limit{whole.count(), (longest - whole).count()};
    ready = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), &limit,
                           nullptr);
  }
  if (ready < 0 && errno != EINTR) fail("epoll_wait");
  for (int i = 0; i < ready; ++i) {
    const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
    sinks_[data >> 32]->ready(static_cast<std::uint32_t>(data),
                              events[static_cast<std::size_t>(i)].events);
  }
}

}  // namespace bench
