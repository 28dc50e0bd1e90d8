#include "store/ledger_open.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "store/file_times.h"
#include "store/floor.h"
#include "store/ownership.h"

namespace store {

namespace {

namespace fs = std::filesystem;

enum class Trust : std::uint8_t {
  Trusted,    // the file has all that was ever accepted, above the floor
  Untrusted,  // it may not; the mark says how far it may have gone
  Lost,       // nobody can say how far it had gone
};

// What belongs to an opening besides the entries.
struct Companions {
  std::optional<HighWaterMark> mark;
  LedgerPulse pulse;
};

// Some file systems keep whole seconds, once the file is no longer in memory.
bool same_time(std::int64_t found, std::int64_t noted) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return found == noted || (found % kSecond == 0 && found / kSecond == noted / kSecond);
}

// Older bytes that were put back into the same files are told by what the kernel notes of every
// change: the mark's time by itself, the ledger's by the mark once it was closed. While it is open
// its time changes with every write; then the pulse knows it roughly, and its last transaction
// exactly (see carry_on()).
// `covered`: whether the pulse knows of the last change.
Trust judge(const std::optional<HighWaterMark>& mark, const std::optional<FileIdentity>& data,
            std::int64_t data_changed, bool covered, const std::string& boot_id) {
  if (!mark || mark->came_back()) return Trust::Lost;
  const HighWaterMarkState& state = mark->state();
  if (state.ledger == FileIdentity{}) return Trust::Untrusted;  // it was being replaced
  if (!data || *data != state.ledger) return Trust::Lost;
  if (state.clean) return same_time(data_changed, state.closed) ? Trust::Trusted : Trust::Untrusted;
  const bool same_boot = !boot_id.empty() && state.boot_id == boot_id;
  return same_boot && covered ? Trust::Trusted : Trust::Untrusted;
}

// The floor of a ledger that is not trusted.
std::int64_t floor_of_untrusted(const std::optional<HighWaterMark>& mark) {
  return mark ? std::max(mark->state().floor, mark->state().mark) : 0;
}

// 0 where there is none.
Result<std::int64_t> change_of(const fs::path& file, const std::optional<FileIdentity>& found) {
  if (!found) return std::int64_t{0};
  return change_time(file);
}

// Starts with nothing but a floor. Until the new file is whole, the mark disowns every file, so
// that a crash on the way makes the next opening start here again.
Result<OpenedLedger> start_anew(const LedgerOptions& options, const std::string& boot_id,
                                Companions beside, std::int64_t floor) {
  std::optional<HighWaterMark>& mark = beside.mark;
  HighWaterMarkState state;
  state.floor = floor;
  state.mark = std::max(floor, mark ? mark->state().mark : 0);
  if (mark) {
    if (auto written = mark->write(state); !written) return written.failure();
  } else {
    auto made = HighWaterMark::create(ledger_mark(options.path), state);
    if (!made) return made.failure();
    mark = *std::move(made);
  }
  if (auto made = make_ledger_file(options.path, options.size); !made) return made.failure();
  auto file = open_ledger_file(options.path, options.size);
  if (!file) return Failure(std::move(file.error().error));
  auto data = ledger_data_identity(options.path);
  if (!data) return data.failure();
  beside.pulse.set(file->env->last_txn());
  state.ledger = *data;
  state.boot_id = boot_id;
  if (auto written = mark->write(state); !written) return written.failure();
  return OpenedLedger{{}, *std::move(mark), std::move(beside.pulse), *std::move(file)};
}

// From here on the file is dirty: noted before it is opened.
verify::Result<LedgerFile, OpenFailure> carry_on(const LedgerOptions& options,
                                                 const std::string& boot_id, Companions& beside) {
  HighWaterMark& mark = *beside.mark;
  HighWaterMarkState state = mark.state();
  const bool was_clean = state.clean;
  state.clean = false;
  state.boot_id = boot_id;
  if (auto written = mark.write(state); !written)
    return Failure(OpenFailure{written.error(), false});
  beside.pulse.touch();
  auto file = open_ledger_file(options.path, options.size);
  if (!file) return file;
  if (!was_clean && !beside.pulse.agrees(file->found_txn))
    return Failure(OpenFailure{
        Error{Error::Kind::Unavailable, "the replay ledger is not the one that was left"}, true});
  beside.pulse.set(file->env->last_txn());
  if (file->newest <= state.mark) return file;
  state.mark = file->newest;
  if (auto written = mark.write(state); !written)
    return Failure(OpenFailure{written.error(), false});
  return file;
}

Result<OpenedLedger> open_files(const LedgerOptions& options, const std::string& boot_id,
                                std::int64_t now) {
  auto mark = HighWaterMark::open(ledger_mark(options.path));
  if (!mark) return mark.failure();
  auto pulse = LedgerPulse::open(options.path);
  if (!pulse) return pulse.failure();
  Companions beside{*std::move(mark), *std::move(pulse)};
  auto data = identity(ledger_data(options.path));
  if (!data) return data.failure();
  const auto changed = change_of(ledger_data(options.path), *data);
  if (!changed) return changed.failure();
  Trust trust = judge(beside.mark, *data, *changed, beside.pulse.covers(*changed), boot_id);
  if (trust == Trust::Trusted) {
    auto file = carry_on(options, boot_id, beside);
    if (file)
      return OpenedLedger{{}, *std::move(beside.mark), std::move(beside.pulse), *std::move(file)};
    if (!file.error().damaged) return Failure(std::move(file.error().error));
    trust = Trust::Untrusted;
  }
  std::int64_t floor = floor_of_untrusted(beside.mark);
  if (trust == Trust::Lost) floor = std::max(floor, time_sum(now, options.window_future_s));
  return start_anew(options, boot_id, std::move(beside), floor);
}

Result<FileHandle> hold(const fs::path& store) {
  std::error_code code;
  if (!fs::is_directory(store, code))
    return fail(Error::Kind::NotFound,
                "there is no store at " + in_quotes(store.string()) +
                    ": check the path, or make one with `portcullis client add`");
  if (auto local = refuse_network_file_system(store); !local) return local.failure();
  if (auto made = make_folder(ledger_folder(store), store); !made) return made.failure();
  if (auto own = refuse_link_for_folder(ledger_folder(store)); !own) return own.failure();
  auto lock = lock_folder(ledger_folder(store), /*wait=*/false);
  if (!lock && lock.error().kind == Error::Kind::Busy)
    return fail(Error::Kind::Busy, "another process is serving the store at " +
                                       in_quotes(store.string()) + ": one at a time may");
  return lock;
}

}  // namespace

std::int64_t time_sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max()
               : std::numeric_limits<std::int64_t>::min();
}

// A ledger that is open changes between two looks: the pulse is read last, which only makes it know
// more.
Result<SeenFloor> see_floor(const fs::path& store, const std::string& boot_id) {
  auto mark = HighWaterMark::look(ledger_mark(store));
  if (!mark) return mark.failure();
  auto data = identity(ledger_data(store));
  if (!data) return data.failure();
  const auto changed = change_of(ledger_data(store), *data);
  if (!changed) return changed.failure();
  const bool covered = LedgerPulse::seen_to_cover(store, *changed);
  const Trust trust =
      judge(*mark, *data, *changed, covered, boot_id.empty() ? read_boot_id() : boot_id);
  SeenFloor out;
  if (*mark) {
    const HighWaterMarkState& state = (*mark)->state();
    out.floor = trust == Trust::Trusted ? state.floor : floor_of_untrusted(*mark);
    out.mark = state.mark;
  }
  out.lost = trust == Trust::Lost;
  return out;
}

Result<FileIdentity> ledger_data_identity(const fs::path& store) {
  auto found = identity(ledger_data(store));
  if (!found) return found.failure();
  if (!*found) return fail(Error::Kind::Unavailable, "the replay ledger has vanished");
  return **found;
}

Result<OpenedLedger> open_ledger(const LedgerOptions& options, std::int64_t now) {
  if (options.size < kMinLedgerSize)
    return fail(Error::Kind::Invalid, "a replay ledger has at least " +
                                          std::to_string(kMinLedgerSize) + " bytes, not " +
                                          std::to_string(options.size));
  auto lock = hold(options.path);
  if (!lock) return lock.failure();
  auto opened =
      open_files(options, options.boot_id.empty() ? read_boot_id() : options.boot_id, now);
  if (opened) opened->lock = *std::move(lock);
  return opened;
}

}  // namespace store
