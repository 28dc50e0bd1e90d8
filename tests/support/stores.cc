#include "tests/support/stores.h"

#include <stdexcept>
#include <utility>

namespace gateway::testing {
namespace {

template <class T>
T must(store::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().sentence);
  return *std::move(result);
}

void fill(store::Credentials& credentials) {
  using Mode = store::Credentials::Change::Mode;
  store::Client client;
  client.key = "K";
  client.name = "client";
  client.secrets.push_back({verify::Secret(std::string("S")), std::nullopt});
  store::User user;
  user.name = "alice";
  store::Token token;
  token.client = "K";
  token.user = "alice";
  token.token = "T";
  token.secret = verify::Secret(std::string("TS"));
  auto begun = must(credentials.begin());
  must(begun.put(client, Mode::Insert));
  must(begun.put(user, Mode::Insert));
  must(begun.put(token, Mode::Insert));
  must(begun.commit());
}

}  // namespace

conf::Route route(const std::string& path, conf::Auth auth) {
  std::string why;
  conf::Route route;
  route.path = conf::parse_pattern(path, why).value();
  route.auth = auth;
  route.upstream = "api";
  return route;
}

conf::Settings settings_for(const std::filesystem::path& folder, std::uint16_t port) {
  conf::Settings settings;
  settings.listen.address = conf::Address{"127.0.0.1", 0};
  settings.listen.threads = 1;
  settings.log.file = (folder / "log").string();
  settings.store.path = (folder / "store").string();
  settings.store.map_size = 64 << 20;
  settings.store.ledger_size = 8 << 20;
  settings.oauth.enforce_tls = false;
  conf::Url server;
  server.scheme = "http";
  server.host = "127.0.0.1";
  server.port = port;
  settings.upstreams.push_back(conf::Upstream{"api", {server}, {}});
  settings.routes = {route("/api/*", conf::Auth::Token), route("/maybe/*", conf::Auth::Optional),
                     route("/public/*", conf::Auth::None)};
  return settings;
}

std::unique_ptr<store::Credentials> open_store(const conf::Settings& settings) {
  auto credentials = must(store::Credentials::open({.path = settings.store.path,
                                                    .map_size = settings.store.map_size,
                                                    .create = true,
                                                    .ledger_size = settings.store.ledger_size}));
  fill(*credentials);
  return credentials;
}

std::unique_ptr<store::Sessions> open_sessions(const conf::Settings& settings) {
  return must(store::Sessions::open(settings.store.path));
}

std::unique_ptr<store::Ledger> open_ledger(const conf::Settings& settings, std::int64_t now) {
  return must(
      store::Ledger::open({.path = settings.store.path, .size = settings.store.ledger_size}, now));
}

std::unique_ptr<store::Usage> open_usage(const conf::Settings& settings) {
  std::string note;
  return must(store::Usage::open_or_make(settings.store.path, note));
}

}  // namespace gateway::testing
