// Failed sign-ins: how much they weigh, and for how long.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "store/sessions_state.h"

namespace store {

namespace {

constexpr std::int64_t kThousandths = 1000;
constexpr std::size_t kKeyBytes = 16;
// By then the heaviest count weighs less than half a failure.
constexpr std::int64_t kForgetAfter_s = 12 * kFailuresOfName.half_life_s;

enum class CountField : std::uint8_t { Weight = 1, Noted = 2 };
// 'u' was the name alone when five failures of it were too many.
enum class Of : char { Name = 'n', Address = 'a', Pair = 'p', Browser = 'b' };

std::string key_of(const verify::HmacKey& mac, Of of, std::string_view name,
                   std::string_view where = {}) {
  std::string message(1, static_cast<char>(of));
  message += std::to_string(name.size()) + ':';
  message.append(name).append(where);
  const verify::Digest digest = mac.sign(message);
  const auto bytes = digest.view().first(kKeyBytes);
  return {bytes.begin(), bytes.end()};
}

// Whoever has an IPv6 address has 2^64 of them.
std::string network_of(std::string_view address) {
  std::string text(address);
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  static constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool ipv4 = std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  if (!ipv4) return {bytes.begin(), bytes.begin() + 8};
  std::array<char, INET_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET, bytes.data() + kMapped.size(), out.data(), out.size());
  return out.data();
}

// What one attempt is counted under.
struct Counted {
  std::string key;
  FailureRule rule;
};

std::vector<Counted> counts_of(const verify::HmacKey& mac, const Attempt& attempt) {
  if (!attempt.browser.empty())
    return {{key_of(mac, Of::Browser, attempt.user, attempt.browser), kFailuresOfBrowser}};
  std::vector<Counted> out{{key_of(mac, Of::Name, attempt.user), kFailuresOfName}};
  if (attempt.address.empty()) return out;
  const std::string network = network_of(attempt.address);
  out.push_back({key_of(mac, Of::Address, network), kFailuresOfAddress});
  out.push_back({key_of(mac, Of::Pair, attempt.user, network), kFailuresOfPair});
  return out;
}

// In failures. A count from far ahead is one from before the clock was set back: it would last
// until then.
double weight_at(const FailureCount& count, const FailureRule& rule, std::int64_t now) {
  if (count.noted - now > rule.half_life_s) return 0;
  const double age = static_cast<double>(std::max<std::int64_t>(0, now - count.noted));
  return static_cast<double>(count.weight) / kThousandths *
         std::exp2(-age / static_cast<double>(rule.half_life_s));
}

// Seconds until one more failure would be the last that is free.
std::int64_t wait_for(const std::optional<FailureCount>& count, const FailureRule& rule,
                      std::int64_t now) {
  if (!count) return 0;
  const double weight = weight_at(*count, rule, now), least = static_cast<double>(rule.free - 1);
  if (weight <= least) return 0;
  return static_cast<std::int64_t>(
      std::ceil(static_cast<double>(rule.half_life_s) * std::log2(weight / least)));
}

Result<Done> erase_count(WriteTxn& txn, const SessionsFile& file, const std::string& key) {
  if (const auto old = find_count(txn, file, key)) {
    auto erased = txn.erase(file.by_noted, time_index_entry(old->noted, key));
    if (!erased) return erased.failure();
  }
  auto erased = txn.erase(file.counts, key);
  if (!erased) return erased.failure();
  return Done{};
}

Result<Done> count_failure(WriteTxn& txn, const SessionsFile& file, const Counted& counted,
                           std::int64_t now) {
  const auto& [key, rule] = counted;
  const auto old = find_count(txn, file, key);
  const double heaviest = static_cast<double>(2 * rule.free);
  const double weight = std::min((old ? weight_at(*old, rule, now) : 0) + 1, heaviest);
  if (auto erased = erase_count(txn, file, key); !erased) return erased;
  Writer record(RecordKind::Throttle, 4 * kFieldRoom);
  record.time(CountField::Weight, static_cast<std::int64_t>(std::lround(weight * kThousandths)));
  record.time(CountField::Noted, now);
  const auto bytes = record.finish("count of failures");
  if (!bytes) return bytes.failure();
  if (auto put = txn.put(file.counts, key, bytes->reveal()); !put) return put;
  return txn.put(file.by_noted, time_index_entry(now, key), {});
}

}  // namespace

std::optional<FailureCount> find_count(const Txn& txn, const SessionsFile& file,
                                       std::string_view key) {
  const auto bytes = txn.get(file.counts, key);
  if (!bytes || !*bytes) return std::nullopt;
  Scanner in("count of failures", RecordKind::Throttle, **bytes);
  FailureCount out;
  while (in.next(0)) {
    const auto field = static_cast<CountField>(in.number());
    if (field == CountField::Weight) {
      out.weight = in.time();
    } else if (field == CountField::Noted) {
      out.noted = in.time();
    } else {
      in.bad_value();
    }
  }
  if (in.mistake(bit(CountField::Weight) | bit(CountField::Noted))) return std::nullopt;
  return out;
}

Result<std::vector<std::string>> oldest(
    const Txn& txn, Table by_time, const std::function<bool(std::int64_t, std::size_t)>& goes) {
  std::vector<std::string> out;
  auto cursor = Cursor::open(txn, by_time);
  if (!cursor) return cursor.failure();
  for (auto at = cursor->first(); out.size() < kSweptBySession; at = cursor->next()) {
    if (!at) return at.failure();
    if (!*at) break;
    const auto entry = parse_time_index((*at)->key);
    if (!entry) return entry.failure();
    if (!goes(entry->time, out.size())) break;
    out.emplace_back(entry->name);
  }
  return out;
}

std::int64_t Sessions::wait(const Attempt& attempt, std::int64_t now) const {
  const SessionsFile& file = state_->file;
  ReadTxn txn(file.env);
  if (!txn.renew()) return kFailuresOfPair.half_life_s;
  std::int64_t longest = 0;
  for (const auto& [key, rule] : counts_of(state_->mac, attempt))
    longest = std::max(longest, wait_for(find_count(txn, file, key), rule, now));
  return longest;
}

Result<Done> Sessions::note_failure(const Attempt& attempt, std::int64_t now) {
  const SessionsFile& file = state_->file;
  auto txn = WriteTxn::begin(file.env);
  if (!txn) return txn.failure();
  for (const Counted& counted : counts_of(state_->mac, attempt))
    if (auto done = count_failure(**txn, file, counted, now); !done) return done;
  const auto size = (*txn)->size(file.counts);
  if (!size) return size.failure();
  auto old = oldest(**txn, file.by_noted, [&](std::int64_t noted, std::size_t taken) {
    return noted + kForgetAfter_s <= now || size->entries - taken > kMostCounts;
  });
  if (!old) return old.failure();
  for (const std::string& key : *old)
    if (auto erased = erase_count(**txn, file, key); !erased) return erased;
  return (*txn)->commit();
}

Result<Done> Sessions::note_success(const Attempt& attempt) {
  const SessionsFile& file = state_->file;
  auto txn = WriteTxn::begin(file.env);
  if (!txn) return txn.failure();
  std::vector<std::string> keys;
  if (!attempt.browser.empty())
    keys.push_back(key_of(state_->mac, Of::Browser, attempt.user, attempt.browser));
  if (!attempt.address.empty())
    keys.push_back(key_of(state_->mac, Of::Pair, attempt.user, network_of(attempt.address)));
  for (const std::string& key : keys)
    if (auto erased = erase_count(**txn, file, key); !erased) return erased;
  return (*txn)->commit();
}

}  // namespace store
