#pragma once

// What a message is taken for, as one line of text, however its bytes arrive: so that a test is a
// table of bytes and lines, and each row is fed whole, cut at every byte, and byte by byte.
//
// A request:   GET /p HTTP/1.1 {Host: a} length=5 keep "hello" +rest
// A response:  HTTP/1.1 200 OK {A: b} chunked keep "hello"
// Otherwise:   the word of the fault, or "more" when the bytes end too early.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "gateway/http/message_reader.h"

namespace gateway::testing {

using namespace http;

using Pieces = std::vector<std::string_view>;

inline Pieces whole(std::string_view bytes) { return {bytes}; }
inline Pieces cut_at(std::string_view bytes, std::size_t at) {
  return {bytes.substr(0, at), bytes.substr(at)};
}
inline Pieces byte_by_byte(std::string_view bytes) {
  Pieces pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  return pieces;
}

inline std::string repeat(std::size_t count, std::string_view text) {
  std::string out;
  out.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

inline std::string word(const Error& error) {
  CHECK_FALSE(error.sentence.empty());
  static constexpr const char* kWords[] = {"malformed_request", "head_too_large", "target_too_long",
                                           "transfer_coding_unknown", "version_not_supported"};
  return kWords[static_cast<std::size_t>(error.kind)];
}

inline std::string told(const std::vector<Field>& fields) {
  std::string out;
  for (const Field& field : fields) {
    out += '{' + std::string(field.name) + ": " + std::string(field.value) + "} ";
  }
  return out;
}

inline std::string told(Framing framing, std::uint64_t length) {
  switch (framing) {
    case Framing::None:
      return "none";
    case Framing::Length:
      return "length=" + std::to_string(length);
    case Framing::Chunked:
      return "chunked";
    case Framing::UntilClose:
      break;
  }
  return "until-close";
}

inline std::string told(const RequestHead& head) {
  std::string out = std::string(head.method) + ' ' + std::string(head.target) + " HTTP/1." +
                    std::to_string(head.minor) + ' ' + told(head.fields);
  out += told(head.framing, head.length) + (head.keep_alive ? " keep" : " close");
  if (head.expect_continue) out += " 100-continue";
  if (head.expect_other) out += " expects";
  return out;
}

inline std::string told(const ResponseHead& head) {
  return "HTTP/1." + std::to_string(head.minor) + ' ' + std::to_string(head.status) + ' ' +
         std::string(head.reason) + ' ' + told(head.fields) + told(head.framing, head.length) +
         (head.keep_alive ? " keep" : " close");
}

// Nothing is to come: what follows is another message.
template <class Reader>
bool body_done(Reader& reader) {
  std::size_t used = 0;
  std::vector<std::string_view> pieces;
  Error error;
  return reader.read_body("", used, pieces, error) == Parse::Done;
}

// Feeds one message as the gateway does: what a reader hasn't used is shown to it again, with more
// behind it.
template <class Reader>
class Feed {
 public:
  Feed(Pieces pieces, HeadBounds bounds) : pieces_(std::move(pieces)), bounds_(bounds) {}

  // `read(head, error)` reads the head.
  template <class ReadHead>
  std::string run(Reader& reader, bool skip_empty_lines, ReadHead read) {
    HeadScanner scanner(kind());
    unsigned skipped = 0;
    for (;;) {
      if (skip_empty_lines && scanner.length() == 0) {
        const std::size_t empty = leading_empty_lines(held_, skipped);
        held_.erase(0, empty);
        if (empty > 0) scanner.reset();
      }
      const Parse parse = scanner.scan(held_, bounds_, error_);
      if (parse == Parse::Bad) return word(error_);
      if (parse == Parse::Done) break;
      if (!more()) return "more";
    }
    head_ = held_.substr(0, scanner.length());
    held_.erase(0, scanner.length());
    std::string line = read(head_, error_);
    if (line.empty()) return word(error_);
    return line + body(reader);
  }

 private:
  bool more() {
    if (next_ == pieces_.size()) return false;
    held_ += pieces_[next_++];
    return true;
  }

  std::string body(Reader& reader) {
    std::string payload;
    for (;;) {
      std::size_t used = 0;
      std::vector<std::string_view> views;
      const Parse parse = reader.read_body(held_, used, views, error_);
      for (std::string_view piece : views) payload += piece;
      if (parse == Parse::Bad) return " " + word(error_);
      held_.erase(0, used);
      if (parse == Parse::Done) break;
      if (more()) continue;
      const std::string end = at_end(reader);
      return " \"" + payload + "\"" + end;
    }
    while (more()) continue;
    CHECK(body_done(reader));
    std::string line = payload.empty() ? "" : " \"" + payload + "\"";
    if (!held_.empty()) line += " +" + held_;
    return line;
  }

  static MessageKind kind() {
    return std::is_same_v<Reader, RequestReader> ? MessageKind::Request : MessageKind::Response;
  }
  static std::string at_end(RequestReader&) { return " more"; }
  static std::string at_end(ResponseReader& reader) { return reader.end_of_stream() ? "" : " cut"; }

  Pieces pieces_;
  HeadBounds bounds_;
  std::size_t next_ = 0;
  std::string held_, head_;
  Error error_;
};

inline std::string read_request(const Pieces& pieces, const HeadBounds& bounds = {}) {
  RequestReader reader;
  RequestHead head;
  Feed<RequestReader> feed(pieces, bounds);
  return feed.run(reader, true, [&](std::string_view bytes, Error& error) {
    return reader.read_head(bytes, bounds, head, error) == Parse::Done ? told(head) : std::string();
  });
}

inline std::string read_response(const Pieces& pieces, bool bodiless = false,
                                 const HeadBounds& bounds = {}) {
  ResponseReader reader;
  ResponseHead head;
  Feed<ResponseReader> feed(pieces, bounds);
  return feed.run(reader, false, [&](std::string_view bytes, Error& error) {
    return reader.read_head(bytes, bounds, bodiless, head, error) == Parse::Done ? told(head)
                                                                                 : std::string();
  });
}

// What `read` makes of the bytes; fails the test if it depends on how they arrive.
template <class Read>
std::string however_it_arrives(std::string_view bytes, Read read) {
  const std::string line = read(whole(bytes));
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    const std::string other = read(cut_at(bytes, at));
    if (other == line) continue;
    CAPTURE(at);
    CHECK(other == line);
  }
  CHECK(read(byte_by_byte(bytes)) == line);
  return line;
}

inline std::string request(std::string_view bytes) {
  return however_it_arrives(bytes, [](const Pieces& pieces) { return read_request(pieces); });
}
inline std::string response(std::string_view bytes) {
  return however_it_arrives(bytes, [](const Pieces& pieces) { return read_response(pieces); });
}
inline std::string response_to_head(std::string_view bytes) {
  return however_it_arrives(bytes,
                            [](const Pieces& pieces) { return read_response(pieces, true); });
}

struct Row {
  std::string bytes;
  std::string expected;
};

}  // namespace gateway::testing
