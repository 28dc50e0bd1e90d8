#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "conf/document.h"
#include "tests/conf/mistakes.h"
#include "tests/source_dir.h"

namespace {

std::string shipped() {
  std::ifstream file(tests::source_dir() / "conf/portcullis.toml");
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

// With the commented-out keys and tables in effect: "#key = ..." and "#[table]", but not "# prose".
std::string uncommented(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    const bool example = line.size() > 1 && line[0] == '#' && line[1] != ' ' && line[1] != '#';
    out += (example ? line.substr(1) : line) + "\n";
  }
  return out;
}

void collect(const conf::Node& node, const std::string& path, std::set<std::string>& keys) {
  for (const conf::Member& member : node.members) {
    const std::string name = path.empty() ? member.key : path + "." + member.key;
    keys.insert(name);
    collect(member.value, name, keys);
    for (const conf::Node& item : member.value.items) collect(item, name, keys);
  }
}

std::set<std::string> keys_of(const std::string& text) {
  const auto document = conf::parse_document(text);
  const auto* node = std::get_if<conf::Node>(&document);
  REQUIRE(node);
  std::set<std::string> keys;
  collect(*node, "", keys);
  return keys;
}

// Every key there is, but those that exclude another: route.realms and realms_any, which need
// realms.
const std::map<std::string, std::vector<std::string>> kKeys = {
    {"",
     {"listen", "admin", "log", "store", "oauth", "provider", "login", "headers", "limits",
      "timeouts", "upstream", "route"}},
    {"listen", {"address", "external_url", "hosts", "trusted_proxies", "threads", "tls"}},
    {"listen.tls", {"certificate", "key"}},
    {"admin", {"address"}},
    {"log", {"file", "format", "level", "refusals"}},
    {"store", {"path", "map_size", "ledger_size", "ledger_client_share", "temporary"}},
    {"oauth",
     {"enforce_tls",
      "signature_methods",
      "rsa_min_bits",
      "realms",
      "realm_name",
      "key_length",
      "timestamp_window",
      "request_token_lifetime",
      "access_token_lifetime",
      "renewal_lifetime",
      "error_uri",
      "refusal_to",
      "realm_failure_status",
      "request_token_path",
      "authorize_path",
      "access_token_path",
      "token_methods",
      "request_token_extra",
      "access_token_extra",
      "reply_realms",
      "split_parameters",
      "default_callback",
      "verbose_errors"}},
    {"oauth.timestamp_window", {"past", "future"}},
    {"provider",
     {"enabled", "host", "templates", "texts", "sign_in_path", "sign_out_path", "grants_path",
      "revoke_path"}},
    {"login",
     {"mode", "session_idle", "session_lifetime", "check_url", "user", "sign_in_url", "header"}},
    {"headers", {"user", "client", "realms", "token", "strip_prefix", "allow_names"}},
    {"limits",
     {"header_bytes", "target_bytes", "headers", "parameters", "form_bytes", "forms_bytes",
      "hashed_body_bytes", "hashed_bodies_bytes", "address_share", "body_bytes", "body_rate",
      "form_rate", "connections", "connections_per_address", "request_tokens"}},
    {"timeouts",
     {"header", "body", "hold", "idle", "upstream_connect", "upstream_response", "drain"}},
    {"upstream", {"name", "servers"}},
    {"route",
     {"path", "methods", "auth", "hosts", "host", "signature_methods", "accept_schemes",
      "credentials", "body_hash", "errors", "quirks", "header_realm", "pass_authorization",
      "upstream"}},
};

}  // namespace

TEST_CASE("the shipped file says what the defaults are") {
  CHECK(settings_of(shipped()) == conf::Settings{});
}

TEST_CASE("the examples in the shipped file load") {
  const conf::Settings settings = settings_of(uncommented(shipped()));
  CHECK(settings.listen.tls);
  CHECK(settings.login.check_url);
  CHECK(settings.upstreams.size() == 1);
  CHECK(settings.routes.size() == 3);
}

TEST_CASE("the shipped file has every key, and no other") {
  std::set<std::string> expected;
  for (const auto& [table, keys] : kKeys) {
    for (const std::string& key : keys) expected.insert(table.empty() ? key : table + "." + key);
  }
  CHECK(keys_of(uncommented(shipped())) == expected);
}

TEST_CASE("only what has no default is commented out in the shipped file") {
  const std::set<std::string> active = keys_of(shipped());
  std::set<std::string> optional;
  for (const std::string& key : keys_of(uncommented(shipped()))) {
    if (!active.contains(key)) optional.insert(key);
  }
  const std::set<std::string> expected = {"listen.external_url",
                                          "listen.tls",
                                          "listen.tls.certificate",
                                          "listen.tls.key",
                                          "provider.host",
                                          "provider.templates",
                                          "provider.texts",
                                          "login.check_url",
                                          "login.user",
                                          "login.sign_in_url",
                                          "login.header",
                                          "upstream",
                                          "upstream.name",
                                          "upstream.servers",
                                          "route",
                                          "route.path",
                                          "route.methods",
                                          "route.auth",
                                          "route.hosts",
                                          "route.pass_authorization",
                                          "route.signature_methods",
                                          "route.accept_schemes",
                                          "route.credentials",
                                          "route.body_hash",
                                          "route.errors",
                                          "route.quirks",
                                          "route.header_realm",
                                          "route.host",
                                          "route.upstream"};
  CHECK(optional == expected);
}
