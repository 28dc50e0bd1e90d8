#pragma once

// How long a message's body is, decided strictly from the fields that say so (RFC 9112 6): what two
// readers could decide differently is refused. Pure.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "gateway/head_scanner.h"
#include "gateway/message.h"

namespace gateway {

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

// Fields that decide framing and connection handling, gathered while Beast hands over one after the
// other.
struct Gathered {
  unsigned content_lengths = 0, transfer_encodings = 0, hosts = 0, authorizations = 0;
  std::string_view content_length, transfer_encoding;
  bool close = false, keep_alive = false;
};

// `version`: 10 or 11. Leaves `framing` alone if no field says anything. Bad: the flaw tells why.
Parse check_framing(const Gathered& gathered, int version, Framing& framing, std::uint64_t& length,
                    Flaw& flaw);

}  // namespace gateway
