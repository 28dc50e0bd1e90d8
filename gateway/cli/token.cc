#include "gateway/cli/token.h"

#include <algorithm>
#include <utility>

#include "conf/quoting.h"
#include "gateway/cli/client_print.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/show_once.h"
#include "gateway/cli/text.h"
#include "gateway/cli/time_text.h"

namespace gateway::cli {
namespace {

using Change = store::Credentials::Change;

std::string state(const store::Token& token, std::int64_t now) {
  if (token.revoked) return "revoked";
  return token.expires && *token.expires <= now ? "expired" : "live";
}

std::string end(const store::Token& token) {
  return token.expires ? log::format_time(*token.expires) : "never";
}

// By when its client can renew it, which takes its session handle.
std::string renewal(const store::Token& token) {
  if (!token.session_handle) return "no";
  if (!token.authorization_expires) return "yes";
  return "until " + log::format_time(*token.authorization_expires);
}

Outcome<Done> check_realms_of(const store::Client& client, const std::vector<std::string>& realms) {
  const std::vector<std::string_view> allowed(client.realms.begin(), client.realms.end());
  for (const std::string& realm : realms) {
    if (std::find(allowed.begin(), allowed.end(), realm) != allowed.end()) continue;
    return refused("client " + conf::quoted(client.key) + " may not have the realm " +
                   conf::quoted(realm) + conf::suggestion(realm, allowed));
  }
  return Done{};
}

// The token as far as it can be made without the store.
Outcome<store::Token> draft(const TokenIssue& options, Console& console, std::int64_t now) {
  store::Token token;
  token.client = options.client;
  token.user = options.user;
  token.created = now;
  if (options.expires && *options.expires != "never") {
    token.expires = parse_deadline(*options.expires, now);
    if (!token.expires) {
      return misused("--expires takes a time such as 30d, 2030-01-31T12:00:00Z or never, not " +
                     conf::quoted(*options.expires));
    }
  }
  if (options.secret) {
    auto secret = read_secret(*options.secret, "--secret", console);
    if (!secret) return secret.failure();
    token.secret = *std::move(secret);
  }
  return token;
}

// Looks up who the token is for, and puts it into the store.
Outcome<Done> put(Place& place, const TokenIssue& options, store::Token& token, Console& console) {
  auto change = place.credentials->begin();
  if (!change) return refused(change.error());
  const auto client = change->client(options.client);
  if (!client) return refused(client.error());
  const auto user = change->user(options.user);
  if (!user) return refused(user.error());
  token.realms = options.realms.value_or(client->default_realms);
  if (token.realms == std::vector<std::string>{""}) token.realms.clear();
  if (auto done = check_realms(place, token.realms); !done) return done;
  if (auto done = check_realms_of(*client, token.realms); !done) return done;
  if (auto wrong = change->put(token, Change::Mode::Insert); !wrong) return refused(wrong.error());
  if (auto done = change->commit(); !done) return refused(done.error());
  if (!client->enabled) console.err << "portcullis: note: the client is disabled\n";
  if (!user->enabled) console.err << "portcullis: note: the user is disabled\n";
  return Done{};
}

void print_issued(const store::Token& token, std::ostream& out) {
  Table table({});
  table.add({"token", printable(token.token)});
  table.add({"secret", std::string(token.secret.reveal())});
  table.add({"realms", joined(token.realms)});
  table.add({"expires", end(token)});
  table.print(out);
}

std::string tokens(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " token" : " tokens");
}

Outcome<std::uint64_t> revoke_all(Change& change, const TokenRevoke& options) {
  if (const auto client = change.client(*options.client); !client) return refused(client.error());
  if (options.user) {
    if (const auto user = change.user(*options.user); !user) return refused(user.error());
  }
  const auto count = change.revoke_tokens(
      *options.client,
      options.user ? std::optional<std::string_view>(*options.user) : std::nullopt);
  if (!count) return refused(count.error());
  return *count;
}

}  // namespace

Outcome<Done> token_issue(const TokenIssue& options, Console& console, const net::Clock& clock) {
  auto token = draft(options, console, clock.unix_seconds());
  if (!token) return token.failure();
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  token->token = options.token ? *options.token : new_name(*place);
  if (!options.secret) token->secret = verify::Secret(new_name(*place));
  if (auto done = put(*place, options, *token, console); !done) return done;
  const bool shown = show_once(console, [&](std::ostream& out) {
    if (options.json) {
      print(to_json(*token, Secrets::Shown), out);
    } else {
      print_issued(*token, out);
    }
  });
  if (shown) return Done{};
  const std::string name = printable(token->token);
  std::string sentence = "standard output can't be written; token " + name + " was issued";
  if (!options.secret) {
    sentence += ", and its secret was not shown: portcullis token revoke " + name +
                " ends it, and token issue makes another";
  }
  return refused(std::move(sentence));
}

Outcome<Done> token_list(const TokenList& options, Console& console, const net::Clock& clock) {
  auto place = open_place(options.where, Access::Read, console);
  if (!place) return place.failure();
  auto reader = place->credentials->reader();
  if (!reader) return refused(reader.error());
  if (options.client) {
    if (const auto client = reader->client(*options.client); !client) {
      return refused(client.error());
    }
  }
  if (options.user) {
    if (const auto user = reader->user(*options.user); !user) return refused(user.error());
  }
  Table table({"TOKEN", "CLIENT", "USER", "REALMS", "EXPIRES", "STATE"});
  const std::int64_t now = clock.unix_seconds();
  const auto each = [&](const store::Token& token) {
    if (options.user && token.user != *options.user) return true;
    if (options.json) {
      print(to_json(token, Secrets::Hidden), console.out);
    } else {
      table.add({printable(token.token), printable(token.client), printable(token.user),
                 joined(token.realms), end(token), state(token, now)});
    }
    return true;
  };
  const auto done = options.client ? reader->each_token_of_client(*options.client, each)
                    : options.user ? reader->each_token_of_user(*options.user, each)
                                   : reader->each_token(each);
  if (!done) return refused(done.error());
  if (!options.json) table.print(console.out);
  return Done{};
}

Outcome<Done> token_show(const TokenShow& options, Console& console, const net::Clock& clock) {
  auto place = open_place(options.where, Access::Read, console);
  if (!place) return place.failure();
  auto reader = place->credentials->reader();
  if (!reader) return refused(reader.error());
  const auto token = reader->token(options.token);
  if (!token) return refused(token.error());
  if (options.json) {
    print(to_json(*token, Secrets::Hidden), console.out);
    return Done{};
  }
  Table table({});
  table.add({"token", printable(token->token)});
  table.add({"id", store::token_id(token->token)});
  table.add({"client", printable(token->client)});
  table.add({"user", printable(token->user)});
  table.add({"realms", joined(token->realms)});
  table.add({"created", token->created ? log::format_time(*token->created) : "unknown"});
  table.add({"expires", end(*token)});
  table.add({"renewable", renewal(*token)});
  table.add({"state", state(*token, clock.unix_seconds())});
  table.print(console.out);
  return Done{};
}

Outcome<Done> token_revoke(const TokenRevoke& options, Console& console) {
  if (options.token.has_value() == options.client.has_value()) {
    return misused("give either a TOKEN or --client K, to say what to revoke");
  }
  if (options.user && !options.client) return misused("--user needs --client beside it");
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  std::uint64_t count = 0;
  if (options.client) {
    const auto all = revoke_all(*change, options);
    if (!all) return all.failure();
    count = *all;
  } else {
    const auto one = change->revoke_token(*options.token);
    if (!one) return refused(one.error());
    count = *one;
  }
  if (auto done = change->commit(); !done) return refused(done.error());
  if (options.json) {
    print({{"revoked", count}}, console.out);
  } else if (options.token && count == 0) {
    console.out << "already revoked\n";
  } else {
    console.out << "revoked " << tokens(count) << '\n';
  }
  return Done{};
}

}  // namespace gateway::cli
