#include "gateway/log/floor_watch.h"

#include <string>

#include "gateway/log/utc.h"

namespace gateway::log {
namespace {

std::string seconds(std::int64_t count) { return std::to_string(count) + " seconds"; }

}  // namespace

void FloorWatch::look(std::chrono::nanoseconds elapsed) {
  const Sample look{clock_.unix_seconds(), elapsed};
  tell_of_jump(look);
  const auto published = ledger_.publish_floor(look.now);
  if (!published && !publishing_failed_) {
    log_.say(conf::LogLevel::Error, published.error().sentence);
  }
  publishing_failed_ = !published.ok();
  tell_of_floor(look);
  tell_of_mark(look);
  last_ = look;
}

void FloorWatch::tell_of_jump(const Sample& look) {
  if (!last_) return;
  const auto passed = std::chrono::round<std::chrono::seconds>(look.elapsed - last_->elapsed);
  const std::int64_t jump = look.now - last_->now - passed.count();
  if (jump > kJump) {
    log_.say(conf::LogLevel::Warn,
             "the machine's clock was set " + seconds(jump) +
                 " ahead: should that be wrong, put it right soon, for timestamps up to the last "
                 "ones accepted by it are refused afterwards");
  } else if (jump < -kJump) {
    log_.say(conf::LogLevel::Warn, "the machine's clock was set back by " + seconds(-jump));
  }
}

void FloorWatch::tell_of_floor(const Sample& look) {
  const std::int64_t floor = ledger_.floor();
  if (floor < look.now) {
    if (told_of_floor_) {
      log_.say(conf::LogLevel::Info, "the clock has passed the floor of the replay ledger, " +
                                         format_time(floor) + ": requests are accepted again");
    }
    told_of_floor_.reset();
    return;
  }
  if (told_of_floor_ && look.elapsed - *told_of_floor_ < kAgain) return;
  told_of_floor_ = look.elapsed;
  log_.say(conf::LogLevel::Warn,
           "signed requests are refused with timestamp_refused until " + format_time(floor) +
               ", which is " + seconds(floor - look.now) +
               " from now: the replay ledger can't tell what was accepted up to then, because the "
               "clock was ahead or the ledger was lost (see \"Clocks that were wrong\" in "
               "gateway/README.md)");
}

// It refuses nothing while the ledger is whole.
void FloorWatch::tell_of_mark(const Sample& look) {
  const std::int64_t mark = ledger_.mark();
  const bool ahead = mark > ledger_.floor() && mark - look.now > window_future_s_ + kMarkAhead;
  if (ahead && !told_of_mark_) {
    log_.say(conf::LogLevel::Warn,
             "the clock is behind what it was: requests with timestamps up to about " +
                 format_time(mark) + ", which is " + seconds(mark - look.now) +
                 " from now, were accepted, and after a power cut all signed requests would be "
                 "refused until then");
  }
  told_of_mark_ = ahead;
}

}  // namespace gateway::log
