#pragma once

// Non-blocking TCP on Linux, as little as a load generator needs: descriptors that close
// themselves, addresses, and one epoll. One thread per Poller. What the operating system refuses at
// start is thrown as std::system_error, which main() prints.

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verify/result.h"

namespace bench {

using Clock = std::chrono::steady_clock;

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { close(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

// http://HOST[:PORT]/path?query, taken apart. HOST is an IPv4 or [IPv6] address, or localhost
// (127.0.0.1); names are not resolved.
struct Target {
  sockaddr_storage address{};
  socklen_t address_size = 0;
  bool is_loopback = false;
  std::string authority;  // HOST[:PORT] as written
  std::string path;       // with the query; "/" if there is none
};
verify::Result<Target, std::string> read_target(std::string_view url);

// A socket on 127.0.0.1 that accepts without blocking; port 0 picks one.
Fd listen_on_loopback(std::uint16_t port);
std::uint16_t port_of(const Fd& listener);

// Begins to connect: writable when it has, or failed (connect_error). Empty if it failed at once.
Fd begin_connect(const Target& target);
// 0, or the errno with which the connection failed.
int connect_error(const Fd& socket);

// Connects once and closes again; the error is a sentence that names the target.
verify::Result<verify::Done, std::string> probe(const Target& target,
                                                std::chrono::seconds patience);

// Told that a descriptor is ready. `slot` is what the sink gave when it began to watch, `events`
// EPOLL*. It may close that descriptor, and no other one, from inside ready().
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void ready(std::uint32_t slot, std::uint32_t events) = 0;
};

class Poller {
 public:
  // Spinning, wait() never sleeps.
  explicit Poller(bool spin);
  void watch(const Fd& fd, Sink& sink, std::uint32_t slot, std::uint32_t events);
  void change(const Fd& fd, Sink& sink, std::uint32_t slot, std::uint32_t events);
  // Delivers what is ready, waiting for at most `longest` for something to become so.
  void wait(std::chrono::nanoseconds longest);

 private:
  void control(int operation, const Fd& fd, Sink& sink, std::uint32_t slot, std::uint32_t events);
  Fd epoll_;
  bool spin_;
  std::vector<Sink*> sinks_;
};

}  // namespace bench
