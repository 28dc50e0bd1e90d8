#pragma once

// What one thread has for as long as one configuration is in effect: pools and caches.

#include <memory>
#include <string_view>
#include <unordered_map>

#include "gateway/auth/credential_cache.h"
#include "gateway/exchange/process_state.h"
#include "gateway/exchange/runtime_config.h"
#include "gateway/net/deadline.h"
#include "gateway/net/net.h"
#include "gateway/upstream/pool.h"
#include "store/credentials.h"

namespace gateway::exchange {

// What a worker has for one RuntimeConfig. A request ends with the one it began with; a reload
// makes the next one, which takes over the pools of upstreams that are the same.
class Generation {
 public:
  // `process`, `reader`, `deadlines` outlive it. `before`: null at the start.
  Generation(std::shared_ptr<const RuntimeConfig> config, const ProcessState& process,
             store::Credentials::Reader& reader, net::Executor executor, net::Deadlines& deadlines,
             const Generation* before);

  const RuntimeConfig& config() const { return *config_; }
  auth::CredentialCache& credentials() { return credentials_; }
  upstream::UpstreamPool& upstream(std::string_view name) { return *pools_.at(name); }
  void tidy();
  // Ends the idle connections that `next` has no use for, and those to come.
  void end(const Generation& next);

 private:
  using Pools = std::unordered_map<std::string_view, std::shared_ptr<upstream::UpstreamPool>>;
  std::shared_ptr<const RuntimeConfig> config_;
  auth::CredentialCache credentials_;
  Pools pools_;  // by names in the settings
};

}  // namespace gateway::exchange
