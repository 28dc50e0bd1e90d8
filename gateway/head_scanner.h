#pragma once

// Finds the end of a message's head in what has been received, and refuses what two readers could
// take for different heads before anything is parsed (RFC 9112 2.2, 5). Pure; one message at a
// time; one thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/refusal.h"

namespace gateway {

struct HeadBounds {
  std::size_t head_bytes = 32 << 10;  // request line and fields; also a trailer
  std::size_t target_bytes = 16 << 10;
  std::size_t fields = 100;
};

enum class Parse : std::uint8_t { NeedMore, Done, Bad };

// Requests come from strangers, and are read strictly. Backends can't be changed: of an answer is
// also taken what common clients read in one and the same way, such as lines that end in a bare LF.
// What goes on is written anew in either case.
enum class Reading : std::uint8_t { Request, Answer };

// What was wrong: a fault to answer with (requests) and a sentence with the offending bytes.
struct Flaw {
  Fault fault = Fault::Malformed;
  std::string sentence;
};

// Fills `flaw` and answers Bad.
Parse bad(Flaw& flaw, Fault fault, std::string sentence);
// The first bytes of what was offending, for a sentence.
std::string shown(std::string_view bytes);

inline constexpr std::size_t kMaxMethod = 32;  // bytes of a method name

// Finds the end of a head before anything is parsed, so that views into it are made once and stay.
// Refuses white space before the first field and what exceeds the bounds; in requests also bare LF
// and folded lines.
class HeadScanner {
 public:
  explicit HeadScanner(Reading reading = Reading::Request) : reading_(reading) {}
  void reset() { *this = HeadScanner(reading_); }
  // `bytes` begins where the message begins (after skip()), and was longer or equal at each call.
  // Done: the head is the first `length()` bytes.
  Parse scan(std::string_view bytes, const HeadBounds& bounds, Flaw& flaw);
  std::size_t length() const { return line_; }

 private:
  Reading reading_;
  std::size_t line_ = 0;   // begin of the line being looked at
  std::size_t seen_ = 0;   // bytes already looked at
  std::size_t lines_ = 0;  // complete lines
};

// Empty lines that a client may send before its request line (RFC 9112 2.2): how many bytes of
// `bytes` to skip. At most two lines in all.
std::size_t leading_empty_lines(std::string_view bytes, unsigned& lines_skipped);

}  // namespace gateway
