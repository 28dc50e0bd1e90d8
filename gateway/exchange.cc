#include "gateway/exchange.h"

#include <array>

#include "conf/url.h"
#include "gateway/provider/provider.h"

namespace gateway {
namespace {

// What the proxies in front say counts if the peer is one that is trusted. Their word about
// somebody else's request is asked for strictly: 400 rather than a guess.
Step hear_proxies(Exchange& x) {
  x.forwarded_for = x.connection.peer_address();
  const std::vector<conf::Cidr>& trusted = x.gate.settings.listen.trusted_proxies;
  if (!is_trusted(trusted, x.connection.peer_ip())) return nullptr;
  std::string& chain = x.scratch.forwarded_for;
  auto forwarded = read_forwarded(x.request.fields, trusted, chain);
  if (!forwarded) {
    return stop({.fault = Fault::ForwardedMalformed, .detail = std::move(forwarded.error())});
  }
  x.forwarded = *forwarded;
  if (!chain.empty()) chain += ", ";
  chain += x.connection.peer_address();
  const std::string_view first = std::string_view(chain).substr(0, chain.find(','));
  if (!x.forwarded.client.empty()) x.forwarded.client = first;
  x.forwarded_for = chain;
  return nullptr;
}

Step find_authority(Exchange& x) {
  const std::string_view host = x.request.host;
  x.external = x.connection.authority.resolve(x.gate.authorities, host,
                                              x.connection.stream().secure(), x.forwarded);
  if (x.external) return nullptr;
  if (!host.empty() && !conf::parse_authority(host)) {
    return stop({.fault = Fault::Malformed, .detail = "faulty Host: " + std::string(host)});
  }
  return stop(
      {.fault = Fault::Misdirected,
       .detail = std::string(x.forwarded.authority.empty() ? host : x.forwarded.authority)});
}

// Host, target and method decide the route (before any cryptography); 4xx if none does.
Step find_route(Exchange& x) {
  std::string why;
  if (!parse_target(x.request.method, x.request.target, x.target, why)) {
    return stop({.fault = Fault::TargetMalformed, .detail = why});
  }
  if (x.request.method == "CONNECT" || x.request.method == "TRACE") {
    return stop({.fault = Fault::MethodNotImplemented, .detail = std::string(x.request.method)});
  }
  if (x.request.expect_other) return stop({.fault = Fault::ExpectationFailed});
  if (!x.target.authority.empty()) {
    auto named = conf::parse_authority(x.target.authority);
    auto host = conf::parse_authority(x.request.host);
    if (!named || (x.request.minor == 1 && named != host)) {
      return stop({.fault = Fault::Malformed, .detail = "the target names another host than Host"});
    }
    x.request.host = x.target.authority;
  }
  if (Step refusal = find_authority(x)) return refusal;
  if (Step refusal = provider::find_endpoint(x)) return refusal;
  if (x.endpoint) return nullptr;
  Match match = x.gate.routes.match(x.external->authority, x.request.method, x.target.path);
  switch (match.kind) {
    case Match::Kind::Found:
      x.route = match.route;
      return nullptr;
    case Match::Kind::NoRoute:
      return stop({.fault = Fault::NoRoute});
    case Match::Kind::MethodNotAllowed:
      return stop({.fault = Fault::MethodNotAllowed, .allow = match.allow});
    case Match::Kind::Ambiguous:
      return stop({.fault = Fault::TargetAmbiguous});
  }
  return stop({.fault = Fault::InternalFault});
}

// A declared length over the limit is refused at once, before anything of it is read.
Step check_length(Exchange& x) {
  if (x.request.framing == Framing::Length &&
      x.request.length > x.gate.settings.limits.body_bytes) {
    return stop(
        {.fault = Fault::BodyTooLarge, .detail = std::to_string(x.request.length) + " bytes"});
  }
  return nullptr;
}

// Whether the client's next request can be found: its body was read, or is whole in the buffer.
bool in_step(Exchange& x) {
  if (x.out_of_step) return false;
  if (x.request_read) return true;
  x.scratch.pieces.clear();
  std::size_t used = 0;
  Flaw flaw;
  Parse parse =
      x.scratch.request_reader.read_body(x.scratch.in.view(), used, x.scratch.pieces, flaw);
  if (parse != Parse::Done) return false;
  x.scratch.in.consume(used);
  x.request_read = true;
  return true;
}

// Who sends what is no HTTP may mean anything by the bytes that follow (RFC 9112 section 11.2).
bool garbled(Fault fault) {
  return fault == Fault::Malformed || fault == Fault::TargetMalformed ||
         fault == Fault::MethodNotImplemented;
}

// Sends scratch.out, which is a whole answer of our own.
Task<Next> send_out(Exchange& x, bool keep) {
  x.connection.set(x.gate.settings.timeouts.body);
  std::array<asio::const_buffer, 1> pieces{asio::buffer(x.scratch.out)};
  std::span<asio::const_buffer> all(pieces);
  ErrorCode error = co_await write_all(x.connection.stream(), all);
  if (error) co_return Next::Abort;
  x.bytes_out = x.scratch.out.size();
  co_return keep ? Next::Keep : Next::Close;
}

// x.answer, as bytes.
std::string rendered_answer(const Exchange& x, bool keep) {
  const AnswerContext context{.request_id = x.request_id,
                              .now = x.gate.clock.unix_seconds(),
                              .client_minor = x.request.minor,
                              .close = !keep,
                              .head = x.request.method == "HEAD"};
  return render(*x.answer, context);
}

std::string rendered_refusal(const Exchange& x, const Refusal& refusal, bool keep) {
  const RefusalContext context{.errors = x.route ? x.route->errors : conf::ErrorStyle::Accept,
                               .accept = x.request.accept,
                               .request_id = x.request_id,
                               .now = x.gate.clock.unix_seconds(),
                               .floor = x.gate.ledger.floor(),
                               .client_minor = x.request.minor,
                               .close = !keep,
                               .head = x.request.method == "HEAD"};
  return render(refusal, x.gate.style, context);
}

Task<Next> refuse(Exchange& x, const Refusal& refusal) {
  const bool keep =
      !garbled(refusal.fault) && in_step(x) && x.request.keep_alive && !x.worker.draining();
  x.status = static_cast<unsigned>(status_of(refusal, x.gate.style));
  x.reason = log_word(refusal);
  x.detail = refusal.fault == Fault::Verification ? refusal.reject.detail : refusal.detail;
  keep_refusal(x, refusal.fault);
  const bool page = provider::show_refusal(x, refusal);
  x.scratch.out = page ? rendered_answer(x, keep) : rendered_refusal(x, refusal, keep);
  Next next = co_await send_out(x, keep);
  co_return next;
}

// What the provider says.
Task<Next> answer(Exchange& x) {
  const bool keep = in_step(x) && x.request.keep_alive && !x.worker.draining();
  x.status = static_cast<unsigned>(x.answer->status);
  x.scratch.out = rendered_answer(x, keep);
  Next next = co_await send_out(x, keep);
  co_return next;
}

void write_log(const Exchange& x) {
  bool refused = x.reason != "ok";
  if (!x.gate.log.wants(refused ? conf::LogLevel::Warn : conf::LogLevel::Info)) return;
  auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - x.began);
  LogEntry entry{.request_id = x.request_id,
                 .peer = x.connection.peer(),
                 .from = x.forwarded.client,
                 .method = x.request.method,
                 .target = x.request.target,
                 .host = x.external ? x.external->authority : x.request.host,
                 .scheme = {},
                 .status = x.status,
                 .reason = x.reason,
                 .detail = x.detail,
                 .client = x.claimed_client,
                 .user = {},
                 .upstream = {},
                 .bytes_in = x.bytes_in,
                 .bytes_out = x.bytes_out,
                 .microseconds = static_cast<std::uint64_t>(took.count())};
  if (x.accepted && x.accepted->other_scheme) {
    entry.scheme = x.external->scheme == "https" ? "http" : "https";
  }
  if (!x.page_client.empty()) entry.client = x.page_client;
  entry.user = x.credential ? std::string_view(x.credential->user) : x.page_user;
  if (x.route != nullptr) entry.upstream = x.route->upstream;
  x.gate.log.record(entry, refused);
}

}  // namespace

Exchange::Exchange(Connection& connection_, Scratch& scratch_, Worker& worker_)
    : connection(connection_),
      scratch(scratch_),
      worker(worker_),
      shift(connection_.shift()),
      gate(shift.gate()),
      request_id(worker_.next_request_id()),
      began(std::chrono::steady_clock::now()),
      request(scratch_.request) {
  request =
      RequestHead{.fields = std::move(request.fields), .connection = std::move(request.connection)};
  request.fields.clear();
  request.connection.clear();
}

std::optional<conf::IpAddress> Exchange::network() const {
  const std::vector<conf::Cidr>& trusted = gate.settings.listen.trusted_proxies;
  if (!is_trusted(trusted, connection.peer_ip())) return network_of(connection.peer_ip());
  const auto client = conf::parse_ip(forwarded.client);
  if (!client || is_trusted(trusted, *client)) return std::nullopt;
  return network_of(*client);
}

Task<Next> exchange(Exchange& x) {
  Step refusal;
  if (!head_at_hand(x, refusal)) refusal = co_await read_rest_of_head(x);
  x.connection.clear();
  x.head_read = !refusal;
  if (!refusal) refusal = hear_proxies(x);
  if (!refusal) refusal = find_route(x);
  if (!refusal) refusal = check_length(x);
  if (!refusal) refusal = check_form_is_clear(x);
  if (!refusal && must_hold_form(x)) {
    if (!body_at_hand(x)) refusal = early_refusal(x);
    if (!refusal) refusal = co_await hold_form(x);
  }
  if (!refusal && may_be_signed(x)) refusal = co_await prove(x);
  if (!refusal && x.endpoint) {
    refusal = co_await provider::provide(x);
  } else if (!refusal) {
    refusal = co_await ask_backend(x);
  }
  Next next = Next::Abort;
  if (refusal) {
    const Refusal& why = *refusal;
    next = co_await refuse(x, why);
  } else if (x.answer) {
    next = co_await answer(x);
  } else if (!relay_at_hand(x, next)) {
    next = co_await relay_rest(x);
  }
  x.connection.clear();
  write_log(x);
  release_body(x);
  co_return next;
}

Pace::Pace(Exchange& x, std::uint64_t rate, Duration most)
    : connection_(x.connection),
      deadlines_(x.worker.deadlines()),
      period_(x.gate.settings.timeouts.body),
      left_(period_),
      share_(rate * static_cast<std::uint64_t>(x.gate.settings.timeouts.body.count()) / 1000) {
  if (most < TimePoint::max() - now()) end_ = now() + most;
}

Pace::Pace(Exchange& x) : Pace(x, x.gate.settings.limits.body_rate, Duration::max()) {}

TimePoint Pace::now() const { return deadlines_.now(); }

void Pace::set(Duration from_now) { connection_.set(std::min(from_now, end_ - now())); }

void Pace::start() { set(left_); }

void Pace::count(std::uint64_t bytes) {
  in_period_ += bytes;
  if (bytes == 0 || in_period_ < share_) return;
  in_period_ = 0;
  set(period_);
}

void Pace::stop() {
  left_ = connection_.left();
  connection_.clear();
}

void chunk_head(std::size_t size, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char digits[16];
  int count = 0;
  do {
    digits[count++] = kDigits[size & 15];
    size >>= 4;
  } while (size != 0);
  while (count > 0) out += digits[--count];
  out += "\r\n";
}

std::size_t frame_pieces(Scratch& scratch, Framing framing, bool last) {
  std::size_t size = 0;
  for (std::string_view piece : scratch.pieces) size += piece.size();
  const bool chunked = framing == Framing::Chunked;
  scratch.frame.clear();
  if (chunked && size > 0) {
    chunk_head(size, scratch.frame);
    scratch.gathered.push_back(asio::buffer(scratch.frame));
  }
  for (std::string_view piece : scratch.pieces) {
    scratch.gathered.push_back(asio::buffer(piece.data(), piece.size()));
  }
  if (chunked) {
    std::string_view end = size > 0 ? (last ? "\r\n0\r\n\r\n" : "\r\n") : (last ? "0\r\n\r\n" : "");
    scratch.gathered.push_back(asio::buffer(end.data(), end.size()));
  }
  return size;
}

}  // namespace gateway
