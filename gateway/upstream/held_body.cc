#include "gateway/upstream/held_body.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace gateway::upstream {
namespace {

constexpr std::size_t kKept = 64 << 10;  // memory that is kept for the next body

upstream::Error full(const char* limit) {
  return {.kind = ErrorKind::HoldingFull, .detail = std::string("all of ") + limit + " is in use"};
}

upstream::Error over_share(const char* limit) {
  return {.kind = ErrorKind::HoldingFull,
          .detail = std::string("the address has its share (limits.address_share) of ") + limit};
}

std::uint64_t percent_of(std::uint64_t all, std::uint64_t percent) {
  return all / 100 * percent + all % 100 * percent / 100;
}

}  // namespace

bool ByteBudget::take(std::uint64_t bytes, std::uint64_t limit) {
  std::uint64_t taken = taken_.load(std::memory_order_relaxed);
  do {
    if (taken > limit || bytes > limit - taken) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
  return true;
}

std::optional<upstream::Error> HeldBody::append(std::string_view bytes) {
  const auto room = static_cast<std::size_t>(
      std::min<std::uint64_t>(settings_->limits.form_bytes - memory_.size(), bytes.size()));
  if (room > 0) {
    if (auto wrong = charge(room)) return wrong;
    memory_ += bytes.substr(0, room);
    bytes.remove_prefix(room);
  }
  while (!bytes.empty()) {
    if (auto wrong = go_to_disk()) return wrong;
    const std::size_t size = std::min(kStep - waiting_, bytes.size());
    std::memcpy(step_.get() + waiting_, bytes.data(), size);
    waiting_ += size;
    bytes.remove_prefix(size);
    if (waiting_ < kStep) break;
    if (auto wrong = flush()) return wrong;
  }
  return std::nullopt;
}

std::optional<upstream::Error> HeldBody::read(std::uint64_t at, std::string_view& out) {
  ssize_t got;
  do {
    got = ::pread(file_, step_.get(), std::min<std::uint64_t>(kStep, on_disk_ - at),
                  static_cast<off_t>(at));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return failed("read from", errno);
  if (got == 0) return failed("read from", EIO);  // somebody cut it short
  out = {step_.get(), static_cast<std::size_t>(got)};
  return std::nullopt;
}

void HeldBody::release() {
  if (charged_ == 0) return;  // nothing is held
  all_.memory.give_back(charged_);
  if (network_) all_.memory_shares.give_back(*network_, charged_);
  discharge_disk(on_disk_);
  charged_ = 0;
  memory_.clear();
  if (memory_.capacity() > kKept) memory_ = std::string();
  step_.reset();
  waiting_ = 0;
  on_disk_ = 0;
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

std::optional<upstream::Error> HeldBody::charge(std::uint64_t bytes) {
  const conf::Limits& limits = settings_->limits;
  if (network_ && !all_.memory_shares.take(*network_, bytes, memory_share(limits))) {
    return over_share("limits.forms_bytes");
  }
  if (!all_.memory.take(bytes, limits.forms_bytes)) {
    if (network_) all_.memory_shares.give_back(*network_, bytes);
    return full("limits.forms_bytes");
  }
  charged_ += bytes;
  return std::nullopt;
}

std::optional<upstream::Error> HeldBody::charge_disk(std::uint64_t bytes) {
  const conf::Limits& limits = settings_->limits;
  if (network_ && !all_.disk_shares.take(*network_, bytes, disk_share(limits))) {
    return over_share("limits.hashed_bodies_bytes");
  }
  if (all_.disk.take(bytes, limits.hashed_bodies_bytes)) return std::nullopt;
  if (network_) all_.disk_shares.give_back(*network_, bytes);
  return full("limits.hashed_bodies_bytes");
}

void HeldBody::discharge_disk(std::uint64_t bytes) {
  all_.disk.give_back(bytes);
  if (network_) all_.disk_shares.give_back(*network_, bytes);
}

// Requires that there is more than goes into memory.
std::optional<upstream::Error> HeldBody::go_to_disk() {
  if (file_ >= 0) return std::nullopt;
  if (auto wrong = charge(kStep)) return wrong;
  step_.reset(new char[kStep]);
  file_ = nameless_file(settings_->store.temporary);
  if (file_ < 0) return failed("make", errno);
  return std::nullopt;
}

std::optional<upstream::Error> HeldBody::flush() {
  if (waiting_ == 0) return std::nullopt;
  if (auto wrong = charge_disk(waiting_)) return wrong;
  const char* from = step_.get();
  std::size_t left = waiting_;
  while (left > 0) {
    const ssize_t put = ::write(file_, from, left);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      discharge_disk(waiting_);
      return failed("write to", errno);
    }
    from += put;
    left -= static_cast<std::size_t>(put);
  }
  on_disk_ += waiting_;
  waiting_ = 0;
  return std::nullopt;
}

upstream::Error HeldBody::failed(const char* doing, int error) const {
  return {.kind = ErrorKind::HoldingDisk,
          .detail = std::string("can't ") + doing + " a temporary file in " +
                    settings_->store.temporary + ": " + std::generic_category().message(error)};
}

std::uint64_t memory_share(const conf::Limits& limits) {
  return std::max(limits.form_bytes + HeldBody::kStep,
                  percent_of(limits.forms_bytes, limits.address_share));
}

std::uint64_t disk_share(const conf::Limits& limits) {
  return std::max(limits.hashed_body_bytes,
                  percent_of(limits.hashed_bodies_bytes, limits.address_share));
}

int nameless_file(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  return unlinked_file(folder);
}

int unlinked_file(const std::string& folder) {
  std::string name = folder + "/portcullis-XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0 || ::unlink(name.c_str()) == 0) return file;
  const int error = errno;
  ::close(file);
  errno = error;
  return -1;
}

}  // namespace gateway::upstream
