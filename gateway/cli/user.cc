#include "gateway/cli/user.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "gateway/cli/client_print.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/rules.h"
#include "gateway/cli/text.h"
#include "store/sessions.h"
#include "verify/password.h"

namespace gateway::cli {
namespace {

using Change = store::Credentials::Change;

std::string counted(std::uint64_t count, std::string_view what) {
  return std::to_string(count) + ' ' + std::string(what) + (count == 1 ? "" : "s");
}

enum class SessionsOf : bool { GoOn, End };

// Changes the user in one transaction, and says so.
Outcome<Done> alter_user(const UserNamed& options, Console& console, std::string_view done_word,
                         SessionsOf sessions, const std::function<void(store::User&)>& alter) {
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  auto user = change->user(options.name);
  if (!user) return refused(user.error());
  alter(*user);
  if (auto put = change->put(*user, Change::Mode::Replace); !put) return refused(put.error());
  if (auto done = change->commit(); !done) return refused(done.error());
  std::uint64_t ended = 0;
  if (sessions == SessionsOf::End) {
    const auto all = end_sessions(*place, {user->name});
    if (!all) return all.failure();
    ended = *all;
  }
  if (options.json) {
    print(to_json(*user, Secrets::Hidden), console.out);
    return Done{};
  }
  console.out << done_word << " user " << printable(user->name);
  if (ended > 0) console.out << " and ended " << counted(ended, "session");
  console.out << '\n';
  return Done{};
}

// "user alice", or so many users with the first of their names.
std::string shown_users(const std::vector<std::string>& users) {
  constexpr std::size_t kMostShown = 10;
  if (users.size() == 1) return "user " + printable(users[0]);
  const auto first = users.begin();
  const auto end = first + static_cast<std::ptrdiff_t>(std::min(users.size(), kMostShown));
  return counted(users.size(), "user") + " (" + joined({first, end}) +
         (end == users.end() ? ")" : ", ...)");
}

}  // namespace

Outcome<std::uint64_t> end_sessions(const Place& place, const std::vector<std::string>& users) {
  if (users.empty()) return std::uint64_t{0};
  const auto sessions = store::Sessions::open_existing(place.folder);
  if (!sessions && sessions.error().kind == store::Error::Kind::NotFound) return std::uint64_t{0};
  auto ended = sessions ? (*sessions)->end_all_of(users) : sessions.failure();
  if (!ended) {
    return refused("the change is made, but sessions of " + shown_users(users) +
                   " may go on: " + ended.error().sentence);
  }
  return *ended;
}

Outcome<Done> user_add(const UserAdd& options, Console& console) {
  store::User user;
  user.name = options.name;
  if (auto wrong = store::record_error(user)) return refused(*std::move(wrong));
  if (auto wrong = name_error(kUserName, user.name)) return refused(*std::move(wrong));
  if (options.password_stdin) {
    const auto password = read_new_password(console);
    if (!password) return password.failure();
    user.password_hash = verify::hash_password(password->reveal());
  }
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  if (auto put = change->put(user, Change::Mode::Insert); !put) return refused(put.error());
  if (auto done = change->commit(); !done) return refused(done.error());
  if (options.json) {
    print(to_json(user, Secrets::Hidden), console.out);
    return Done{};
  }
  console.out << "added user " << printable(user.name) << '\n';
  if (!options.password_stdin) {
    console.out << "no password: the user can own tokens but not sign in; portcullis user passwd "
                   "sets one\n";
  }
  return Done{};
}

Outcome<Done> user_list(const UserList& options, Console& console) {
  auto place = open_place(options.where, Access::Read, console);
  if (!place) return place.failure();
  auto reader = place->credentials->reader();
  if (!reader) return refused(reader.error());
  Table table({"NAME", "PASSWORD", "STATE"});
  const auto done = reader->each_user([&](const store::User& user) {
    if (options.json) {
      print(to_json(user, Secrets::Hidden), console.out);
    } else {
      table.add({printable(user.name), user.password_hash.empty() ? "no" : "yes",
                 user.enabled ? "enabled" : "disabled"});
    }
    return true;
  });
  if (!done) return refused(done.error());
  if (!options.json) table.print(console.out);
  return Done{};
}

Outcome<Done> user_passwd(const UserNamed& options, Console& console) {
  const auto password = read_new_password(console);
  if (!password) return password.failure();
  const std::string hash = verify::hash_password(password->reveal());  // slow: before the store
  return alter_user(options, console, "changed the password of", SessionsOf::End,
                    [&hash](store::User& user) { user.password_hash = hash; });
}

Outcome<Done> user_disable(const UserNamed& options, Console& console) {
  return alter_user(options, console, "disabled", SessionsOf::End,
                    [](store::User& user) { user.enabled = false; });
}

Outcome<Done> user_enable(const UserNamed& options, Console& console) {
  return alter_user(options, console, "enabled", SessionsOf::GoOn,
                    [](store::User& user) { user.enabled = true; });
}

Outcome<Done> user_remove(const UserNamed& options, Console& console) {
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  const auto tokens = change->remove_user(options.name);
  if (!tokens) return refused(tokens.error());
  if (auto done = change->commit(); !done) return refused(done.error());
  const auto sessions = end_sessions(*place, {options.name});
  if (!sessions) return sessions.failure();
  if (options.json) {
    print({{"type", "user"},
           {"name", options.name},
           {"removed", true},
           {"tokens", *tokens},
           {"sessions", *sessions}},
          console.out);
    return Done{};
  }
  console.out << "removed user " << printable(options.name);
  if (*sessions > 0) {
    console.out << ", " << counted(*tokens, "token") << " and " << counted(*sessions, "session");
  } else {
    console.out << " and " << counted(*tokens, "token");
  }
  console.out << '\n';
  return Done{};
}

}  // namespace gateway::cli
