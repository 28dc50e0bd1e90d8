#pragma once

// One HTTP message fed to its reader in pieces, as the gateway does it: what a reader has not used
// is shown to it again, with more behind it. For fuzz targets, which abort.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message_reader.h"

namespace fuzz {

inline void must(bool good) {
  if (!good) std::abort();
}

using Pieces = std::vector<std::string_view>;

inline Pieces byte_by_byte(std::string_view bytes) {
  Pieces pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  return pieces;
}

// No control bytes but tabs: nothing that could end a line where it is written.
inline bool is_text(std::string_view text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

inline bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && kMarks.find(c) == kMarks.npos) return false;
  }
  return !text.empty();
}

// The sum of all that one message was read as.
struct Outcome {
  enum class End : std::uint8_t { Bad, InHead, InBody, Done };
  End end = End::Bad;
  std::string head;     // told by the target; empty before its end
  std::string payload;  // as far as it came
  std::string rest;     // behind the message

  // What was refused is alike, whatever was read of it before.
  bool operator==(const Outcome& other) const {
    if (end != other.end) return false;
    return end == End::Bad ||
           (head == other.head && payload == other.payload && rest == other.rest);
  }
};

// Reads a body from `held` and then from the pieces after `next`. `read`: read_body or the like.
template <class Read>
void feed_body(std::string held, const Pieces& pieces, std::size_t next, Read read, Outcome& out) {
  using gateway::http::Parse;
  for (;;) {
    std::size_t used = 0;
    gateway::http::Error error;
    std::vector<std::string_view> views;
    // A copy of just this size, so that a sanitizer sees a read beyond it.
    const std::vector<char> shown(held.begin(), held.end());
    const Parse parse = read(std::string_view(shown.data(), shown.size()), used, views, error);
    must(used <= held.size());
    for (const std::string_view view : views) out.payload += view;
    if (parse == Parse::Bad) {
      must(!error.sentence.empty());
      out.end = Outcome::End::Bad;
      return;
    }
    held.erase(0, used);
    if (parse == Parse::Done) break;
    must(held.empty());  // or it would be shown again for ever
    if (next == pieces.size()) {
      out.end = Outcome::End::InBody;
      return;
    }
    held += pieces[next++];
  }
  while (next < pieces.size()) held += pieces[next++];
  out.end = Outcome::End::Done;
  out.rest = std::move(held);
}

// Nothing more is to come of it.
template <class Reader>
bool body_done(Reader& reader) {
  std::size_t used = 0;
  Pieces none;
  gateway::http::Error error;
  return reader.read_body("", used, none, error) == gateway::http::Parse::Done;
}

// Reads a message. `read_head(bytes, error)` tells the head in a line of text; empty: refused.
template <class Reader, class ReadHead>
Outcome feed(const Pieces& pieces, gateway::http::MessageKind kind,
             const gateway::http::HeadBounds& bounds, Reader& reader, ReadHead read_head) {
  using namespace gateway::http;
  HeadScanner scanner(kind);
  Outcome out;
  Error error;
  std::string held;
  unsigned empty_lines = 0;
  std::size_t next = 0;
  for (;;) {
    if (kind == MessageKind::Request && scanner.length() == 0) {
      const std::size_t empty = leading_empty_lines(held, empty_lines);
      held.erase(0, empty);
      if (empty > 0) scanner.reset();
    }
    const std::vector<char> shown(held.begin(), held.end());
    const Parse parse = scanner.scan({shown.data(), shown.size()}, bounds, error);
    if (parse == Parse::Bad) must(!error.sentence.empty());
    if (parse == Parse::Bad) return out;
    if (parse == Parse::Done) break;
    out.end = Outcome::End::InHead;
    if (next == pieces.size()) return out;
    out.end = Outcome::End::Bad;
    held += pieces[next++];
  }
  must(scanner.length() > 0 && scanner.length() <= held.size());
  must(scanner.length() <= bounds.head_bytes);
  out.head = read_head(std::string_view(held).substr(0, scanner.length()), error);
  if (out.head.empty()) {
    must(!error.sentence.empty());
    return out;
  }
  const auto read = [&](std::string_view bytes, std::size_t& used, Pieces& views, Error& why) {
    return reader.read_body(bytes, used, views, why);
  };
  feed_body(held.substr(scanner.length()), pieces, next, read, out);
  if (out.end != Outcome::End::Bad) must(body_done(reader) == (out.end == Outcome::End::Done));
  return out;
}

// The bytes behind the first two, cut where those say.
inline Pieces cut_by_number(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::size_t at = (data[0] * 256u + data[1]) % (bytes.size() + 1);
  return {bytes.substr(0, at), bytes.substr(at)};
}

// Either as strangers meet them, or so tight that few bytes reach them.
inline gateway::http::HeadBounds bounds_of(bool tight) {
  if (!tight) return {};
  return {.head_bytes = 160, .target_bytes = 24, .fields = 4};
}

}  // namespace fuzz
