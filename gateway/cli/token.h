#pragma once

// portcullis token: what a client may do in the name of a user.

#include <optional>
#include <string>
#include <vector>

#include "gateway/cli/console.h"
#include "gateway/cli/place.h"
#include "gateway/net/clock.h"

namespace gateway::cli {

struct TokenIssue {
  Where where;
  bool json = false;
  std::string client, user;
  std::optional<std::vector<std::string>> realms;  // absent: the client's default realms
  std::optional<std::string> token, secret;
  std::optional<std::string> expires;  // a point in time, or how long from now
};

struct TokenList {
  Where where;
  bool json = false;
  std::optional<std::string> client, user;
};

struct TokenShow {
  Where where;
  bool json = false;
  std::string token;
};

struct TokenRevoke {
  Where where;
  bool json = false;
  std::optional<std::string> token;
  std::optional<std::string> client, user;
};

Outcome<Done> token_issue(const TokenIssue& options, Console& console, const net::Clock& clock);
Outcome<Done> token_list(const TokenList& options, Console& console, const net::Clock& clock);
Outcome<Done> token_show(const TokenShow& options, Console& console, const net::Clock& clock);
Outcome<Done> token_revoke(const TokenRevoke& options, Console& console);

}  // namespace gateway::cli
