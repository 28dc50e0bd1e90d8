#pragma once

// What Sessions is made of. For sessions.cc, shelf.cc, known.cc and throttle.cc alone.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/layout.h"
#include "store/sessions.h"
#include "store/sessions_file.h"
#include "verify/crypto.h"

namespace store {

struct Sessions::State {
  explicit State(SessionsFile opened)
      : file(std::move(opened)), mac(verify::Hash::Sha256, file.key.reveal()) {}
  SessionsFile file;
  verify::HmacKey mac;
};

inline constexpr std::size_t kIdLength = 27;  // of what browsers have: letters and digits, 160 bits

// shelf.cc: records of users, under the hash of an id.
std::string hash_of(std::string_view id);
// Nothing if there is none.
Result<std::optional<Session>> read_session(const Txn& txn, const Shelf& shelf,
                                            std::string_view hash);
Result<Done> put_session(WriteTxn& txn, const Shelf& shelf, std::string_view hash,
                         const Session& session);
// False if there was none.
Result<bool> erase_session(WriteTxn& txn, const Shelf& shelf, const std::string& hash);
// All that a user has; how many they were.
Result<std::uint64_t> erase_all_of(WriteTxn& txn, const Shelf& shelf, std::string_view user);
// The hashes of all that a user has.
Result<std::vector<std::string>> hashes_of(const Txn& txn, const Shelf& shelf,
                                           std::string_view user);
// Removes some of those that have ended, `idle_s` after they were last seen, or that must give way
// so that one more makes at most `most`.
Result<Done> sweep(WriteTxn& txn, const Shelf& shelf, std::int64_t idle_s, std::uint64_t most,
                   std::int64_t now);

// The names in an index by time, oldest first, as long as `goes` (which gets the time, and how many
// went before) says so; at most kSweptBySession.
Result<std::vector<std::string>> oldest(const Txn& txn, Table by_time,
                                        const std::function<bool(std::int64_t, std::size_t)>& goes);

}  // namespace store
