// Reading the request: its head, and a form body whole, because form parameters are signed (RFC
// 5849 3.4.1.3.1).

#include "gateway/exchange.h"

namespace gateway {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Refusal flawed(Exchange& x, Flaw flaw) {
  x.out_of_step = true;
  return Refusal{.fault = flaw.fault, .detail = std::move(flaw.sentence)};
}

// The peer went away or was silent for too long. Nobody may be there to read the refusal; the log
// will.
Refusal ended(Exchange& x, const ErrorCode& error) {
  x.out_of_step = true;
  if (x.connection.fired()) return Refusal{.fault = Fault::RequestTimeout};
  return Refusal{.fault = Fault::Malformed, .detail = "cut short: " + error.message()};
}

// Room for at least one more byte, up to `limit` bytes in the buffer.
bool make_room(Buffer& buffer, std::size_t limit) {
  if (buffer.space_size() > 0) return true;
  buffer.compact();
  if (buffer.space_size() > 0) return true;
  if (buffer.capacity() >= limit) return false;
  buffer.reserve(std::min(limit, buffer.capacity() * 2));
  return true;
}

bool is_form(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return same_name(type, "application/x-www-form-urlencoded");
}

void forget(RequestHead& request) {
  request =
      RequestHead{.fields = std::move(request.fields), .connection = std::move(request.connection)};
  request.fields.clear();
  request.connection.clear();
}

}  // namespace

Task<Step> read_head(Exchange& x) {
  Buffer& in = x.scratch.in;
  const HeadBounds& bounds = x.gate.head_bounds;
  HeadScanner scanner;
  Flaw flaw;
  unsigned empty_lines = 0;
  forget(x.request);
  x.connection.set(x.gate.settings.timeouts.header);
  for (;;) {
    if (scanner.length() == 0) in.consume(leading_empty_lines(in.view(), empty_lines));
    Parse parse = scanner.scan(in.view(), bounds, flaw);
    if (parse == Parse::Bad) co_return flawed(x, flaw);
    if (parse == Parse::Done) break;
    if (!make_room(in, bounds.head_bytes + 1)) {
      co_return Refusal{.fault = Fault::HeadTooLarge};
    }
    Io io = co_await x.connection.stream().read_some(in.space(), in.space_size());
    if (io.error) co_return ended(x, io.error);
    in.filled(io.bytes);
  }
  // The head moves to memory of its own, so that views into it outlive the body that follows it in
  // the buffer.
  x.scratch.head.assign(in.view().substr(0, scanner.length()));
  in.consume(scanner.length());
  Parse parse = x.scratch.request_reader.read_head(x.scratch.head, bounds, x.request, flaw);
  if (parse == Parse::Bad) co_return flawed(x, flaw);
  x.request_read = x.request.framing == Framing::None;
  co_return std::nullopt;
}

Task<Step> read_more_body(Exchange& x, Pace& pace) {
  Buffer& in = x.scratch.in;
  if (x.request.expect_continue && in.empty() && x.request.minor == 1) {
    asio::const_buffer interim(kContinue.data(), kContinue.size());
    std::span<asio::const_buffer> pieces(&interim, 1);
    ErrorCode error = co_await write_all(x.connection.stream(), pieces);
    if (error) co_return ended(x, error);
  }
  x.request.expect_continue = false;
  // What is left over is the beginning of a chunk head or a trailer.
  if (!make_room(in, x.gate.head_bounds.head_bytes + 1)) {
    co_return Refusal{.fault = Fault::Malformed, .detail = "chunk head or trailer too long"};
  }
  pace.start();
  Io io = co_await x.connection.stream().read_some(in.space(), in.space_size());
  if (io.error) co_return ended(x, io.error);
  in.filled(io.bytes);
  pace.count(io.bytes);
  pace.stop();
  co_return std::nullopt;
}

Task<Step> hold_form(Exchange& x) {
  x.scratch.form.clear();
  if (x.request_read || x.route->auth == conf::Auth::None || !is_form(x.request.content_type)) {
    co_return std::nullopt;
  }
  const std::uint64_t limit = x.gate.settings.limits.form_bytes;
  Refusal too_large{.fault = Fault::BodyTooLarge, .detail = "form over limits.form_bytes"};
  if (x.request.framing == Framing::Length && x.request.length > limit) co_return too_large;
  Pace pace(x);
  Flaw flaw;
  for (;;) {
    x.scratch.pieces.clear();
    std::size_t used = 0;
    Buffer& in = x.scratch.in;
    Parse parse = x.scratch.request_reader.read_body(in.view(), used, x.scratch.pieces, flaw);
    if (parse == Parse::Bad) co_return flawed(x, flaw);
    for (std::string_view piece : x.scratch.pieces) x.scratch.form += piece;
    in.consume(used);
    if (x.scratch.form.size() > limit) {
      x.out_of_step = true;
      co_return too_large;
    }
    if (parse == Parse::Done) break;
    Step stopped = co_await read_more_body(x, pace);
    if (stopped) co_return stopped;
  }
  x.form_held = true;
  x.bytes_in = x.scratch.form.size();
  x.request_read = true;
  co_return std::nullopt;
}

}  // namespace gateway
