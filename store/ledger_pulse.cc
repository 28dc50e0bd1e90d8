#include "store/ledger_pulse.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <ctime>
#include <utility>

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMagic = 0x31534c5550505220;  // of this layout, in this machine's order
constexpr std::size_t kBytes = 4096;
constexpr std::int64_t kTickNs = 12'000'000;  // more than a tick of any kernel
constexpr std::int64_t kSlackNs =
    1'000'000'000;  // a transaction that waits for the disk takes long

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);  // which file systems use
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

struct LedgerPulse::Page {
  std::uint64_t magic;
  std::uint64_t inode;   // of the file itself,
  std::int64_t born_ns;  // as FileIdentity has it
  std::atomic<std::uint64_t> begun, done;
  std::atomic<std::int64_t> when_ns;
};

Result<LedgerPulse> LedgerPulse::open(const fs::path& store) {
  const fs::path path = store / "pulse";
  if (auto made = make_file(path, store); !made) return made.failure();
  if (auto aside = set_aside(path, kBytes); !aside) return aside.failure();
  const FileHandle file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!file.open()) return system_failure(errno, "opening " + in_quotes(path.string()));
  const auto own = identity(path);
  if (!own) return own.failure();
  void* const map = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (map == MAP_FAILED || !*own)
    return system_failure(errno, "mapping " + in_quotes(path.string()));
  static_assert(sizeof(Page) <= kBytes && std::atomic<std::uint64_t>::is_always_lock_free);
  LedgerPulse out;
  out.page_ = static_cast<Page*>(map);
  Page& page = *out.page_;
  if (page.magic == kMagic && FileIdentity{page.inode, page.born_ns} == **own) return out;
  page.begun = page.done = 0;  // no ledger has a transaction 0
  page.when_ns = 0;
  page.inode = (*own)->inode;
  page.born_ns = (*own)->born_ns;
  page.magic = kMagic;
  return out;
}

LedgerPulse::LedgerPulse(LedgerPulse&& other) noexcept
    : page_(std::exchange(other.page_, nullptr)) {}

LedgerPulse& LedgerPulse::operator=(LedgerPulse&& other) noexcept {
  std::swap(page_, other.page_);
  return *this;
}

LedgerPulse::~LedgerPulse() {
  if (page_ != nullptr) ::munmap(page_, kBytes);
}

bool LedgerPulse::agrees(std::uint64_t last_txn) const {
  return last_txn != 0 && (last_txn == page_->done || last_txn == page_->begun);
}

bool LedgerPulse::covers(std::int64_t changed_ns) const {
  const bool under_way = page_->begun != page_->done;
  return changed_ns <= page_->when_ns + (under_way ? kSlackNs : kTickNs);
}

bool LedgerPulse::seen_to_cover(const fs::path& store, std::int64_t changed_ns) {
  const fs::path path = store / "pulse";
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  const auto own = identity(path);
  Page page{};
  if (!file.open() || !own || !*own) return false;
  if (::pread(file.get(), static_cast<void*>(&page), sizeof page, 0) != ssize_t{sizeof page}) {
    return false;
  }
  if (page.magic != kMagic || FileIdentity{page.inode, page.born_ns} != **own) return false;
  return page.begun != page.done || changed_ns <= page.when_ns + kTickNs;
}

void LedgerPulse::begin(std::uint64_t txn) {
  touch();
  page_->begun = txn;
}

void LedgerPulse::end(std::uint64_t txn) {
  touch();
  page_->done = txn;
}

void LedgerPulse::abandon() {
  touch();
  page_->begun = page_->done.load();
}

void LedgerPulse::set(std::uint64_t last_txn) {
  touch();
  page_->begun = last_txn;
  page_->done = last_txn;
}

void LedgerPulse::touch() { page_->when_ns = now_ns(); }

}  // namespace store
