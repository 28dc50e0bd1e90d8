#pragma once

// What the settings make of the program: a reload makes a new one.

#include <optional>
#include <vector>

#include "conf/settings.h"
#include "gateway/auth/policy.h"
#include "gateway/exchange/storage.h"
#include "gateway/http/head_scanner.h"
#include "gateway/log/log.h"
#include "gateway/log/refusal_keeper.h"
#include "gateway/net/clock.h"
#include "gateway/net/stream.h"
#include "gateway/pages/pages.h"
#include "gateway/reply/refusal.h"
#include "gateway/routing/authority.h"
#include "gateway/routing/endpoints.h"
#include "gateway/routing/routes.h"
#include "gateway/upstream/header_filter.h"
#include "store/ledger.h"
#include "verify/judge.h"

namespace gateway::exchange {

// What the settings make of the program. Constant after construction, hence safe from any thread.
// What it refers to outlives it.
struct RuntimeConfig {
  // Throws std::runtime_error with one sentence if the certificate, its key, or the pages of the
  // operator's own can't be used.
  RuntimeConfig(conf::Settings settings, Storage& storage, store::Ledger& ledger,
                const net::Clock& clock, log::Log& log,
                log::RefusalKeeper* refusal_keeper = nullptr);
  RuntimeConfig(const RuntimeConfig&) = delete;
  RuntimeConfig& operator=(const RuntimeConfig&) = delete;

  const conf::Settings settings;
  Storage& storage;
  store::Ledger& ledger;
  const net::Clock& clock;
  log::Log& log;
  log::RefusalKeeper* refusal_keeper;  // null: refusals are not kept
  routing::RouteTable routes;
  routing::Authorities authorities;
  routing::Endpoints endpoints;
  pages::Pages pages;
  upstream::HeaderFilter header_filter;
  verify::Policy policy;
  verify::Bounds endpoint_bounds;  // at the provider's addresses
  reply::RefusalStyle style;
  // What a route asks of verification, prepared once. `route` is one of the settings.
  const verify::Requirement& requirement(const conf::Route& route) const {
    return requirements[static_cast<std::size_t>(&route - settings.routes.data())];
  }
  const verify::Bounds& bounds(const conf::Route& route) const {
    return route_bounds[static_cast<std::size_t>(&route - settings.routes.data())];
  }
  std::vector<verify::Requirement> requirements;  // of settings.routes, in their order
  std::vector<verify::Bounds> route_bounds;       // likewise
  // At the provider's addresses.
  verify::Requirement client_requirement, token_requirement;
  http::HeadBounds head_bounds;
  std::optional<net::TlsContext> tls;
};

}  // namespace gateway::exchange
