#pragma once

// Who is signed in at the gate's own pages, and who tried too often: an LMDB environment of its own
// (<store>/sessions), so that a sign-in doesn't disturb what is remembered of credentials. A
// session is known by an id that only its browser has; the store keeps a hash of it. Whether its
// user is there and enabled is for the caller to ask at each use.
//
// Threads: find() and wait() from any thread, microseconds. The others write and wait for the disk:
// any thread, but not an event loop. One process at a time makes sessions; others may end them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/error.h"
#include "verify/secret.h"

namespace store {

struct Session {
  std::string user;
  std::int64_t created = 0, seen = 0;  // Unix seconds; `seen` may be a minute behind
  friend bool operator==(const Session&, const Session&) = default;
};

struct SessionLimits {
  std::int64_t idle_s = 1800, lifetime_s = 43200;
  std::uint32_t most = 1'000'000;  // sessions; those not seen for the longest time give way
  // Seconds between two notes of one session's visits: what it may end early by.
  std::int64_t note_after() const { return std::clamp<std::int64_t>(idle_s / 3, 1, 60); }
};

// Old sessions and old counts that one write removes: more than it adds, so that they don't pile
// up.
inline constexpr std::size_t kSweptBySession = 8;

// Failures that cost nothing yet. They come from one name or address in one go, else some of their
// weight is lost in between.
inline constexpr std::int64_t kFreeFailuresOfUser = 5;
inline constexpr std::int64_t kFreeFailuresOfAddress = 50;
inline constexpr std::int64_t kFailureHalfLife = 300;    // seconds
inline constexpr std::int64_t kHeaviestFailures = 1000;  // more weigh no more: 40 minutes at most
inline constexpr std::uint32_t kMostCounts = 200'000;    // of names and addresses; the oldest go

class Sessions {
 public:
  // For the process that serves: makes what is missing. Damaged ones are set aside as
  // <store>/sessions.damaged, in place of earlier ones, and begun anew: everybody signs in again.
  static Result<std::unique_ptr<Sessions>> open(const std::filesystem::path& store);
  // NotFound if there are none.
  static Result<std::unique_ptr<Sessions>> open_existing(const std::filesystem::path& store);
  ~Sessions();
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // A random key of this store, for CSRF tokens. Survives restarts.
  const verify::Secret& key() const;

  // Nothing if there is none, or it has expired.
  Result<std::optional<Session>> find(std::string_view id, const SessionLimits& limits,
                                      std::int64_t now) const;
  // A new session under a new random id, which is answered. Sweeps a bounded number of expired
  // ones. Whoever checked a password before reads the user's record once more after this, and ends
  // the session if the password is another by now: what ended all of them came too early for it.
  Result<std::string> begin(std::string_view user, const SessionLimits& limits, std::int64_t now);
  // Notes a visit, if the last one noted is limits.note_after() old.
  Result<Done> touch(std::string_view id, const SessionLimits& limits, std::int64_t now);
  Result<Done> end(std::string_view id);
  Result<std::uint64_t> end_all_of(std::string_view user);

  // Failed sign-ins count against the user's name and against the address (an IPv6 one by its first
  // 64 bits), and lose half their weight every few minutes. Names and addresses are kept as MACs
  // alone. How many seconds to wait before the next try; 0: none. If the store can't say, some.
  std::int64_t wait(std::string_view user, std::string_view address, std::int64_t now) const;
  Result<Done> note_failure(std::string_view user, std::string_view address, std::int64_t now);
  // A good password clears the name's count, not the address's.
  Result<Done> note_success(std::string_view user, std::int64_t now);

 private:
  struct State;
  explicit Sessions(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace store
