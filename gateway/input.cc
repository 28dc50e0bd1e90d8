// Reading the request: its head, and a body that is held: a form, because form parameters are
// signed (RFC 5849 3.4.1.3.1), or one whose hash was signed.

#include "gateway/exchange.h"

namespace gateway {
namespace {

// What a browser sends from one of our pages is far shorter.
constexpr std::uint64_t kPageForm = 64 << 10;  // bytes

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Step flawed(Exchange& x, Flaw flaw) {
  x.out_of_step = true;
  return stop({.fault = flaw.fault, .detail = std::move(flaw.sentence)});
}

// The peer went away or was silent for too long. Nobody may be there to read the refusal; the log
// will.
Step ended(Exchange& x, const ErrorCode& error) {
  x.out_of_step = true;
  if (x.connection.made_room()) {
    return stop({.fault = Fault::Overloaded, .detail = "ended to make room for other addresses"});
  }
  if (x.connection.fired()) return stop({.fault = Fault::RequestTimeout});
  return stop({.fault = Fault::Malformed, .detail = "cut short: " + error.message()});
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

Refusal too_large(std::uint64_t limit) {
  return {.fault = Fault::BodyTooLarge,
          .detail = "body to be held is over " + std::to_string(limit) + " bytes"};
}

// What was read of the body, scratch.pieces, is kept.
Step keep_pieces(Exchange& x, std::uint64_t limit, verify::Digester* digester) {
  HeldBody& held = x.scratch.held;
  for (std::string_view piece : x.scratch.pieces) {
    if (piece.size() > limit - held.size()) return stop(too_large(limit));
    if (digester != nullptr) digester->update(piece);
    if (auto wrong = held.append(piece)) return stop(std::move(*wrong));
  }
  return nullptr;
}

Step took_too_long(Exchange& x) {
  x.out_of_step = true;
  return stop({.fault = Fault::RequestTimeout});
}

Task<Step> hold_body(Exchange& x, std::uint64_t limit, Pace& pace, verify::Digester* digester) {
  Buffer& in = x.scratch.in;
  HeldBody& held = x.scratch.held;
  held.begin(x.gate.settings, x.network());
  if (x.request.framing == Framing::Length && x.request.length > limit) {
    co_return stop(too_large(limit));
  }
  Flaw flaw;
  for (;;) {
    x.scratch.pieces.clear();
    std::size_t used = 0;
    Parse parse = x.scratch.request_reader.read_body(in.view(), used, x.scratch.pieces, flaw);
    if (parse == Parse::Bad) co_return flawed(x, std::move(flaw));
    Step stopped = keep_pieces(x, limit, digester);
    x.bytes_in = held.size();
    if (stopped) {
      x.out_of_step = true;
      co_return stopped;
    }
    in.consume(used);
    if (parse == Parse::Done) break;
    if (held.size() >= in.capacity()) {  // there is much of it
      in.compact();
      in.reserve(kStreamBuffer);
    }
    if (pace.over()) co_return took_too_long(x);
    stopped = co_await read_more_body(x, pace);
    if (stopped) co_return stopped;
  }
  x.request_read = true;
  auto wrong = held.flush();
  if (wrong) co_return stop(std::move(*wrong));
  x.body_held = true;
  co_return nullptr;
}

// A Content-Encoding that a backend may undo; empty without one. What is signed of a form are the
// bytes that came.
std::string_view coding_of(const RequestHead& request) {
  for (const Field& field : request.fields) {
    if (!same_name(field.name, "content-encoding")) continue;
    if (!field.value.empty() && !same_name(field.value, "identity")) return field.value;
  }
  return {};
}

}  // namespace

bool head_at_hand(Exchange& x, Step& refusal) {
  Buffer& in = x.scratch.in;
  const HeadBounds& bounds = x.gate.head_bounds;
  if (x.scanner.length() == 0) in.consume(leading_empty_lines(in.view(), x.empty_lines));
  Flaw flaw;
  Parse parse = x.scanner.scan(in.view(), bounds, flaw);
  if (parse == Parse::NeedMore) return false;
  if (parse == Parse::Done) {
    // To memory of its own, so that views into the head outlive the body that follows it in the
    // buffer.
    x.scratch.head.assign(in.view().substr(0, x.scanner.length()));
    in.consume(x.scanner.length());
    parse = x.scratch.request_reader.read_head(x.scratch.head, bounds, x.request, flaw);
  }
  x.request_read = x.request.framing == Framing::None;
  if (parse == Parse::Bad) refusal = flawed(x, std::move(flaw));
  return true;
}

Task<Step> read_rest_of_head(Exchange& x) {
  Buffer& in = x.scratch.in;
  Step refusal;
  do {
    if (!make_room(in, x.gate.head_bounds.head_bytes + 1)) {
      x.out_of_step = true;
      co_return stop({.fault = Fault::HeadTooLarge});
    }
    auto [error, bytes] = co_await x.connection.stream().read_some(in.space(), in.space_size());
    if (error) co_return ended(x, error);
    in.filled(bytes);
  } while (!head_at_hand(x, refusal));
  co_return refusal;
}

Task<Step> read_more_body(Exchange& x, Pace& pace) {
  Buffer& in = x.scratch.in;
  pace.start();
  if (x.request.expect_continue && in.empty() && x.request.minor == 1) {
    asio::const_buffer interim(kContinue.data(), kContinue.size());
    std::span<asio::const_buffer> pieces(&interim, 1);
    ErrorCode failed = co_await write_all(x.connection.stream(), pieces);
    if (failed) co_return ended(x, failed);
  }
  x.request.expect_continue = false;
  // What is left over is the beginning of a chunk head or a trailer.
  if (!make_room(in, x.gate.head_bounds.head_bytes + 1)) {
    co_return stop({.fault = Fault::Malformed, .detail = "chunk head or trailer too long"});
  }
  auto [error, bytes] = co_await x.connection.stream().read_some(in.space(), in.space_size());
  if (error) co_return ended(x, error);
  in.filled(bytes);
  pace.count(bytes);
  pace.stop();
  co_return nullptr;
}

bool must_hold_form(const Exchange& x) {
  const bool passed_on = x.route != nullptr && x.route->auth == conf::Auth::None;
  return !x.request_read && !passed_on && verify::is_form(x.request.content_type);
}

Step check_form_is_clear(const Exchange& x) {
  if (x.request_read || !may_be_signed(x)) return nullptr;
  const verify::BodyKind kind = verify::body_kind(x.request.content_type);
  if (kind == verify::BodyKind::Other) return nullptr;
  std::string_view unclear = x.request.content_type;
  if (kind == verify::BodyKind::Form) {
    unclear = coding_of(x.request);
    if (unclear.empty()) return nullptr;
  }
  return rejected({verify::Reason::FormUnclear, std::string(unclear.substr(0, 64))});
}

bool body_at_hand(const Exchange& x) {
  return x.request.framing == Framing::Length && x.request.length <= x.scratch.in.size();
}

Task<Step> hold_form(Exchange& x) {
  const conf::Limits& limits = x.gate.settings.limits;
  std::uint64_t limit = std::min(limits.form_bytes, limits.body_bytes);
  if (x.endpoint && !provider::is_signed(*x.endpoint)) limit = std::min(limit, kPageForm);
  Pace pace(x, std::max(limits.form_rate, limits.body_rate), x.gate.settings.timeouts.hold);
  Step stopped = co_await hold_body(x, limit, pace, nullptr);
  co_return stopped;
}

Task<Step> hold_hashed_body(Exchange& x, verify::Digester& digester, Duration most) {
  const conf::Limits& limits = x.gate.settings.limits;
  const std::uint64_t limit = std::min(limits.hashed_body_bytes, limits.body_bytes);
  Pace pace(x, limits.body_rate, std::min<Duration>(most, x.gate.settings.timeouts.hold));
  Step stopped = co_await hold_body(x, limit, pace, &digester);
  co_return stopped;
}

void release_body(Exchange& x) {
  // The log still asks for it, and it may have stood in the form.
  if (x.credential) x.claimed_client = x.credential->client;
  const bool large = x.scratch.held.size() > kStreamBuffer;
  x.scratch.held.release();
  // What a large form left there is several times as large.
  if (large) x.scratch.workspace = verify::Workspace();
}

}  // namespace gateway
