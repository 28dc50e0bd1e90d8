#pragma once

// What is known of one request while it is served. Each step of its life is a function that either
// lets the request go on or says why it must be refused; gateway/server/serve_request.cc is the
// list of them.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/exchange/worker.h"
#include "gateway/http/head_scanner.h"
#include "gateway/http/message.h"
#include "gateway/http/target.h"
#include "gateway/reply/refusal.h"
#include "gateway/reply/response.h"
#include "gateway/routing/endpoints.h"
#include "gateway/routing/forwarded.h"
#include "gateway/routing/routes.h"
#include "gateway/upstream/pool.h"
#include "verify/claim.h"
#include "verify/judge.h"
#include "verify/request.h"

namespace gateway::exchange {

enum class Next : std::uint8_t {
  Keep,
  Close,
  Abort
};  // Abort: so that no cut response looks complete

// How far the response has come on its way to the client.
struct Relay {
  http::Framing framing = http::Framing::None;  // towards the client
  bool close = false;                           // it is the connection's last
  bool ended = false;                           // the upstream closed, and that was the proper end
  http::Parse parse = http::Parse::NeedMore;    // of the body
  std::size_t used = 0;                         // bytes of scratch.up that `rest` stands for
  std::span<asio::const_buffer> rest;           // framed and not yet written; into scratch.gathered
};

// What is known of the request so far. Lives as long as the exchange; everything it points into
// too.
struct Exchange {
  Exchange(Connection& connection_, Scratch& scratch_, Worker& worker_);

  Connection& connection;
  Scratch& scratch;
  Worker& worker;
  Generation& generation;
  const RuntimeConfig& config;
  RequestId request_id;
  net::TimePoint began;

  http::HeadScanner scanner;
  unsigned empty_lines = 0;
  http::RequestHead& request;
  http::Target target;
  routing::Forwarded forwarded;    // what trusted proxies say of it
  std::string_view forwarded_for;  // addresses from the client to the peer, as they go on
  const routing::External* external = nullptr;  // the URL that was asked for
  const conf::Route* route = nullptr;           // null: `endpoint`, or none was found
  std::optional<routing::Endpoint> endpoint;    // an address of the provider's
  bool body_held = false;  // it is whole in scratch.held: a form, or one whose hash was signed

  bool head_read = false;              // and it can be read
  bool request_read = false;           // the body has been read to its end
  bool request_sent = false;           // all of it went to the upstream
  bool response_begun = false;         // the upstream gave a byte, if only of an interim response
  bool upstream_ended = false;         // the upstream's connection did, before the response's head
  bool out_of_step = false;            // the client's bytes can't be told apart any more: close
  std::optional<verify::Claim> claim;  // of a request that must be signed
  std::shared_ptr<const auth::Credential>
      credential;                                 // whose signature was accepted; null: anonymous
  std::optional<verify::Accepted> accepted;       // how; absent: anonymous
  std::string_view claimed_client;                // for the log
  std::optional<verify::Method> known_method;     // how a client that there is says it signed
  std::unique_ptr<reply::Response> own_response;  // of the provider; null: the backend is asked
  upstream::UpstreamLease upstream;
  std::size_t response_head_size = 0;  // of the response's head at the front of scratch.up

  std::size_t interim_bytes = 0;  // of the upstream's 1xx answers, dropped
  Relay relay;

  // What is held is a form, whose parameters are signed.
  bool form_held() const { return body_held && verify::is_form(request.content_type); }
  // Whose share of what all have it counts to: nothing for those who speak for many.
  std::optional<conf::IpAddress> network() const;

  // For the log.
  std::string page_client, page_user;  // whom a page of the provider's is about, and who sees it
  unsigned status = 0;
  std::string_view reason = "ok";
  std::string detail;
  std::uint64_t bytes_in = 0, bytes_out = 0;
};

// Null: go on. A pointer, so that the frames of coroutines stay small enough to be recycled.
using RefusalPtr = std::unique_ptr<reply::Refusal>;
inline RefusalPtr stop(reply::Refusal refusal) {
  return std::make_unique<reply::Refusal>(std::move(refusal));
}
inline RefusalPtr rejected(verify::Rejection reject) {
  return stop({.kind = reply::RefusalKind::Verification, .reject = std::move(reject)});
}
inline RefusalPtr rejected(verify::Reason reason) {
  return rejected(verify::Rejection{reason, {}});
}

}  // namespace gateway::exchange
