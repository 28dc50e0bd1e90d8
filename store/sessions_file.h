#pragma once

// Sessions, known browsers and counts of failed sign-ins on disk: <store>/sessions. For
// sessions.cc, shelf.cc, known.cc and throttle.cc alone.
//
// Tables:
//   meta      "layout" -> 01; "key" -> 32 random bytes
//   sessions  SHA-256 of the id -> record: 1 user, 2 created: time, 3 seen: time
//   by_user   user -> SHA-256 of the id*
//   by_seen   seen, SHA-256 of the id -> nothing
//   known, known_by_user, known_by_seen   the same three for known browsers; missing in the files
//             of older programs, and then made
//   counts    first half of the MAC of what failed (throttle.cc) -> record: 1 weight in
//             thousandths, 2 noted: time
//   by_noted  noted, the same -> nothing
// Records and times as in layout.h.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "store/env.h"
#include "store/error.h"
#include "store/fields.h"
#include "verify/secret.h"

namespace store {

// Three tables that hold one kind of records of users, each known by an id that a browser has.
struct Shelf {
  Table records, by_user, by_seen;
};

struct SessionsFile {
  std::shared_ptr<Env> env;
  Table meta, sessions, by_user, by_seen, counts, by_noted;
  Table known, known_by_user, known_by_seen;
  verify::Secret key;

  Shelf session_shelf() const { return {sessions, by_user, by_seen}; }
  Shelf known_shelf() const { return {known, known_by_user, known_by_seen}; }
};

// `make`: what is missing is made; otherwise NotFound.
verify::Result<SessionsFile, OpenFailure> open_sessions_file(const std::filesystem::path& store,
                                                             bool make);

std::filesystem::path sessions_folder(const std::filesystem::path& store);

struct FailureCount {
  std::int64_t weight = 0;  // thousandths of a failure, when it was noted
  std::int64_t noted = 0;
};
// What is damaged counts as none.
std::optional<FailureCount> find_count(const Txn& txn, const SessionsFile& file,
                                       std::string_view key);

}  // namespace store
