// Deadlines of one event loop.

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "gateway/net/deadline.h"

using namespace gateway;
using namespace gateway::net;
using namespace std::chrono_literals;

namespace {

class Bell final : public Deadline {
 public:
  explicit Bell(Deadlines& all) : Deadline(all) {}
  int rings = 0;
  std::vector<std::unique_ptr<Bell>>* bells = nullptr;

 private:
  void expire() override {
    ++rings;
    if (bells != nullptr) bells->clear();
  }
};

}  // namespace

TEST_CASE("a deadline fires at its time or up to one sweep later, and not before") {
  Deadlines all;
  const TimePoint start = all.now();
  Bell bell(all);
  bell.set(300ms);
  CHECK(bell.left() == 300ms);
  all.sweep(start + 300ms);
  CHECK_FALSE(bell.fired());
  all.sweep(start + 300ms + Deadlines::kSweep - 1ns);
  CHECK_FALSE(bell.fired());
  all.sweep(start + 300ms + Deadlines::kSweep);
  CHECK(bell.fired());
  CHECK(bell.rings == 1);
  CHECK(bell.left() == 0ms);
}

TEST_CASE("a deadline fires again at every sweep until it is set or cleared") {
  Deadlines all;
  const TimePoint start = all.now();
  Bell bell(all);
  bell.set(1ms);
  all.sweep(start + 1s);
  all.sweep(start + 2s);
  CHECK(bell.rings == 2);
  bell.set(1s);
  CHECK_FALSE(bell.fired());
  all.sweep(start + 3s);
  CHECK(bell.rings == 2);
  bell.clear();
  all.sweep(start + 99s);
  CHECK(bell.rings == 2);
  CHECK_FALSE(bell.fired());
}

TEST_CASE("a deadline that was told to fire soon has nothing left, and can be set again") {
  Deadlines all;
  const TimePoint start = all.now();
  Bell bell(all);
  bell.fire_soon();
  CHECK(bell.left() == 0ms);
  all.sweep(start);
  CHECK(bell.rings == 1);
  bell.set(1s);
  all.sweep(start + 500ms);
  CHECK(bell.rings == 1);
}

TEST_CASE("what is left goes down with the sweeps") {
  Deadlines all;
  const TimePoint start = all.now();
  Bell bell(all);
  bell.set(500ms);
  all.sweep(start + 200ms);
  CHECK(bell.left() == 300ms);
}

TEST_CASE("deadlines may go while others fire") {
  Deadlines all;
  const TimePoint start = all.now();
  std::vector<std::unique_ptr<Bell>> others;
  for (int i = 0; i < 3; ++i) others.push_back(std::make_unique<Bell>(all));
  Bell killer(all);
  killer.bells = &others;
  Bell before(all);
  for (auto& bell : others) bell->set(1ms);
  killer.set(1ms);
  before.set(1ms);
  all.sweep(start + 1s);
  CHECK(others.empty());
  CHECK(killer.rings == 1);
  CHECK(before.rings == 1);
  all.sweep(start + 2s);
  CHECK(before.rings == 2);
}
