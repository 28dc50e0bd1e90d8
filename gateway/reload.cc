#include "gateway/reload.h"

#include <stdexcept>
#include <utility>
#include <variant>

#include "conf/fixed.h"
#include "conf/load.h"

namespace gateway {
namespace {

constexpr std::string_view kStays = "the configuration stays as it was";

}  // namespace

std::int64_t ledger_window(conf::Milliseconds window) {
  return std::chrono::ceil<std::chrono::seconds>(window).count();
}

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

std::shared_ptr<const Gate> reload(const std::string& file,
                                   const std::shared_ptr<const Gate>& running, Server& server) {
  Log& log = running->log;
  conf::Loaded loaded = conf::load_file(file);
  if (const auto* mistakes = std::get_if<std::vector<conf::Mistake>>(&loaded)) {
    for (const conf::Mistake& mistake : *mistakes)
      log.say(conf::LogLevel::Error, conf::to_string(file, mistake));
    log.say(conf::LogLevel::Error, kStays);
    return running;
  }
  auto& next = std::get<conf::Settings>(loaded);
  const std::vector<std::string> fixed = conf::keep_fixed(running->settings, next);
  std::shared_ptr<const Gate> gate;
  try {
    refuse_what_is_not_in_effect(next);
    gate = std::make_shared<const Gate>(std::move(next), running->desk, running->ledger,
                                        running->clock, log, running->refusal_keeper);
  } catch (const std::runtime_error& fault) {
    log.say(conf::LogLevel::Error, std::string(fault.what()) + ": " + std::string(kStays));
    return running;
  }
  for (const std::string& key : fixed)
    log.say(conf::LogLevel::Warn, key + " takes a restart to change, and stays as it was");
  log.set_level(gate->settings.log.level);
  gate->ledger.set_window_past(ledger_window(gate->settings.oauth.window_past));
  if (gate->refusal_keeper) gate->refusal_keeper->set_count(gate->settings.log.refusals);
  server.adopt(gate);
  log.say(conf::LogLevel::Info, "configuration reloaded");
  return gate;
}

}  // namespace gateway
