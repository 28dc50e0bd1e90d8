#pragma once

// How long a message's body is, decided strictly from the fields that say so (RFC 9112 6): what two
// readers could decide differently is refused. Pure.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "gateway/http/head_scanner.h"
#include "gateway/http/message.h"

namespace gateway::http {

// Without the spaces and tabs around it.
inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls each(element) for the non-empty elements of a comma-separated list.
template <class Each>
void each_element(std::string_view list, Each each) {
  while (!list.empty()) {
    std::size_t comma = std::min(list.find(','), list.size());
    std::string_view element = trimmed(list.substr(0, comma));
    if (!element.empty()) each(element);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

// What the fields say about framing and the connection, gathered while they are read.
struct Gathered {
  unsigned content_lengths = 0, transfer_encodings = 0;  // fields
  std::string_view content_length, transfer_encoding;    // the first one, the last one
  bool lengths_differ = false;
  unsigned chunked = 0, other_codings = 0;  // in all Transfer-Encoding fields, "identity" aside
  bool close = false, keep_alive = false;
  bool untidy = false;  // of a response: it has folded lines or control bytes, see tidy()
};

// `version`: 10 or 11. Leaves `framing` alone if no field says anything. Bad: the error tells why.
Parse check_framing(const Gathered& gathered, int version, Framing& framing, std::uint64_t& length,
                    Error& error);

// Of a response is also taken what has one meaning alone: a length that is given more than once and
// is the same each time, "chunked" that is, "identity", and chunks in spite of a length (RFC 9112
// 6.3). `odd`: it was said in such a way. Otherwise the same, with `told`: the length that is
// given, for those who don't get the body.
Parse check_response_framing(const Gathered& gathered, int version, ResponseHead& out, bool& odd,
                             Error& error);

}  // namespace gateway::http
