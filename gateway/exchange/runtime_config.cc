#include "gateway/exchange/runtime_config.h"

#include <stdexcept>
#include <utility>

namespace gateway::exchange {
namespace {

pages::Pages load_pages(const conf::Provider& provider) {
  auto loaded = pages::Pages::load(provider.templates.value_or(""), provider.texts.value_or(""));
  if (!loaded) throw std::runtime_error(loaded.error());
  return *std::move(loaded);
}

}  // namespace

RuntimeConfig::RuntimeConfig(conf::Settings given, Storage& writes, store::Ledger& replay_ledger,
                             const net::Clock& wall_clock, log::Log& the_log,
                             log::RefusalKeeper* keeper)
    : settings(std::move(given)),
      storage(writes),
      ledger(replay_ledger),
      clock(wall_clock),
      log(the_log),
      refusal_keeper(keeper),
      routes(settings),
      authorities(settings.listen, &settings.provider),
      endpoints(settings),
      pages(load_pages(settings.provider)),
      header_filter(settings.headers, settings.login),
      policy(auth::policy_of(settings.oauth)) {
  const conf::Settings& all = settings;
  for (const conf::Route& route : all.routes) {
    requirements.push_back(auth::requirement_of(route));
    route_bounds.push_back(auth::bounds_of(route, all.limits));
  }
  client_requirement.token = false;
  endpoint_bounds = auth::provider_bounds(all);
  style.realm_name = all.oauth.realm_name;
  style.realm_failure_status = static_cast<int>(all.oauth.realm_failure_status);
  style.verbose = all.oauth.verbose_errors;
  style.window_past_s = policy.window_past_s;
  style.window_future_s = policy.window_future_s;
  head_bounds.head_bytes = all.limits.header_bytes;
  head_bounds.target_bytes = all.limits.target_bytes;
  head_bounds.fields = all.limits.headers;
  if (all.listen.tls) tls.emplace(*all.listen.tls);
}

}  // namespace gateway::exchange
