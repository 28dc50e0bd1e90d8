#pragma once

// How often each client signed, with which of its secrets and keys and by which method, and how
// often what a route accepted besides its own scheme was needed: counts in an LMDB environment of
// their own (<store>/usage), so that counting leaves what others remember of credentials alone. No
// verdict depends on them, and a copy of the store goes without. A power cut loses the last few.
//
// Threads and processes: any. add() and forget() wait for the disk and for each other, so they are
// not for an event loop.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/error.h"
#include "verify/method.h"

namespace store {

struct Count {
  std::uint64_t times = 0;
  std::int64_t last = 0;  // Unix seconds; 0: never
  friend bool operator==(const Count&, const Count&) = default;
};

// Stands for a secret or a key of a client without giving it away, wherever it stands among the
// client's: 8 bytes of a MAC of it, whose key was made with the environment.
using KeyId = std::uint64_t;
enum class KeyKind : std::uint8_t { Secret = 1, RsaKey = 2 };

// What one secret or key did since this was last told.
struct KeyUse {
  std::string client;
  KeyId key = 0;
  std::array<std::uint64_t, verify::kMethodCount> times{};  // by method
  std::int64_t last = 0;
};

struct RouteUse {
  std::string route;  // a name for it, which others can make again
  Count count;
};

// Of a client whose secrets change, those used last are remembered.
inline constexpr std::size_t kKeysCounted = 16;

struct ClientUsage {
  Count all;
  std::array<Count, verify::kMethodCount> methods{};  // by method
  struct Key {
    KeyId id = 0;
    Count count;
  };
  std::vector<Key> keys;  // at most kKeysCounted

  Count of(KeyId id) const;
};

class Usage {
 public:
  // The counts of a store that has some; NotFound otherwise.
  static Result<std::unique_ptr<Usage>> open(const std::filesystem::path& store);

  // Makes those that are missing. Damaged ones are set aside as <store>/usage.damaged, in place of
  // earlier ones, and begun anew; `note` then gets a sentence. For the process that serves.
  static Result<std::unique_ptr<Usage>> open_or_make(const std::filesystem::path& store,
                                                     std::string& note);
  ~Usage();
  Usage(const Usage&) = delete;
  Usage& operator=(const Usage&) = delete;

  // Microseconds, and no lock.
  KeyId key_id(std::string_view client, KeyKind kind, std::string_view bytes) const;

  // All of them or none.
  Result<Done> add(std::span<const KeyUse> keys, std::span<const RouteUse> routes);

  // Of what was never used, zeros.
  Result<ClientUsage> client(std::string_view key) const;
  Result<Count> route(std::string_view name) const;

  // When the client goes.
  Result<Done> forget(std::string_view client);

 private:
  struct State;
  explicit Usage(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace store
