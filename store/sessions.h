#pragma once

// Who is signed in at the gate's own pages, in which browsers somebody signed in before, and who
// tried too often: an LMDB environment of its own (<store>/sessions), so that a sign-in doesn't
// disturb what is remembered of credentials. A session, or a known browser, is known by an id that
// only its browser has; the store keeps a hash of it. Whether its user is there and enabled is for
// the caller to ask at each use.
//
// Threads: find(), knows() and wait() from any thread, microseconds. The others write and wait for
// the disk: any thread, but not an event loop. One process at a time makes sessions; others may end
// them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// A browser is known for so long after its user last signed in there; browsers keep a cookie no
// longer. Those not seen for the longest time give way.
inline constexpr std::int64_t kKnownFor_s = 400ll * 24 * 3600;
inline constexpr std::size_t kMostKnownOfUser = 100;
inline constexpr std::uint64_t kMostKnown = 1'000'000;

// How failed sign-ins count: `free` of them in one go cost nothing yet, after that each must wait
// until one has been forgotten. The weight of what was noted halves every `half_life_s`. More than
// twice what is free weighs no more, so that the longest wait is a little over one half-life.
struct FailureRule {
  std::int64_t free = 0, half_life_s = 0;
};
inline constexpr FailureRule kFailuresOfPair{5, 300};      // one name from one address
inline constexpr FailureRule kFailuresOfBrowser{5, 300};   // one name in a browser that is known
inline constexpr FailureRule kFailuresOfAddress{50, 300};  // whatever the names
inline constexpr FailureRule kFailuresOfName{100, 3600};   // wherever from: 1 in 52 seconds
inline constexpr std::uint32_t kMostCounts = 200'000;      // of all these; the oldest go

// Who tries to sign in.
struct Attempt {
  std::string_view user;
  std::string_view address;  // IPv4 or IPv6; empty: it says nothing about who that is
  std::string_view browser;  // the id of one that is known for this user; empty: none
};

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
  // A new session under a new random id, which is returned. Sweeps a bounded number of expired
  // ones. Whoever checked a password before reads the user's record once more after this, and ends
  // the session if the password is another by now: what ended all of them came too early for it.
  Result<std::string> begin(std::string_view user, const SessionLimits& limits, std::int64_t now);
  // Notes a visit, if the last one noted is limits.note_after() old.
  Result<Done> touch(std::string_view id, const SessionLimits& limits, std::int64_t now);
  Result<Done> end(std::string_view id);
  // Those of all these users, or of none. Returns how many sessions it were. No browser is known
  // for the users any more, either.
  Result<std::uint64_t> end_all_of(const std::vector<std::string>& users);

  // Whether the id is that of a browser in which the user signed in before. It is no session, and
  // lets nobody in.
  bool knows(std::string_view browser, std::string_view user, std::int64_t now) const;
  // The browser in which the user has just signed in; `browser` is the id that it has for that, if
  // any. Returns the id that it is known by from now on.
  Result<std::string> remember(std::string_view browser, std::string_view user, std::int64_t now);
  Result<Done> forget(std::string_view browser);

  // Failed sign-ins count against the name and the address together, against the address (an IPv6
  // one by its first 64 bits) and, far later, against the name. In a browser that is known they
  // count against that alone: nobody else's failures stand in its way. Names and addresses are kept
  // as MACs alone. How many seconds to wait before the next try; 0: none. If the store can't say,
  // some.
  std::int64_t wait(const Attempt& attempt, std::int64_t now) const;
  Result<Done> note_failure(const Attempt& attempt, std::int64_t now);
  // A good password clears what counts for this user here; not what counts against the address, nor
  // what strangers elsewhere did to the name.
  Result<Done> note_success(const Attempt& attempt);

 private:
  struct State;
  explicit Sessions(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace store
