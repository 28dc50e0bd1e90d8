#pragma once

// Reads HTTP/1.1 responses to GET as far as a load generator must: status, where the body ends,
// whether the connection stays. A plain value, one per connection.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class ResponseReader {
 public:
  enum class State : std::uint8_t { Head, Body, Done, Broken };

  // Takes what was received, up to the end of the response; returns how many bytes it took. Broken:
  // not HTTP, a head beyond kMaxHead, or a body without Content-Length (chunked is not read here).
  std::size_t feed(std::string_view bytes);

  State state() const { return state_; }
  // Both from the end of the head on.
  int status() const { return status_; }
  bool stays_open() const { return stays_open_; }
  // Whether a byte of the response has arrived.
  bool begun() const { return state_ != State::Head || !partial_.empty(); }
  void reset();

  static constexpr std::size_t kMaxHead = 64 * 1024;

 private:
  std::size_t feed_head(std::string_view bytes);
  void read_head(std::string_view head);
  void read_field(std::string_view line);

  State state_ = State::Head;
  int status_ = 0;
  bool stays_open_ = true;
  bool has_length_ = false;
  std::uint64_t body_left_ = 0;
  std::string partial_;  // a head that has not arrived whole
};

}  // namespace bench
