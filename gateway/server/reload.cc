#include "gateway/server/reload.h"

#include <stdexcept>
#include <utility>
#include <variant>

#include "conf/load.h"
#include "conf/restart_keys.h"
#include "gateway/auth/policy.h"

namespace gateway::server {
namespace {

constexpr std::string_view kStays = "the configuration stays as it was";

}  // namespace

void refuse_what_is_not_in_effect(const conf::Settings& settings) {
  for (const conf::Upstream& upstream : settings.upstreams) {
    for (const conf::Url& server : upstream.servers) {
      if (server.scheme == "https") {
        throw std::runtime_error("upstream " + upstream.name +
                                 ": https servers are not yet in effect");
      }
    }
  }
  if (settings.login.check_url && settings.login.check_url->starts_with("https:")) {
    throw std::runtime_error("login.check_url: https is not yet in effect");
  }
}

std::shared_ptr<const exchange::RuntimeConfig> reload(
    const std::string& file, const std::shared_ptr<const exchange::RuntimeConfig>& running,
    Server& server) {
  log::Log& log = running->log;
  conf::Loaded loaded = conf::load_file(file);
  if (const auto* mistakes = std::get_if<std::vector<conf::Error>>(&loaded)) {
    for (const conf::Error& mistake : *mistakes)
      log.say(conf::LogLevel::Error, conf::to_string(file, mistake));
    log.say(conf::LogLevel::Error, kStays);
    return running;
  }
  auto& next = std::get<conf::Settings>(loaded);
  const std::vector<std::string> fixed = conf::keep_restart_keys(running->settings, next);
  std::shared_ptr<const exchange::RuntimeConfig> config;
  try {
    refuse_what_is_not_in_effect(next);
    config = std::make_shared<const exchange::RuntimeConfig>(std::move(next), running->storage,
                                                             running->ledger, running->clock, log,
                                                             running->refusal_keeper);
  } catch (const std::runtime_error& fault) {
    log.say(conf::LogLevel::Error, std::string(fault.what()) + ": " + std::string(kStays));
    return running;
  }
  for (const std::string& key : fixed)
    log.say(conf::LogLevel::Warn, key + " takes a restart to change, and stays as it was");
  log.set_level(config->settings.log.level);
  config->ledger.set_window_past(auth::ledger_window(config->settings.oauth.window_past));
  if (config->refusal_keeper) config->refusal_keeper->set_count(config->settings.log.refusals);
  server.adopt(config);
  log.say(conf::LogLevel::Info, "configuration reloaded");
  return config;
}

}  // namespace gateway::server
