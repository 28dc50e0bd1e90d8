#include "store/ledger.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "store/files.h"
#include "store/ledger_file.h"
#include "store/mark.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPurgeWhenFull = 256;  // more entries than two pages hold
constexpr std::int64_t kMarkStep = 5;          // seconds that the mark goes beyond what is asked
constexpr std::uint64_t kPurgeAtLeast = 64;    // entries in one transaction,
constexpr std::uint64_t kPurgeForEach = 2;     // and so many for each new one
constexpr Table kTable{};

std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max()
               : std::numeric_limits<std::int64_t>::min();
}

void raise(std::atomic<std::int64_t>& value, std::int64_t to) {
  std::int64_t seen = value.load(std::memory_order_relaxed);
  while (seen < to && !value.compare_exchange_weak(seen, to, std::memory_order_release)) {
  }
}

std::string_view view(const LedgerKey& key) {
  return {reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()};
}

enum class Trust : std::uint8_t {
  Trusted,    // the file has all that was ever accepted, above the floor
  Untrusted,  // it may not; the mark says how far it may have gone
  Lost,       // nobody can say how far it had gone
};

Trust judge(const std::optional<MarkFile>& mark, const std::optional<FileIdentity>& data,
            const std::string& boot_id) {
  if (!mark) return Trust::Lost;
  const MarkState& state = mark->state();
  if (state.ledger == FileIdentity{}) return Trust::Untrusted;  // it was being replaced
  if (!data || *data != state.ledger) return Trust::Lost;
  const bool same_boot = !boot_id.empty() && state.boot_id == boot_id;
  return state.clean || same_boot ? Trust::Trusted : Trust::Untrusted;
}

struct Opened {
  MarkFile mark;
  LedgerFile file;
};

Result<FileIdentity> data_identity(const fs::path& store) {
  auto found = identity(ledger_data(store));
  if (!found) return found.failure();
  if (!*found) return fail(Error::Kind::Unavailable, "the replay ledger has vanished");
  return **found;
}

// Starts with nothing but a floor. Until the new file is whole, the mark disowns every file, so
// that a crash on the way makes the next opening start here again.
Result<Opened> start_anew(const LedgerOptions& options, const std::string& boot_id,
                          std::optional<MarkFile> mark, std::int64_t floor) {
  MarkState state;
  state.floor = floor;
  state.mark = std::max(floor, mark ? mark->state().mark : 0);
  if (mark) {
    if (auto written = mark->write(state); !written) return written.failure();
  } else {
    auto made = MarkFile::create(ledger_mark(options.path), state);
    if (!made) return made.failure();
    mark = *std::move(made);
  }
  if (auto made = make_ledger_file(options.path, options.size); !made) return made.failure();
  auto file = open_ledger_file(options.path, options.size);
  if (!file) return Failure(std::move(file.error().error));
  auto data = data_identity(options.path);
  if (!data) return data.failure();
  state.ledger = *data;
  state.boot_id = boot_id;
  if (auto written = mark->write(state); !written) return written.failure();
  return Opened{*std::move(mark), *std::move(file)};
}

// From here on the file is dirty: noted before it is opened.
verify::Result<LedgerFile, OpenFailure> carry_on(const LedgerOptions& options,
                                                 const std::string& boot_id, MarkFile& mark) {
  MarkState state = mark.state();
  state.clean = false;
  state.boot_id = boot_id;
  if (auto written = mark.write(state); !written)
    return Failure(OpenFailure{written.error(), false});
  auto file = open_ledger_file(options.path, options.size);
  if (!file || file->newest <= state.mark) return file;
  state.mark = file->newest;
  if (auto written = mark.write(state); !written)
    return Failure(OpenFailure{written.error(), false});
  return file;
}

Result<Opened> open_files(const LedgerOptions& options, const std::string& boot_id,
                          std::int64_t now) {
  auto mark = MarkFile::open(ledger_mark(options.path));
  if (!mark) return mark.failure();
  auto data = identity(ledger_data(options.path));
  if (!data) return data.failure();
  Trust trust = judge(*mark, *data, boot_id);
  if (trust == Trust::Trusted) {
    auto file = carry_on(options, boot_id, **mark);
    if (file) return Opened{**std::move(mark), *std::move(file)};
    if (!file.error().damaged) return Failure(std::move(file.error().error));
    trust = Trust::Untrusted;
  }
  std::int64_t floor = 0;
  if (*mark) floor = std::max((*mark)->state().floor, (*mark)->state().mark);
  if (trust == Trust::Lost) floor = std::max(floor, add(now, options.window_future_s));
  return start_anew(options, boot_id, *std::move(mark), floor);
}

Result<FileHandle> hold(const fs::path& store) {
  std::error_code code;
  if (!fs::is_directory(store, code))
    return fail(Error::Kind::NotFound,
                "there is no store at " + in_quotes(store.string()) +
                    ": check the path, or make one with `portcullis client add`");
  if (auto local = refuse_network_file_system(store); !local) return local.failure();
  if (auto made = make_folder(ledger_folder(store), store); !made) return made.failure();
  auto lock = lock_folder(ledger_folder(store), /*wait=*/false);
  if (!lock && lock.error().kind == Error::Kind::Busy)
    return fail(Error::Kind::Busy, "another process is serving the store at " +
                                       in_quotes(store.string()) + ": one at a time may");
  return lock;
}

}  // namespace

struct Ledger::State {
  // Constant once open.
  LedgerOptions options;
  FileHandle lock;
  verify::KeyedHash::Key hash_key{};
  std::uint64_t page_limit = 0;

  // Guarded by `mutex`. Taken before `mark_mutex` where both are.
  std::mutex mutex;
  std::shared_ptr<Env> env;  // none once closed
  std::int64_t oldest = 0;   // no entry is older

  // Guarded by `mark_mutex`.
  std::mutex mark_mutex;
  std::optional<MarkFile> mark_file;  // none once closed

  // Read by anyone; changed under the mutex of what they tell of.
  std::atomic<std::int64_t> floor{0}, mark{0}, highest{0};
  std::atomic<std::uint64_t> entries{0};

  // What one transaction did, to be noted once it is committed.
  struct Outcome {
    std::uint64_t purged = 0, fresh = 0;
    std::int64_t floor = 0, oldest = 0, highest = 0;
    WriteTxn::Size size;
  };
  Result<Outcome> attempt(std::span<LedgerClaim> batch, std::uint64_t purge_limit,
                          std::int64_t purge_before);
  Result<Done> purge(WriteTxn& txn, std::uint64_t limit, std::int64_t before, Outcome& outcome);
  Result<Done> judge(WriteTxn& txn, std::span<LedgerClaim> batch, Outcome& outcome);
  void disown();
};

// A file that LMDB can't work with does not heal: the next opening is to start anew, with a floor
// at the mark.
void Ledger::State::disown() {
  const std::lock_guard held(mark_mutex);
  if (!mark_file) return;
  MarkState next = mark_file->state();
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
    const bool entry = *at && (*at)->key.size() == kLedgerEntryBytes;
    outcome.oldest = entry ? entry_time((*at)->key) : before;
    if (!entry || outcome.oldest >= before || outcome.purged == limit) break;
    outcome.floor = std::max(outcome.floor, outcome.oldest);
    if (auto erased = cursor->erase(); !erased) return erased;
    ++outcome.purged;
  }
  return outcome.purged == 0 ? Result<Done>(Done{}) : write_ledger_floor(txn, outcome.floor);
}

Result<Done> Ledger::State::judge(WriteTxn& txn, std::span<LedgerClaim> batch, Outcome& outcome) {
  for (LedgerClaim& claim : batch) {
    const std::int64_t time = claim.key.timestamp();
    if (time <= outcome.floor) {
      claim.verdict = Verdict::TooOld;
      continue;
    }
    const auto inserted = txn.insert(kTable, view(claim.key), {});
    if (!inserted) return inserted.failure();
    claim.verdict = *inserted ? Verdict::Fresh : Verdict::Replayed;
    if (!*inserted) continue;
    ++outcome.fresh;
    outcome.oldest = std::min(outcome.oldest, time);
    outcome.highest = std::max(outcome.highest, time);
  }
  return Done{};
}

// One transaction. On an error nothing of it happened, and the verdicts mean nothing.
Result<Ledger::State::Outcome> Ledger::State::attempt(std::span<LedgerClaim> batch,
                                                      std::uint64_t purge_limit,
                                                      std::int64_t purge_before) {
  auto begun = WriteTxn::begin(env);
  if (!begun) return begun.failure();
  WriteTxn& txn = **begun;
  Outcome outcome;
  outcome.floor = floor;
  outcome.oldest = entries == 0 ? std::numeric_limits<std::int64_t>::max() : oldest;
  outcome.highest = highest;
  if (auto purged = purge(txn, purge_limit, purge_before, outcome); !purged)
    return purged.failure();
  if (auto judged = judge(txn, batch, outcome); !judged) return judged.failure();
  if (outcome.purged == 0 && outcome.fresh == 0) return outcome;
  const auto size = txn.size(kTable);
  if (!size) return size.failure();
  if (outcome.fresh > 0 && size->pages > page_limit)
    return fail(Error::Kind::Full, "the replay ledger is full");
  if (auto committed = txn.commit(); !committed) return committed.failure();
  oldest = outcome.oldest;
  entries = size->entries - kLedgerOwnRecords;
  raise(highest, outcome.highest);
  raise(floor, outcome.floor);
  return outcome;
}

std::int64_t LedgerKey::timestamp() const { return entry_time(view(*this)); }

LedgerKey Ledger::Keyer::operator()(std::int64_t timestamp, std::string_view client,
                                    std::string_view token, std::string_view nonce) {
  LedgerKey key;
  for (std::size_t i = 0; i < 8; ++i)
    key.bytes[i] =
        static_cast<unsigned char>(static_cast<std::uint64_t>(timestamp) >> (56 - 8 * i) & 0xff);
  const std::array<std::string_view, 3> parts{client, token, nonce};
  const verify::KeyedHash::Value hash = hash_(parts);
  std::copy(hash.begin(), hash.end(), key.bytes.begin() + 8);
  return key;
}

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::~Ledger() = default;

Result<Done> Ledger::make(const fs::path& store, std::uint64_t size) {
  if (auto made = make_folder(ledger_folder(store), store); !made) return made;
  if (auto made = make_ledger_file(store, size); !made) return made;
  auto data = data_identity(store);
  if (!data) return data.failure();
  MarkState state;
  state.clean = true;
  state.ledger = *data;
  auto mark = MarkFile::create(ledger_mark(store), state);
  if (!mark) return mark.failure();
  return Done{};
}

Result<std::unique_ptr<Ledger>> Ledger::open(const LedgerOptions& options, std::int64_t now) {
  if (options.size < kMinLedgerSize)
    return fail(Error::Kind::Invalid, "a replay ledger has at least " +
                                          std::to_string(kMinLedgerSize) + " bytes, not " +
                                          std::to_string(options.size));
  auto lock = hold(options.path);
  if (!lock) return lock.failure();
  auto opened =
      open_files(options, options.boot_id.empty() ? read_boot_id() : options.boot_id, now);
  if (!opened) return opened.failure();
  auto state = std::make_unique<State>();
  state->options = options;
  state->lock = *std::move(lock);
  LedgerFile& file = opened->file;
  state->hash_key = file.hash_key;
  state->page_limit = file.page_limit;
  state->env = std::move(file.env);
  state->oldest = file.oldest;
  state->floor = std::max(file.floor, opened->mark.state().floor);
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
Ledger::Keyer Ledger::keyer() const { return Keyer(state_->hash_key); }

Result<Done> Ledger::raise_mark(std::int64_t timestamp) {
  if (timestamp <= mark()) return Done{};
  const std::lock_guard lock(state_->mark_mutex);
  if (!state_->mark_file) return fail(Error::Kind::Unavailable, "the replay ledger is closed");
  if (timestamp <= mark()) return Done{};
  MarkState next = state_->mark_file->state();
  next.mark = add(timestamp, kMarkStep);
  if (auto written = state_->mark_file->write(next); !written) return written;
  raise(state_->mark, next.mark);
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
  const std::int64_t before = add(now, -s.options.window_past_s);
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
  MarkState state = s.mark_file->state();
  state.clean = true;
  state.floor = floor();
  auto noted = s.mark_file->write(state);
  s.mark_file.reset();
  s.lock.close();
  return noted;
}

}  // namespace store
