// Any bytes as the head of a response, to clients of both versions and to HEAD: as it is written to
// the client it has the same status, and ends where the gate says, in one way alone; nothing in it
// ends a line but the gate itself; no field comes from nowhere, and none sets a cookie of the
// gate's own.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "conf/field_names.h"
#include "gateway/upstream/header_filter.h"
#include "tests/fuzzing/message_feed.h"

namespace {

using namespace gateway::http;
using fuzz::must;
using gateway::upstream::DownstreamResponse;

// As gateway/exchange/relay.cc decides.
DownstreamResponse downstream_of(const ResponseHead& head, bool to_head, unsigned minor) {
  DownstreamResponse out;
  out.request_id = "r-1";
  out.client_minor = minor;
  out.framing = head.framing;
  out.length = head.length;
  if (head.framing == Framing::Chunked || head.framing == Framing::UntilClose) {
    out.framing = minor == 1 ? Framing::Chunked : Framing::UntilClose;
  }
  out.close = out.framing == Framing::UntilClose;
  out.bodiless = to_head || head.status == 204 || head.status == 304;
  return out;
}

bool came_in(const Field& field, const ResponseHead& head) {
  return std::any_of(head.fields.begin(), head.fields.end(), [&field](const Field& one) {
    return one.name == field.name && one.value == field.value;
  });
}

void check_fields(const ResponseHead& onward, const ResponseHead& head) {
  unsigned lengths = 0, codings = 0, ids = 0;
  for (const Field& field : onward.fields) {
    must(fuzz::is_token(field.name) && fuzz::is_text(field.value));
    const bool length = same_name(field.name, "Content-Length");
    const bool coding = same_name(field.name, "Transfer-Encoding");
    const bool id = same_name(field.name, "X-Request-Id");
    lengths += length;
    codings += coding;
    ids += id;
    if (length || coding || id || same_name(field.name, "Connection")) continue;
    must(came_in(field, head) && conf::role_of(field.name) != conf::FieldRole::Hop);
    if (same_name(field.name, "Set-Cookie")) must(!gateway::upstream::is_own_cookie(field.value));
    for (const std::string_view option : head.connection) {
      if (same_name(option, field.name)) {
        must(same_name(option, "Content-Type") || same_name(option, "Authorization") ||
             same_name(option, "Host"));
      }
    }
  }
  must(lengths + codings <= 1 && ids == 1);
}

// Lines end in CRLF alone, and none goes on with the one before.
void check_lines(std::string_view text) {
  must(text.find("\r\n\r\n") == text.size() - 4);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') must(i > 0 && text[i - 1] == '\r');
    if (text[i] == '\r') must(i + 1 < text.size() && text[i + 1] == '\n');
    must(text[i] != '\0');
  }
  must(text.find("\n ") == text.npos && text.find("\n\t") == text.npos);
}

void check(const ResponseHead& head, bool to_head, unsigned minor) {
  const DownstreamResponse downstream = downstream_of(head, to_head, minor);
  std::string text;
  gateway::upstream::write_response_head(head, downstream, text);
  check_lines(text);
  HeadScanner scanner(MessageKind::Response);
  ResponseReader reader;
  ResponseHead onward;
  Error error;
  const HeadBounds bounds = response_bounds({.head_bytes = 1 << 20});
  must(scanner.scan(text, bounds, error) == Parse::Done && scanner.length() == text.size());
  must(reader.read_head(text, bounds, to_head, onward, error) == Parse::Done);
  must(onward.status == head.status && onward.reason == head.reason && onward.minor == 1);
  if (head.status < 200) return;  // never sent
  must(onward.framing == downstream.framing);
  if (onward.framing == Framing::Length) must(onward.length == head.length);
  must(onward.keep_alive == !downstream.close || onward.framing == Framing::UntilClose);
  if (to_head && head.status != 204) must(onward.told == head.told);
  check_fields(onward, head);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view whole(reinterpret_cast<const char*>(data), size);
  const HeadBounds bounds = response_bounds({});
  for (const bool to_head : {false, true}) {
    HeadScanner scanner(MessageKind::Response);
    ResponseReader reader;
    ResponseHead head;
    Error error;
    if (scanner.scan(whole, bounds, error) != Parse::Done) return 0;
    const std::string_view text = whole.substr(0, scanner.length());
    if (reader.read_head(text, bounds, to_head, head, error) != Parse::Done) return 0;
    for (const unsigned minor : {0u, 1u}) check(head, to_head, minor);
  }
  return 0;
}
