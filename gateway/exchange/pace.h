#pragma once

// How slow a client may be.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

// How fast the client brings or takes a body: so many bytes a second, over each period of
// timeouts.body. The clock of a period runs only between start() and stop(), that is while the
// client is what we wait for. A body that is held has an end besides, whatever its pace.
class Pace {
 public:
  explicit Pace(Exchange& x);  // limits.body_rate
  Pace(Exchange& x, std::uint64_t rate, net::Duration most);
  void start();
  void count(std::uint64_t bytes);  // between start() and stop()
  void stop();
  bool over() const { return now() >= end_; }

 private:
  net::TimePoint now() const;
  void set(net::Duration from_now);

  Connection& connection_;
  net::Deadlines& deadlines_;
  net::Duration period_;
  net::Duration left_;
  std::uint64_t share_;
  std::uint64_t in_period_ = 0;
  net::TimePoint end_ = net::TimePoint::max();
};

}  // namespace gateway::exchange
