#include "store/high_water_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

#include "store/file_times.h"
#include "verify/crypto.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSlotBytes = 256;
constexpr std::size_t kChecksumBytes = 16;
constexpr std::size_t kSlotDistance = 4096;  // a torn sector or page never touches both
constexpr std::string_view kMagic = "PMRK";
constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kBootBytes = 64;
static_assert(4 + 1 + 8 + 8 + 8 + 1 + 16 + 16 + 1 + kBootBytes + 8 + 8 <=
              kSlotBytes - kChecksumBytes);

// Between asking the file system for its time and its noting the time of the write.
constexpr std::int64_t kWriteTakesNs = 12'000'000;  // more than a tick of any kernel
constexpr int kWriteTries = 5;
constexpr std::int64_t kSecondNs = 1'000'000'000;

struct Slot {
  std::uint8_t version = kVersion;
  std::uint64_t sequence = 0;
  FileIdentity own;
  std::int64_t written = 0;
  HighWaterMarkState state;
};

std::string checksum(std::string_view bytes) {
  const verify::Digest digest = verify::digest(verify::Hash::Sha256, bytes);
  return std::string(digest.bytes.begin(), digest.bytes.begin() + kChecksumBytes);
}

void put(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
}

void put(std::string& out, const FileIdentity& value) {
  put(out, value.inode);
  put(out, static_cast<std::uint64_t>(value.born_ns));
}

std::string encode(const Slot& slot) {
  const HighWaterMarkState& state = slot.state;
  std::string out(kMagic);
  out.push_back(static_cast<char>(slot.version));
  put(out, slot.sequence);
  put(out, static_cast<std::uint64_t>(state.mark));
  put(out, static_cast<std::uint64_t>(state.floor));
  out.push_back(state.clean ? 1 : 0);
  put(out, state.ledger);
  put(out, slot.own);
  const std::string_view boot = std::string_view(state.boot_id).substr(0, kBootBytes);
  out.push_back(static_cast<char>(boot.size()));
  out.append(boot);
  put(out, static_cast<std::uint64_t>(slot.written));
  put(out, static_cast<std::uint64_t>(state.closed));
  out.resize(kSlotBytes - kChecksumBytes);
  return out + checksum(out);
}

// Takes integers off the front; the slot is long enough for all.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : rest_(bytes) {}
  std::string_view bytes(std::size_t count) {
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(out.size());
    return out;
  }
  std::uint64_t integer(std::size_t count) {
    std::uint64_t value = 0;
    for (const char c : bytes(count)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::int64_t time() { return static_cast<std::int64_t>(integer(8)); }
  FileIdentity identity() {
    const std::uint64_t inode = integer(8);
    return {inode, time()};
  }

 private:
  std::string_view rest_;
};

// Nothing for a slot that is torn or was never written. Of a newer version only the version is
// told.
std::optional<Slot> decode(std::string_view bytes) {
  if (bytes.size() != kSlotBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  const std::string_view body = bytes.substr(0, kSlotBytes - kChecksumBytes);
  if (bytes.substr(body.size()) != checksum(body)) return std::nullopt;
  Taker in(body.substr(kMagic.size()));
  Slot out;
  out.version = static_cast<std::uint8_t>(in.integer(1));
  out.sequence = in.integer(8);
  if (out.version != kVersion) return out;
  out.state.mark = in.time();
  out.state.floor = in.time();
  out.state.clean = in.integer(1) == 1;
  out.state.ledger = in.identity();
  out.own = in.identity();
  out.state.boot_id = in.bytes(std::min<std::size_t>(in.integer(1), kBootBytes));
  out.written = in.time();
  out.state.closed = in.time();
  return out;
}

std::optional<Slot> read_slot(int descriptor, std::size_t index) {
  std::array<char, kSlotBytes> bytes{};
  const auto offset = static_cast<off_t>(index * kSlotDistance);
  ssize_t got = 0;
  do {
    got = ::pread(descriptor, bytes.data(), bytes.size(), offset);
  } while (got < 0 && errno == EINTR);
  return decode({bytes.data(), got < 0 ? 0 : static_cast<std::size_t>(got)});
}

// Some file systems keep whole seconds, or every other one.
bool is_time_of_write(std::int64_t changed, std::int64_t written) {
  const std::int64_t slack = changed % kSecondNs == 0 ? 2 * kSecondNs : kWriteTakesNs;
  return changed >= written - slack && changed <= written + slack;
}

Result<FileIdentity> identity_of(const fs::path& file) {
  auto found = identity(file);
  if (!found) return found.failure();
  if (!*found) return system_failure(ENOENT, "looking at " + in_quotes(file.string()));
  return **found;
}

Result<FileHandle> open_file(const fs::path& file, int access) {
  FileHandle out(::open(file.c_str(), access | O_NOFOLLOW | O_CLOEXEC));
  if (!out.open()) return system_failure(errno, "opening " + in_quotes(file.string()));
  return out;
}

}  // namespace

Result<HighWaterMark> HighWaterMark::create(const fs::path& file, const HighWaterMarkState& state) {
  const fs::path folder = file.parent_path();
  if (::unlink(file.c_str()) != 0 && errno != ENOENT)
    return system_failure(errno, "removing " + in_quotes(file.string()));
  if (auto made = make_file(file, folder); !made) return made.failure();
  auto opened = open_file(file, O_RDWR);
  if (!opened) return opened.failure();
  auto own = identity_of(file);
  if (!own) return own.failure();
  HighWaterMark out(*std::move(opened), *own);
  // Both slots, so that later writes need no disk that isn't theirs already.
  for (int i = 0; i < 2; ++i)
    if (auto written = out.write(state); !written) return written.failure();
  if (auto synced = sync_folder(folder); !synced) return synced.failure();
  return out;
}

Result<std::optional<HighWaterMark>> HighWaterMark::open(const fs::path& file) {
  return open_for(file, O_RDWR);
}

Result<std::optional<HighWaterMark>> HighWaterMark::look(const fs::path& file) {
  constexpr int kLooks = 10;
  constexpr std::chrono::milliseconds kBetween{5};
  auto seen = open_for(file, O_RDONLY);
  // A change time that does not fit is that of a write under way, which takes as long as a sync.
  for (int i = 1; i < kLooks && seen && *seen && (*seen)->came_back(); ++i) {
    std::this_thread::sleep_for(kBetween);
    seen = open_for(file, O_RDONLY);
  }
  return seen;
}

Result<std::optional<HighWaterMark>> HighWaterMark::open_for(const fs::path& file, int access) {
  auto own = identity(file);
  if (!own) return own.failure();
  if (!*own) return std::optional<HighWaterMark>();
  auto opened = open_file(file, access);
  if (!opened) return opened.failure();
  std::optional<Slot> best;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto slot = read_slot(opened->get(), i);
    if (slot && (!best || slot->sequence > best->sequence)) best = slot;
  }
  if (best && best->version > kVersion)
    return fail(Error::Kind::Newer, in_quotes(file.string()) +
                                        " was written by a newer version of portcullis: use that "
                                        "version");
  if (!best || best->version != kVersion || best->own != **own)
    return std::optional<HighWaterMark>();
  HighWaterMark out(*std::move(opened), **own);
  out.state_ = best->state;
  out.sequence_ = best->sequence;
  const auto changed = change_time(out.file_);
  if (!changed) return changed.failure();
  out.came_back_ = !is_time_of_write(*changed, best->written);
  return std::optional<HighWaterMark>(std::move(out));
}

// All of the file is synced, its change time too.
Result<Done> HighWaterMark::write_once(const HighWaterMarkState& state, std::int64_t& written) {
  const auto time = touch(file_);
  if (!time) return time.failure();
  written = *time;
  const std::string bytes = encode({kVersion, sequence_ + 1, own_, written, state});
  const auto offset = static_cast<off_t>((sequence_ + 1) % 2 * kSlotDistance);
  ssize_t put = 0;
  do {
    put = ::pwrite(file_.get(), bytes.data(), bytes.size(), offset);
  } while (put < 0 && errno == EINTR);
  if (put != static_cast<ssize_t>(bytes.size()))
    return system_failure(put < 0 ? errno : ENOSPC, "writing the ledger's mark");
  if (::fsync(file_.get()) != 0) return system_failure(errno, "syncing the ledger's mark");
  ++sequence_;
  state_ = state;
  came_back_ = false;
  return Done{};
}

// Again where the process was held up between the two times.
Result<Done> HighWaterMark::write(const HighWaterMarkState& state) {
  for (int i = 1;; ++i) {
    std::int64_t written = 0;
    if (auto done = write_once(state, written); !done) return done;
    const auto changed = change_time(file_);
    if (!changed) return changed.failure();
    if (is_time_of_write(*changed, written) || i == kWriteTries) return Done{};
  }
}

}  // namespace store
