#pragma once

// A backend that answers as a test says, on a real socket of the loopback and on the event loop
// under test. It keeps what it was asked.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gateway/net/net.h"
#include "tests/net/http_text.h"

namespace gateway::testing {

struct Reply {
  enum class Then : std::uint8_t { Keep, Close, Reset, Silent };
  std::string bytes;
  Then then = Then::Keep;
  std::size_t cut_at = 0;    // the bytes go in two writes, cut here; 0: in one
  std::string stray{};       // sent when the answer has long been read
  bool before_body = false;  // don't wait for the request's body
  bool stops_reading = false;
};

struct Asked : Message {
  int connection = 0;
};

std::string answer(std::string_view body, std::string_view lines = "");  // 200 with its length

class Origin {
 public:
  // `listening`: a socket as listening_socket() makes it.
  Origin(asio::io_context& context, int listening);
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  // What it answers to the request of this number.
  std::function<Reply(const Asked& request, std::size_t number)> script;
  std::vector<Asked> asked;
  int connections = 0;
  int open = 0;    // connections that the gate hasn't closed
  int strays = 0;  // sent

 private:
  net::Task<void> accept();
  net::Task<void> serve(net::Socket socket, int number);
  net::Task<bool> serve_one(net::Socket& socket, int number, std::string& bytes);
  net::Task<bool> reply(net::Socket& socket, Reply what);

  asio::io_context& context_;
  net::Acceptor acceptor_;
};

// Bound to 127.0.0.1, and its port.
int bound_socket(std::uint16_t& port);
int listening_socket(std::uint16_t& port, int backlog = 64);

// A port that refuses connections. Nobody else gets it as long as this lives.
class DeadPort {
 public:
  DeadPort();
  ~DeadPort();
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  std::uint16_t port = 0;

 private:
  int bound_;
};

// Lets everything that is ready on the loop go first.
net::Task<void> others_first(asio::io_context& context);

}  // namespace gateway::testing
