#pragma once

// Deadlines swept coarsely: setting one is a store into memory, and one timer per thread looks at
// all of them every kSweep. A deadline fires between its time and kSweep later. One thread.

#include <chrono>
#include <cstdint>

#include "gateway/net/net.h"

namespace gateway::net {

class Deadlines;

class Deadline {
 public:
  inline static constexpr TimePoint kNever = TimePoint::max();

  explicit Deadline(Deadlines& all);
  virtual ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(Duration from_now);
  void clear() {
    at_ = kNever;
    fired_ = false;
  }
  bool armed() const { return at_ != kNever; }
  bool fired() const { return fired_; }
  // What is left until it fires; kNever's distance is meaningless.
  Duration left() const;
  // Makes the next sweep fire it: used to end idle connections when draining.
  void fire_soon() { at_ = TimePoint::min(); }

 protected:
  // Called at every sweep once the time has come, until set() or clear(): cancels what is pending.
  virtual void expire() = 0;

 private:
  friend class Deadlines;
  Deadlines& all_;
  TimePoint at_ = kNever;
  bool fired_ = false;
  Deadline* next_ = nullptr;
  Deadline* previous_ = nullptr;
};

class Deadlines {
 public:
  inline static constexpr std::chrono::milliseconds kSweep{100};

  // The time of the last sweep, good enough for deadlines.
  TimePoint now() const { return now_; }
  void sweep(TimePoint now);

 private:
  friend class Deadline;
  TimePoint now_ = std::chrono::steady_clock::now();
  Deadline* first_ = nullptr;
  Deadline* sweeping_ = nullptr;  // next to look at; moved on when that one goes
};

}  // namespace gateway::net
