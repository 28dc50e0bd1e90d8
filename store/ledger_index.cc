#include "store/ledger_index.h"

#include <cstring>
#include <utility>

namespace store {

LedgerIndex::Place LedgerIndex::place_of(const LedgerHash& hash) {
  Place out;
  static_assert(sizeof out == sizeof hash);
  std::memcpy(&out, hash.data(), sizeof out);
  if (out == Place{}) out.low = 1;  // a free place looks like this; one in 2^128 does
  return out;
}

std::size_t LedgerIndex::find(const Second& in, const Place& wanted) {
  const std::size_t last = in.places.size() - 1;
  std::size_t at = wanted.low & last;
  while (in.places[at] != Place{} && in.places[at] != wanted) at = (at + 1) & last;
  return at;
}

void LedgerIndex::grow(Second& second) {
  Second larger;
  larger.places.resize(second.places.empty() ? kFewestPlaces : 2 * second.places.size());
  larger.taken = second.taken;
  for (const Place& place : second.places)
    if (place != Place{}) larger.places[find(larger, place)] = place;
  second = std::move(larger);
}

// Those behind it that had to go past its place move up.
void LedgerIndex::erase(Second& from, const Place& place) {
  const std::size_t last = from.places.size() - 1;
  std::size_t gap = find(from, place);
  for (std::size_t at = (gap + 1) & last; from.places[at] != Place{}; at = (at + 1) & last) {
    const std::size_t home = from.places[at].low & last;
    if (((at - home) & last) < ((at - gap) & last)) continue;  // it begins behind the gap
    from.places[gap] = from.places[at];
    gap = at;
  }
  from.places[gap] = {};
  --from.taken;
}

bool LedgerIndex::has(std::int64_t second, const LedgerHash& hash) const {
  const auto found = seconds_.find(second);
  if (found == seconds_.end()) return false;
  const Second& in = found->second;
  return in.places[find(in, place_of(hash))] != Place{};
}

bool LedgerIndex::add(std::int64_t second, const LedgerHash& hash) {
  Second& in = seconds_[second];
  if (4 * (in.taken + 1) > 3 * in.places.size()) grow(in);
  const Place place = place_of(hash);
  Place& at = in.places[find(in, place)];
  if (at == place) return false;
  at = place;
  ++in.taken;
  added_.emplace_back(second, place);
  return true;
}

void LedgerIndex::undo() {
  for (const auto& [second, place] : added_) {
    const auto in = seconds_.find(second);
    erase(in->second, place);
    if (in->second.taken == 0) seconds_.erase(in);
  }
  added_.clear();
}

void LedgerIndex::drop(std::int64_t last) {
  seconds_.erase(seconds_.begin(), seconds_.upper_bound(last));
}

}  // namespace store
