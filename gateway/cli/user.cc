#include "gateway/cli/user.h"

#include <functional>
#include <string_view>
#include <utility>

#include "gateway/cli/client_print.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/text.h"
#include "verify/password.h"

namespace gateway::cli {
namespace {

using Change = store::Credentials::Change;

// Changes the user in one transaction, and says so.
Outcome<Done> alter_user(const UserNamed& options, Console& console, std::string_view done_word,
                         const std::function<void(store::User&)>& alter) {
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  auto user = change->user(options.name);
  if (!user) return refused(user.error());
  alter(*user);
  if (auto put = change->put(*user, Change::Mode::Replace); !put) return refused(put.error());
  if (auto done = change->commit(); !done) return refused(done.error());
  if (options.json) {
    print(to_json(*user, Secrets::Hidden), console.out);
  } else {
    console.out << done_word << " user " << printable(user->name) << '\n';
  }
  return Done{};
}

}  // namespace

Outcome<Done> user_add(const UserAdd& options, Console& console) {
  store::User user;
  user.name = options.name;
  if (auto wrong = store::complaint(user)) return refused(*std::move(wrong));
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
  return alter_user(options, console, "changed the password of",
                    [&hash](store::User& user) { user.password_hash = hash; });
}

Outcome<Done> user_disable(const UserNamed& options, Console& console) {
  return alter_user(options, console, "disabled", [](store::User& user) { user.enabled = false; });
}

Outcome<Done> user_enable(const UserNamed& options, Console& console) {
  return alter_user(options, console, "enabled", [](store::User& user) { user.enabled = true; });
}

Outcome<Done> user_remove(const UserNamed& options, Console& console) {
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  const auto tokens = change->remove_user(options.name);
  if (!tokens) return refused(tokens.error());
  if (auto done = change->commit(); !done) return refused(done.error());
  if (options.json) {
    print({{"type", "user"}, {"name", options.name}, {"removed", true}, {"tokens", *tokens}},
          console.out);
  } else {
    console.out << "removed user " << printable(options.name) << " and " << *tokens
                << (*tokens == 1 ? " token" : " tokens") << '\n';
  }
  return Done{};
}

}  // namespace gateway::cli
