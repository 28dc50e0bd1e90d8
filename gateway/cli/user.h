#pragma once

// portcullis user: whom tokens belong to, and who may sign in at the consent page.

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/cli/console.h"
#include "gateway/cli/place.h"

namespace gateway::cli {

struct UserAdd {
  Where where;
  bool json = false;
  std::string name;
  bool password_stdin = false;
};

struct UserNamed {
  Where where;
  bool json = false;
  std::string name;
};

struct UserList {
  Where where;
  bool json = false;
};

Outcome<Done> user_add(const UserAdd& options, Console& console);
Outcome<Done> user_list(const UserList& options, Console& console);
Outcome<Done> user_passwd(const UserNamed& options, Console& console);
Outcome<Done> user_disable(const UserNamed& options, Console& console);
Outcome<Done> user_enable(const UserNamed& options, Console& console);
Outcome<Done> user_remove(const UserNamed& options, Console& console);

// What users have signed in to, and the browsers that are known to be theirs, end after the
// change that calls for it: whoever begins a session from then on has seen the change. Sessions
// have a file of their own, so it can fail by itself; then it ended none. Returns how many
// sessions.
Outcome<std::uint64_t> end_sessions(const Place& place, const std::vector<std::string>& users);

}  // namespace gateway::cli
