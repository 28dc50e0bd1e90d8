#include "gateway/log/refusal_keeper.h"

#include <algorithm>
#include <utility>

namespace gateway::log {

RefusalKeeper::RefusalKeeper(std::filesystem::path store, std::uint32_t count, Log& log,
                             const store::Credentials* credentials)
    : store_(std::move(store)),
      log_(log),
      count_(count),
      credentials_(credentials),
      thread_([this] { run(); }) {}

RefusalKeeper::~RefusalKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool RefusalKeeper::admit(Time now, Client client) {
  constexpr Time::duration kInterval =
      std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(1.0 / kPerSecond));
  const std::lock_guard lock(mutex_);
  Time& next = next_[static_cast<std::size_t>(client)];
  if (count_ == 0 || next > now + (kBurst - 1) * kInterval) return false;
  next = std::max(next, now) + kInterval;
  return true;
}

void RefusalKeeper::keep(store::KeptRefusal refusal) { wait({std::move(refusal), {}}); }

void RefusalKeeper::keep_if_known(store::KeptRefusal refusal, std::vector<std::string> names) {
  if (!names.empty()) wait({std::move(refusal), std::move(names)});
}

void RefusalKeeper::wait(Waiting waiting) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kWaiting) return;
    waiting_.push_back(std::move(waiting));
  }
  wake_.notify_one();
}

void RefusalKeeper::set_count(std::uint32_t count) {
  {
    const std::lock_guard lock(mutex_);
    count_ = count;
  }
  wake_.notify_one();
}

void RefusalKeeper::run() {
  std::uint32_t opened = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || count_ != opened || !waiting_.empty(); });
    if (count_ != opened) {
      opened = count_;
      lock.unlock();
      open(opened);
      lock.lock();
    } else if (!waiting_.empty()) {
      const Waiting first = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      if (first.names.empty() || is_known(first.names)) write(first.refusal);
      lock.lock();
    } else {
      return;
    }
  }
}

void RefusalKeeper::open(std::uint32_t count) {
  refusals_.reset();
  if (count == 0) return;
  auto opened = store::Refusals::open(store_, count);
  if (!opened) {
    log_.say(conf::LogLevel::Error, "refusals are not kept: " + opened.error().sentence);
    return;
  }
  refusals_ = *std::move(opened);
}

bool RefusalKeeper::is_known(const std::vector<std::string>& names) {
  if (!reader_ && credentials_ != nullptr) {
    auto reader = credentials_->reader();
    if (reader) reader_ = *std::move(reader);
  }
  return reader_ && std::any_of(names.begin(), names.end(), [this](const std::string& name) {
           return reader_->client(name).ok();
         });
}

void RefusalKeeper::write(const store::KeptRefusal& refusal) {
  if (!refusals_) return;
  const auto kept = refusals_->keep(refusal);
  // A full disk would say so ten times a second.
  if (!kept && !failing_) {
    log_.say(conf::LogLevel::Error, "a refusal could not be kept: " + kept.error().sentence);
  }
  failing_ = !kept.ok();
}

}  // namespace gateway::log
