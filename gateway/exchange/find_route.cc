#include "gateway/exchange/find_route.h"

#include "conf/url.h"

namespace gateway::exchange {
namespace {

RefusalPtr find_authority(Exchange& x) {
  const std::string_view host = x.request.host;
  x.external = x.connection.authority.resolve(x.config.authorities, host,
                                              x.connection.stream().secure(), x.forwarded);
  if (x.external) return nullptr;
  if (!host.empty() && !conf::parse_authority(host)) {
    return stop(
        {.kind = reply::RefusalKind::Malformed, .detail = "faulty Host: " + std::string(host)});
  }
  return stop(
      {.kind = reply::RefusalKind::Misdirected,
       .detail = std::string(x.forwarded.authority.empty() ? host : x.forwarded.authority)});
}

// Sets x.endpoint if the request is for one of the provider's addresses; a refusal if it can't be
// made there.
RefusalPtr find_endpoint(Exchange& x) {
  const routing::Endpoints& endpoints = x.config.endpoints;
  x.endpoint = endpoints.find(x.external->pages_only, x.target.path);
  if (!x.endpoint)
    return x.external->pages_only ? stop({.kind = reply::RefusalKind::NoRoute}) : nullptr;
  if (!endpoints.allows(*x.endpoint, x.request.method)) {
    return stop({.kind = reply::RefusalKind::MethodNotAllowed,
                 .allow = std::string(endpoints.allowed(*x.endpoint))});
  }
  // Signed requests come to this with the other checks of theirs.
  if (!routing::is_signed(*x.endpoint) && x.config.policy.enforce_tls &&
      x.external->scheme != "https") {
    return rejected(verify::Reason::InsecureTransport);
  }
  return nullptr;
}

}  // namespace

// What the proxies in front say counts if the peer is one that is trusted. Their word about
// somebody else's request is asked for strictly: 400 rather than a guess.
RefusalPtr hear_proxies(Exchange& x) {
  x.forwarded_for = x.connection.peer_address();
  const std::vector<conf::Cidr>& trusted = x.config.settings.listen.trusted_proxies;
  if (!routing::is_trusted(trusted, x.connection.peer_ip())) return nullptr;
  std::string& chain = x.scratch.forwarded_for;
  auto forwarded = routing::read_forwarded(x.request.fields, trusted, chain);
  if (!forwarded) {
    return stop(
        {.kind = reply::RefusalKind::ForwardedMalformed, .detail = std::move(forwarded.error())});
  }
  x.forwarded = *forwarded;
  if (!chain.empty()) chain += ", ";
  chain += x.connection.peer_address();
  const std::string_view first = std::string_view(chain).substr(0, chain.find(','));
  if (!x.forwarded.client.empty()) x.forwarded.client = first;
  x.forwarded_for = chain;
  return nullptr;
}

RefusalPtr find_route(Exchange& x) {
  std::string why;
  if (!http::parse_target(x.request.method, x.request.target, x.target, why)) {
    return stop({.kind = reply::RefusalKind::TargetMalformed, .detail = why});
  }
  if (x.request.method == "CONNECT" || x.request.method == "TRACE") {
    return stop({.kind = reply::RefusalKind::MethodNotImplemented,
                 .detail = std::string(x.request.method)});
  }
  if (x.request.expect_other) return stop({.kind = reply::RefusalKind::ExpectationFailed});
  if (!x.target.authority.empty()) {
    auto named = conf::parse_authority(x.target.authority);
    auto host = conf::parse_authority(x.request.host);
    if (!named || (x.request.minor == 1 && named != host)) {
      return stop({.kind = reply::RefusalKind::Malformed,
                   .detail = "the target names another host than Host"});
    }
    x.request.host = x.target.authority;
  }
  if (RefusalPtr refusal = find_authority(x)) return refusal;
  if (RefusalPtr refusal = find_endpoint(x)) return refusal;
  if (x.endpoint) return nullptr;
  routing::Match match =
      x.config.routes.match(x.external->authority, x.request.method, x.target.path);
  switch (match.kind) {
    case routing::Match::Kind::Found:
      x.route = match.route;
      return nullptr;
    case routing::Match::Kind::NoRoute:
      return stop({.kind = reply::RefusalKind::NoRoute});
    case routing::Match::Kind::MethodNotAllowed:
      return stop({.kind = reply::RefusalKind::MethodNotAllowed, .allow = match.allow});
    case routing::Match::Kind::Ambiguous:
      return stop({.kind = reply::RefusalKind::TargetAmbiguous});
  }
  return stop({.kind = reply::RefusalKind::InternalFault});
}

RefusalPtr check_length(const Exchange& x) {
  if (x.request.framing == http::Framing::Length &&
      x.request.length > x.config.settings.limits.body_bytes) {
    return stop({.kind = reply::RefusalKind::BodyTooLarge,
                 .detail = std::to_string(x.request.length) + " bytes"});
  }
  return nullptr;
}

}  // namespace gateway::exchange
