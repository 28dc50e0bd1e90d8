#include "store/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "store/file_times.h"
#include "store/files.h"
#include "store/high_water_mark.h"
#include "store/ledger_file.h"
#include "store/ledger_open.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPurgeWhenFull = 512;  // more entries than two pages hold
constexpr std::int64_t kMarkStep = 5;          // seconds that the mark goes beyond what is asked
constexpr std::uint64_t kPurgeAtLeast = 64;    // entries in one transaction, by whole records,
constexpr std::uint64_t kPurgeForEach = 2;     // and so many for each new one
constexpr Table kTable{};

void raise(std::atomic<std::int64_t>& value, std::int64_t to) {
  std::int64_t seen = value.load(std::memory_order_relaxed);
  while (seen < to && !value.compare_exchange_weak(seen, to, std::memory_order_release)) {
  }
}

// The change time of the file, which nothing of ours changes any more, and which the disk has too.
Result<std::int64_t> closed_at(const fs::path& file) {
  const FileHandle open(::open(file.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!open.open() || ::fsync(open.get()) != 0)
    return system_failure(errno, "syncing " + in_quotes(file.string()));
  return change_time(open);
}

}  // namespace

struct Ledger::State {
  // Constant once open.
  LedgerOptions options;
  FileHandle lock;
  verify::KeyedHash::Key hash_key{};
  std::uint64_t page_limit = 0;
  std::uint64_t client_limit = std::numeric_limits<std::uint64_t>::max();  // entries

  // Guarded by `mutex`. Taken before `mark_mutex` where both are.
  std::mutex mutex;
  std::shared_ptr<Env> env;  // none once closed
  std::int64_t oldest = 0;   // no entry is older
  LedgerIndex index;
  LedgerShares shares;
  LedgerPulse pulse;
  // What one transaction works with, kept for its memory.
  std::vector<const LedgerKey*> fresh;  // of the batch at hand
  LedgerRecord record;

  // Guarded by `mark_mutex`.
  std::mutex mark_mutex;
  std::optional<HighWaterMark> mark_file;  // none once closed

  // Read by anyone; changed under the mutex of what they tell of.
  std::atomic<std::int64_t> floor{0}, mark{0}, highest{0};
  std::atomic<std::int64_t> published{0};  // the floor in the mark file
  std::atomic<std::uint64_t> entries{0};
  std::atomic<std::int64_t> window_past{0};  // changed by anyone

  // What one transaction did, to be noted once it is committed.
  struct Outcome {
    std::uint64_t purged = 0;
    std::int64_t floor = 0, oldest = 0, highest = 0;
  };
  Result<Outcome> attempt(std::span<LedgerClaim> batch, std::uint64_t purge_limit,
                          std::int64_t purge_before);
  Result<Outcome> transact(std::span<LedgerClaim> batch, std::uint64_t purge_limit,
                           std::int64_t purge_before);
  Result<Done> purge(WriteTxn& txn, std::uint64_t limit, std::int64_t before, Outcome& outcome);
  void judge(std::span<LedgerClaim> batch, Outcome& outcome);
  void judge_over_share(LedgerClaim& claim, const Outcome& outcome) const;
  Result<Done> write(WriteTxn& txn);
  void disown();
};

// A file that LMDB can't work with does not heal: the next opening is to start anew, with a floor
// at the mark.
void Ledger::State::disown() {
  const std::lock_guard held(mark_mutex);
  if (!mark_file) return;
  HighWaterMarkState next = mark_file->state();
  if (next.ledger == FileIdentity{}) return;
  next.ledger = {};
  // Should this fail too, the next opening finds the damage, or this is tried again.
  static_cast<void>(mark_file->write(next));
}

// Oldest first. The floor rises in the same transaction: what is forgotten is refused by its time.
Result<Done> Ledger::State::purge(WriteTxn& txn, std::uint64_t limit, std::int64_t before,
                                  Outcome& outcome) {
  if (oldest >= before || entries == 0) return Done{};
  auto cursor = Cursor::open(txn, kTable);
  if (!cursor) return cursor.failure();
  for (;;) {
    const auto at = cursor->first();
    if (!at) return at.failure();
    if (!*at || LedgerRecord::is_own((*at)->key)) {
      outcome.oldest = before;
      break;
    }
    if (!record.read((*at)->key, (*at)->value))
      return fail(Error::Kind::Unavailable, "the replay ledger is damaged: it has an odd entry");
    outcome.oldest = record.timestamp;
    if (outcome.oldest >= before || outcome.purged >= limit) break;
    outcome.floor = std::max(outcome.floor, outcome.oldest);
    for (const LedgerRecord::Entry& entry : record.entries)
      if (entry.client) shares.remove(*entry.client, outcome.oldest);
    if (auto erased = cursor->erase(); !erased) return erased;
    outcome.purged += record.entries.size();
  }
  return outcome.purged == 0 ? Result<Done>(Done{}) : write_ledger_floor(txn, outcome.floor);
}

void Ledger::State::judge(std::span<LedgerClaim> batch, Outcome& outcome) {
  for (LedgerClaim& claim : batch) {
    const std::int64_t time = claim.key.timestamp();
    if (time <= outcome.floor) {
      claim.verdict = Verdict::TooOld;
      continue;
    }
    if (shares.held(claim.key.client) >= client_limit) {
      judge_over_share(claim, outcome);
      continue;
    }
    const bool added = index.add(time, claim.key.hash());
    claim.verdict = added ? Verdict::Fresh : Verdict::Replayed;
    if (!added) continue;
    shares.add(claim.key.client, time);
    fresh.push_back(&claim.key);
    outcome.oldest = std::min(outcome.oldest, time);
    outcome.highest = std::max(outcome.highest, time);
  }
}

// A replay is told as one all the same.
void Ledger::State::judge_over_share(LedgerClaim& claim, const Outcome& outcome) const {
  const bool known = index.has(claim.key.timestamp(), claim.key.hash());
  claim.verdict = known ? Verdict::Replayed : Verdict::OverShare;
  const std::int64_t first = std::max(shares.oldest(claim.key.client), outcome.oldest);
  claim.room_at = time_sum(first, time_sum(window_past, 1));
}

// Those of one second together: a record copies a page, whatever is in it.
Result<Done> Ledger::State::write(WriteTxn& txn) {
  const auto earlier = [](const LedgerKey* a, const LedgerKey* b) {
    return a->timestamp() < b->timestamp();
  };
  std::sort(fresh.begin(), fresh.end(), earlier);
  for (auto from = fresh.begin(); from != fresh.end();) {
    auto to = from;
    while (to != fresh.end() && to - from < std::ptrdiff_t{kLedgerRun} && !earlier(*from, *to))
      ++to;
    if (auto written = write_ledger_entries(txn, {from, to}); !written) return written;
    from = to;
  }
  return Done{};
}

// One transaction. On an error nothing of it happened, and the verdicts mean nothing.
Result<Ledger::State::Outcome> Ledger::State::attempt(std::span<LedgerClaim> batch,
                                                      std::uint64_t purge_limit,
                                                      std::int64_t purge_before) {
  fresh.clear();
  auto outcome = transact(batch, purge_limit, purge_before);
  if (!outcome) {
    pulse.abandon();
    index.undo();
    shares.undo();
    return outcome;
  }
  index.keep();
  shares.keep();
  index.drop(floor);
  return outcome;
}

Result<Ledger::State::Outcome> Ledger::State::transact(std::span<LedgerClaim> batch,
                                                       std::uint64_t purge_limit,
                                                       std::int64_t purge_before) {
  auto begun = WriteTxn::begin(env);
  if (!begun) return begun.failure();
  WriteTxn& txn = **begun;
  const std::uint64_t number = txn.id();
  pulse.begin(number);
  Outcome outcome;
  outcome.floor = floor;
  outcome.oldest = entries == 0 ? std::numeric_limits<std::int64_t>::max() : oldest;
  outcome.highest = highest;
  if (auto purged = purge(txn, purge_limit, purge_before, outcome); !purged)
    return purged.failure();
  judge(batch, outcome);
  if (outcome.purged == 0 && fresh.empty()) {
    pulse.abandon();
    return outcome;
  }
  if (auto written = write(txn); !written) return written.failure();
  const auto size = txn.size(kTable);
  if (!size) return size.failure();
  if (!fresh.empty() && size->pages > page_limit)
    return fail(Error::Kind::Full, "the replay ledger is full");
  if (auto committed = txn.commit(); !committed) return committed.failure();
  pulse.end(number);
  oldest = outcome.oldest;
  entries += fresh.size() - outcome.purged;
  raise(highest, outcome.highest);
  raise(floor, outcome.floor);
  return outcome;
}

std::int64_t LedgerKey::timestamp() const {
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < 8; ++i) time = time << 8 | bytes[i];
  return static_cast<std::int64_t>(time);
}

verify::KeyedHash::Value LedgerKey::hash() const {
  verify::KeyedHash::Value out{};
  std::copy(bytes.begin() + 8, bytes.end(), out.begin());
  return out;
}

LedgerKey Ledger::Keyer::operator()(std::int64_t timestamp, std::string_view client,
                                    std::string_view token, std::string_view nonce) {
  LedgerKey key;
  for (std::size_t i = 0; i < 8; ++i)
    key.bytes[i] =
        static_cast<unsigned char>(static_cast<std::uint64_t>(timestamp) >> (56 - 8 * i) & 0xff);
  const std::array<std::string_view, 3> parts{client, token, nonce};
  const verify::KeyedHash::Both hash = hash_(parts);
  std::copy(hash.all.begin(), hash.all.end(), key.bytes.begin() + 8);
  for (std::size_t i = 0; i < sizeof key.client; ++i) key.client = key.client << 8 | hash.first[i];
  return key;
}

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::~Ledger() = default;

Result<Done> Ledger::make(const fs::path& store, std::uint64_t size) {
  if (auto made = make_folder(ledger_folder(store), store); !made) return made;
  if (auto made = make_ledger_file(store, size); !made) return made;
  auto data = ledger_data_identity(store);
  if (!data) return data.failure();
  HighWaterMarkState state;
  state.clean = true;
  state.ledger = *data;
  auto closed = change_time(ledger_data(store));
  if (!closed) return closed.failure();
  state.closed = *closed;
  auto mark = HighWaterMark::create(ledger_mark(store), state);
  if (!mark) return mark.failure();
  return Done{};
}

Result<std::unique_ptr<Ledger>> Ledger::open(const LedgerOptions& options, std::int64_t now) {
  auto opened = open_ledger(options, now);
  if (!opened) return opened.failure();
  auto state = std::make_unique<State>();
  state->options = options;
  state->lock = std::move(opened->lock);
  LedgerFile& file = opened->file;
  state->hash_key = file.hash_key;
  state->page_limit = file.page_limit;
  if (options.client_share < 100)
    state->client_limit = file.page_limit * kLedgerEntriesPerPage * options.client_share / 100;
  state->env = std::move(file.env);
  state->oldest = file.oldest;
  state->index = std::move(file.index);
  state->shares = std::move(file.shares);
  state->pulse = std::move(opened->pulse);
  state->window_past = options.window_past_s;
  state->floor = std::max(file.floor, opened->mark.state().floor);
  state->published = opened->mark.state().floor;
  state->mark = opened->mark.state().mark;
  state->highest = file.newest;
  state->entries = file.entries;
  state->mark_file = std::move(opened->mark);
  return std::unique_ptr<Ledger>(new Ledger(std::move(state)));
}

std::int64_t Ledger::floor() const { return state_->floor.load(std::memory_order_acquire); }
std::int64_t Ledger::mark() const { return state_->mark.load(std::memory_order_acquire); }
std::int64_t Ledger::highest_accepted() const { return state_->highest; }
std::uint64_t Ledger::entries() const { return state_->entries; }
std::uint64_t Ledger::capacity() const { return state_->page_limit * kLedgerEntriesPerPage; }
void Ledger::set_window_past(std::int64_t seconds) { state_->window_past = seconds; }
Ledger::Keyer Ledger::keyer() const { return Keyer(state_->hash_key); }

Result<Done> Ledger::raise_mark(std::int64_t timestamp) {
  if (timestamp <= mark()) return Done{};
  const std::lock_guard lock(state_->mark_mutex);
  if (!state_->mark_file) return fail(Error::Kind::Unavailable, "the replay ledger is closed");
  if (timestamp <= mark()) return Done{};
  HighWaterMarkState next = state_->mark_file->state();
  next.mark = time_sum(timestamp, kMarkStep);
  if (auto written = state_->mark_file->write(next); !written) return written;
  raise(state_->mark, next.mark);
  return Done{};
}

Result<Done> Ledger::publish_floor(std::int64_t now) {
  const auto to_do = [this, now] {
    return floor() > state_->published && floor() >= time_sum(now, -state_->window_past);
  };
  if (!to_do()) return Done{};
  const std::lock_guard lock(state_->mark_mutex);
  if (!state_->mark_file) return fail(Error::Kind::Unavailable, "the replay ledger is closed");
  if (!to_do()) return Done{};
  HighWaterMarkState next = state_->mark_file->state();
  next.floor = floor();
  if (auto written = state_->mark_file->write(next); !written) return written;
  raise(state_->published, next.floor);
  return Done{};
}

Result<Done> Ledger::claim(std::span<LedgerClaim> batch, std::int64_t now) {
  std::int64_t latest = 0;
  for (LedgerClaim& one : batch) {
    one.verdict = Verdict::Full;
    latest = std::max(latest, one.key.timestamp());
  }
  if (batch.empty()) return Done{};
  if (auto raised = raise_mark(latest); !raised) return raised;

  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  if (!s.env) return fail(Error::Kind::Unavailable, "the replay ledger is closed");
  const std::int64_t before = time_sum(now, -s.window_past);
  auto outcome = s.attempt(batch, kPurgeForEach * batch.size() + kPurgeAtLeast, before);
  if (!outcome && outcome.error().kind == Error::Kind::Full) {
    // Purging alone needs less room than purging and adding.
    auto purged = s.attempt({}, kPurgeWhenFull, before);
    if (purged && purged->purged > 0) outcome = s.attempt(batch, 0, before);
  }
  if (outcome) return Done{};
  for (LedgerClaim& one : batch) one.verdict = Verdict::Full;
  if (outcome.error().kind == Error::Kind::Full) return Done{};
  s.disown();
  return outcome.failure();
}

Result<Done> Ledger::close() {
  State& s = *state_;
  const std::scoped_lock lock(s.mutex, s.mark_mutex);
  if (!s.env) return Done{};
  if (auto synced = s.env->sync(); !synced) return synced;
  if (auto synced = sync_folder(ledger_folder(s.options.path)); !synced) return synced;
  s.env.reset();
  s.pulse.touch();
  const auto closed = closed_at(ledger_data(s.options.path));
  if (!closed) return closed.failure();
  HighWaterMarkState state = s.mark_file->state();
  state.clean = true;
  state.closed = *closed;
  state.floor = floor();
  auto noted = s.mark_file->write(state);
  s.mark_file.reset();
  s.lock.close();
  return noted;
}

}  // namespace store
