#pragma once

// The built-in origin: answers every request on 127.0.0.1 with the same 200-byte body and keeps its
// connections. Requests must have no body. One thread, that of its Poller.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/net.h"

namespace bench {

// Counts the ends of heads (an empty line) in a stream that may be cut anywhere.
class HeadCounter {
 public:
  unsigned count(std::string_view bytes);

 private:
  unsigned matched_ = 0;  // bytes of CR LF CR LF seen at the end of what came before
};

class Upstream : public Sink {
 public:
  // Port 0 picks one. The poller must outlive this.
  Upstream(Poller& poller, std::uint16_t port);
  std::uint16_t port() const { return port_; }
  std::uint64_t answered() const { return answered_; }
  void ready(std::uint32_t slot, std::uint32_t events) override;

  static constexpr std::size_t kBodySize = 200;

 private:
  struct Connection {
    Fd fd;
    HeadCounter heads;
    std::string unsent;
  };
  void accept_some();
  void receive(std::uint32_t slot);
  void answer(std::uint32_t slot, unsigned requests);
  void send(std::uint32_t slot, std::string_view bytes);
  void flush(std::uint32_t slot);
  void close(std::uint32_t slot);

  Poller& poller_;
  Fd listener_;
  std::uint16_t port_;
  std::string response_, several_;
  std::vector<Connection> connections_;  // by slot; one without fd is free
  std::vector<std::uint32_t> free_;
  std::uint64_t answered_ = 0;
};

}  // namespace bench
