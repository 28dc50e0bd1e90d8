#pragma once

// Who was proven, as the lines of a head that the backend sees. Pure.

#include <string>

#include "conf/settings.h"

namespace gateway::auth {

// Made once per credential.
struct Identity {
  std::string client;    // key
  std::string user;      // empty: no token
  std::string realms;    // separated by spaces
  std::string token_id;  // empty: no token
};
// "X-OAuth-User: alice\r\n..."; absent ones are left out; every byte outside 0x21-0x7E and '%' is
// percent-encoded (the space between realms stays).
std::string identity_lines(const Identity& identity, const conf::Headers& headers);

}  // namespace gateway::auth
