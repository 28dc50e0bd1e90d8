#include "gateway/net/deadline.h"

#include <algorithm>

namespace gateway::net {

Deadline::Deadline(Deadlines& all) : all_(all), next_(all.first_) {
  if (next_ != nullptr) next_->previous_ = this;
  all.first_ = this;
}

Deadline::~Deadline() {
  if (all_.sweeping_ == this) all_.sweeping_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    all_.first_ = next_;
  }
}

// The clock of the last sweep may be one sweep behind, hence the extra one.
void Deadline::set(Duration from_now) {
  fired_ = false;
  at_ = all_.now_ + from_now + Deadlines::kSweep;
}

Duration Deadline::left() const {
  if (at_ <= all_.now_) return Duration::zero();
  return std::max(at_ - all_.now_ - Deadlines::kSweep, Duration::zero());
}

void Deadlines::sweep(TimePoint now) {
  now_ = now;
  for (Deadline* deadline = first_; deadline != nullptr; deadline = sweeping_) {
    sweeping_ = deadline->next_;
    if (deadline->at_ > now) continue;
    deadline->fired_ = true;
    deadline->expire();
  }
}

}  // namespace gateway::net
