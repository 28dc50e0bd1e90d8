// Browsers in which somebody signed in before.

#include <algorithm>
#include <utility>

#include "store/records.h"
#include "store/sessions_state.h"

namespace store {

namespace {

bool is_known(const Session& found, std::string_view user, std::int64_t now) {
  return found.user == user && now < found.seen + kKnownFor_s;
}

// Makes room for one more of the user's: those seen longest ago go.
Result<Done> make_room(WriteTxn& txn, const Shelf& shelf, std::string_view user) {
  auto all = hashes_of(txn, shelf, user);
  if (!all) return all.failure();
  if (all->size() < kMostKnownOfUser) return Done{};
  std::vector<std::pair<std::int64_t, std::string>> by_age;
  for (std::string& hash : *all) {
    const auto found = read_session(txn, shelf, hash);
    if (!found) return found.failure();
    by_age.emplace_back(*found ? (*found)->seen : 0, std::move(hash));
  }
  std::sort(by_age.begin(), by_age.end());
  by_age.resize(by_age.size() - kMostKnownOfUser + 1);
  for (const auto& [seen, hash] : by_age)
    if (auto erased = erase_session(txn, shelf, hash); !erased) return erased.failure();
  return Done{};
}

}  // namespace

bool Sessions::knows(std::string_view browser, std::string_view user, std::int64_t now) const {
  ReadTxn txn(state_->file.env);
  if (browser.empty() || !txn.renew()) return false;
  const auto found = read_session(txn, state_->file.known_shelf(), hash_of(browser));
  return found && *found && is_known(**found, user, now);
}

Result<std::string> Sessions::remember(std::string_view browser, std::string_view user,
                                       std::int64_t now) {
  if (!is_user_name(user))
    return fail(Error::Kind::Invalid, in_quotes(user) + " can't be the name of a user");
  const SessionsFile& file = state_->file;
  const Shelf shelf = file.known_shelf();
  auto txn = WriteTxn::begin(file.env);
  if (!txn) return txn.failure();
  std::string id(browser);
  Session record{std::string(user), now, now};
  const auto before = read_session(**txn, shelf, hash_of(id));
  if (!before) return before.failure();
  if (*before && is_known(**before, user, now)) {
    record.created = (*before)->created;
    if (auto erased = erase_session(**txn, shelf, hash_of(id)); !erased) return erased.failure();
  } else {
    // Whoever chose an id for this browser would be known with it.
    id = verify::random_name(kIdLength);
    if (auto done = make_room(**txn, shelf, user); !done) return done.failure();
    if (auto done = sweep(**txn, shelf, kKnownFor_s, kMostKnown, now); !done) return done.failure();
  }
  if (auto put = put_session(**txn, shelf, hash_of(id), record); !put) return put.failure();
  if (auto done = (*txn)->commit(); !done) return done.failure();
  return id;
}

Result<Done> Sessions::forget(std::string_view browser) {
  auto txn = WriteTxn::begin(state_->file.env);
  if (!txn) return txn.failure();
  auto erased = erase_session(**txn, state_->file.known_shelf(), hash_of(browser));
  if (!erased) return erased.failure();
  return (*txn)->commit();
}

}  // namespace store
