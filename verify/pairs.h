#pragma once

// The two notations in which a request carries its parameters, taken apart and not yet decoded: the
// Authorization field (RFC 5849 section 3.5.1) and application/x-www-form-urlencoded
// (3.5.2, 3.5.3). Readers keep views into the text; plain values, one thread at a time.

#include <cstddef>
#include <optional>
#include <string_view>

namespace verify {

// A name or value as received. `plain`: all of it is unreserved, so that decoding and encoding
// change nothing.
struct Piece {
  std::string_view text;
  bool plain = true;
};

struct Pair {
  Piece name, value;
};

enum class Step { Pair, End, Malformed };

// Takes white space around every part, empty list elements and any order (RFC 7235 section 2.1),
// but only quoted values.
class HeaderPairs {
 public:
  // Nothing when the field is of another scheme than OAuth (in any case).
  static std::optional<HeaderPairs> of(std::string_view field);
  Step next(Pair& out);
  // Where in the field the reader stands: after Malformed, what it could not read.
  std::size_t offset() const { return static_cast<std::size_t>(at_ - field_.data()); }

 private:
  HeaderPairs(std::string_view field, std::size_t start);
  bool read_name(Piece& out);
  bool read_quoted(Piece& out, bool may_escape);

  std::string_view field_;
  const char* at_;
  const char* end_;
};

// Whether it is the header's realm, which is no OAuth parameter.
bool is_realm(std::string_view name);

// Skips empty pieces; a piece without '=' is a name with an empty value. Nothing is malformed.
class FormPairs {
 public:
  explicit FormPairs(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}
  bool next(Pair& out);

 private:
  const char* at_;
  const char* end_;
};

}  // namespace verify
