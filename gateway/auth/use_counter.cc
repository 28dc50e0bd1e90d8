#include "gateway/auth/use_counter.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gateway::auth {
namespace {

bool used(const store::KeyUse& use) {
  return std::any_of(use.times.begin(), use.times.end(), [](auto times) { return times > 0; });
}

template <class T>
void move_behind(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void UseInbox::give(UseCounts uses) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() + uses.size() > kMost) return;
  move_behind(waiting_.keys, uses.keys);
  move_behind(waiting_.routes, uses.routes);
}

UseCounts UseInbox::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

void UseCounter::count(std::string_view client, store::KeyId key, verify::Method method,
                       std::int64_t now) {
  auto found = keys_.find(key);
  if (found == keys_.end()) {
    if (keys_.size() >= kMost) {
      hand_over();
      keys_.clear();
    }
    found = keys_.try_emplace(key).first;
    found->second.client = client;
    found->second.key = key;
  }
  store::KeyUse& use = found->second;
  ++use.times[static_cast<std::size_t>(method)];
  use.last = std::max(use.last, now);
}

void UseCounter::count_other_scheme(const std::string& route, std::int64_t now) {
  if (routes_.size() >= kMost && !routes_.contains(route)) hand_over();
  store::Count& count = routes_[route];
  ++count.times;
  count.last = std::max(count.last, now);
}

void UseCounter::hand_over() {
  UseCounts uses;
  for (auto at = keys_.begin(); at != keys_.end();) {
    if (!used(at->second)) {
      at = keys_.erase(at);
      continue;
    }
    uses.keys.push_back(at->second);
    at->second.times = {};
    ++at;
  }
  for (const auto& [route, count] : routes_) uses.routes.push_back({route, count});
  routes_.clear();
  if (uses.size() > 0) inbox_.give(std::move(uses));
}

}  // namespace gateway::auth
