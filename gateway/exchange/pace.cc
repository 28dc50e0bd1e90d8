#include "gateway/exchange/pace.h"

#include <algorithm>

namespace gateway::exchange {

Pace::Pace(Exchange& x, std::uint64_t rate, net::Duration most)
    : connection_(x.connection),
      deadlines_(x.worker.deadlines()),
      period_(x.config.settings.timeouts.body),
      left_(period_),
      share_(rate * static_cast<std::uint64_t>(x.config.settings.timeouts.body.count()) / 1000) {
  if (most < net::TimePoint::max() - now()) end_ = now() + most;
}

Pace::Pace(Exchange& x) : Pace(x, x.config.settings.limits.body_rate, net::Duration::max()) {}

net::TimePoint Pace::now() const { return deadlines_.now(); }

void Pace::set(net::Duration from_now) { connection_.set(std::min(from_now, end_ - now())); }

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

}  // namespace gateway::exchange
