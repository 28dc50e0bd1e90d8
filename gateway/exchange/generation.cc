#include "gateway/exchange/generation.h"

#include <utility>

namespace gateway::exchange {

Generation::Generation(std::shared_ptr<const RuntimeConfig> config, const ProcessState& process,
                       store::Credentials::Reader& reader, net::Executor executor,
                       net::Deadlines& deadlines, const Generation* before)
    : config_(std::move(config)),
      credentials_(config_->storage.credentials, reader, config_->settings.headers, process.usage) {
  const net::Duration patience = config_->settings.timeouts.upstream_connect;
  for (const conf::Upstream& upstream : config_->settings.upstreams) {
    std::shared_ptr<upstream::UpstreamPool>& pool = pools_[upstream.name];
    if (before != nullptr) {
      const auto old = before->pools_.find(upstream.name);
      if (old != before->pools_.end() && old->second->serves(upstream, patience))
        pool = old->second;
    }
    if (!pool)
      pool = std::make_shared<upstream::UpstreamPool>(executor, deadlines, upstream, patience);
  }
}

void Generation::tidy() {
  for (auto& [name, pool] : pools_) pool->tidy();
}

void Generation::end(const Generation& next) {
  for (auto& [name, pool] : pools_) {
    const auto found = next.pools_.find(name);
    if (found == next.pools_.end() || found->second != pool) pool->end();
  }
}

}  // namespace gateway::exchange
