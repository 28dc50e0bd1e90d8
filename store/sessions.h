#pragma once

// Who is signed in at the gate's own pages, and who tried too often: an LMDB environment of its own
// (<store>/sessions), so that a sign-in doesn't disturb what is remembered of credentials. A
// session is known by an id that only its browser has; the store keeps a hash of it. After a power
// cut the last sessions may be missing; a damaged environment is set aside and begun anew.
//
// Threads: find() and wait() from any thread, microseconds. The others write: any thread, but not
// an event loop. One process at a time makes sessions; the command line may end them while it runs.

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
  std::uint32_t most = 1'000'000;  // sessions; the oldest give way
};

class Sessions {
 public:
  static Result<std::unique_ptr<Sessions>> open(const std::filesystem::path& store);
  ~Sessions();
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // A random key of this store, for CSRF tokens. Survives restarts.
  const verify::Secret& key() const;

  // Nothing if there is none, or it has expired.
  Result<std::optional<Session>> find(std::string_view id, const SessionLimits& limits,
                                      std::int64_t now) const;
  // A new session under a new random id, which is answered. Sweeps a bounded number of expired
  // ones.
  Result<std::string> begin(std::string_view user, const SessionLimits& limits, std::int64_t now);
  // Notes a visit, if the last one noted is a minute old.
  Result<Done> touch(std::string_view id, std::int64_t now);
  Result<Done> end(std::string_view id);
  Result<std::uint64_t> end_all_of(std::string_view user);

  // Failed sign-ins count against the user's name and against the address (an IPv6 one by its first
  // 64 bits), and lose half their weight every few minutes. How many seconds to wait before the
  // next try; 0: none.
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
