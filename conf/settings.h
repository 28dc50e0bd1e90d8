#pragma once

// What portcullis.toml says, as plain structs with the defaults and units. Immutable once loaded,
// hence safe from any thread. conf/portcullis.toml explains each key to people; a test proves the
// two agree.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conf/pattern.h"
#include "conf/url.h"

namespace conf {

using Milliseconds = std::chrono::milliseconds;
inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

// Where a key stands in the file, for what is reported later (warnings of `check`). 1-based; 0: not
// in it.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend bool operator==(const Position&, const Position&) {
    return true;
  }  // not part of the meaning
};

struct Tls {
  std::string certificate;  // PEM file
  std::string key;          // PEM file
  friend bool operator==(const Tls&, const Tls&) = default;
};

struct Listen {
  Address address{"127.0.0.1", 8080};
  std::vector<Url> external_url;
  std::vector<std::string> hosts;  // lower case, with the port if one was given
  std::vector<Cidr> trusted_proxies;
  std::uint32_t threads = 0;  // 0: one per core
  std::optional<Tls> tls;
  friend bool operator==(const Listen&, const Listen&) = default;
};

struct Admin {
  Address address{"127.0.0.1", 9180};
  friend bool operator==(const Admin&, const Admin&) = default;
};

enum class LogFormat : std::uint8_t { Text, Json };
enum class LogLevel : std::uint8_t { Debug, Info, Warn, Error };

struct Log {
  std::string file = "-";  // "-": standard error
  LogFormat format = LogFormat::Text;
  LogLevel level = LogLevel::Info;
  std::uint32_t refusals = 1000;
  friend bool operator==(const Log&, const Log&) = default;
};

struct Store {
  std::string path = "/var/lib/portcullis";
  std::uint64_t map_size = 256ull << 30;   // bytes
  std::uint64_t ledger_size = 1ull << 30;  // bytes
  std::uint32_t ledger_client_share = 50;  // percent of the ledger that one client may fill
  std::string temporary = "/var/tmp";      // folder for bodies that are held on disk
  friend bool operator==(const Store&, const Store&) = default;
};

struct Realm {
  std::string name;
  std::string description;
  friend bool operator==(const Realm&, const Realm&) = default;
};

enum class RefusalTo : std::uint8_t { Callback, ErrorUri };

struct OAuth {
  bool enforce_tls = true;
  std::vector<std::string> signature_methods{"HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512",
                                             "RSA-SHA1",  "RSA-SHA256",  "RSA-SHA512"};
  std::uint32_t rsa_min_bits = 2048;
  std::vector<Realm> realms;
  std::string realm_name = "portcullis";
  std::uint32_t key_length_min = 20;
  std::uint32_t key_length_max = 30;
  Milliseconds window_past{60'000};
  Milliseconds window_future{60'000};
  Milliseconds request_token_lifetime{600'000};
  std::optional<Milliseconds> access_token_lifetime;  // absent: never
  std::optional<Milliseconds> renewal_lifetime;       // of a session handle; absent: never
  std::string error_uri = "/oauth/errors";
  RefusalTo refusal_to = RefusalTo::Callback;
  std::uint32_t realm_failure_status = 401;  // or 403
  std::string request_token_path = "/oauth/request_token";
  std::string authorize_path = "/oauth/authorize";
  std::string access_token_path = "/oauth/access_token";
  std::vector<std::string> token_methods{"POST", "GET"};
  std::map<std::string, std::string> request_token_extra;
  std::map<std::string, std::string> access_token_extra;
  bool reply_realms = true;
  bool split_parameters = true;
  bool default_callback = false;
  bool verbose_errors = false;
  friend bool operator==(const OAuth&, const OAuth&) = default;
};

enum class LoginMode : std::uint8_t { Local, App, Header };

struct Login {
  LoginMode mode = LoginMode::Local;
  Milliseconds session_idle{1'800'000};
  Milliseconds session_lifetime{43'200'000};
  std::optional<std::string> check_url;
  std::optional<std::string> user;
  std::optional<std::string> sign_in_url;
  std::optional<std::string> header;
  friend bool operator==(const Login&, const Login&) = default;
};

struct Provider {
  bool enabled = true;
  std::optional<std::string> host;       // the provider's pages on a host of their own
  std::optional<std::string> templates;  // a folder of the operator's own
  std::optional<std::string> texts;      // a TOML file
  std::string sign_in_path = "/oauth/sign_in";
  std::string sign_out_path = "/oauth/sign_out";
  std::string grants_path = "/oauth/grants";
  std::string revoke_path = "/oauth/revoke_token";
  friend bool operator==(const Provider&, const Provider&) = default;
};

struct Headers {
  std::string user = "X-OAuth-User";
  std::string client = "X-OAuth-Client";
  std::string realms = "X-OAuth-Realms";
  std::string token = "X-OAuth-Token-Id";
  std::string strip_prefix = "X-OAuth-";
  std::vector<std::string> allow_names;  // of fields that go on though their names aren't plain
  friend bool operator==(const Headers&, const Headers&) = default;
};

struct Limits {
  std::uint64_t header_bytes = 32 << 10;
  std::uint64_t target_bytes = 16 << 10;
  std::uint32_t headers = 100;
  std::uint32_t parameters = 1000;
  std::uint64_t form_bytes = 1 << 20;
  std::uint64_t forms_bytes = 256 << 20;           // all that is held in memory at one time
  std::uint64_t hashed_body_bytes = 64 << 20;      // one body held because its hash was signed
  std::uint64_t hashed_bodies_bytes = 1ull << 30;  // all of those on disk at one time
  std::uint32_t address_share = 10;                // percent of those that one address may take
  std::uint64_t body_bytes = kUnlimited;           // "none"
  std::uint64_t body_rate = 256;                   // bytes a second
  std::uint64_t form_rate = 1 << 10;               // likewise, of what is held and not proven yet
  std::uint32_t connections = 20000;
  std::uint32_t connections_per_address = 0;  // 0: any number
  std::uint32_t request_tokens = 1000;        // of one client, not yet exchanged
  friend bool operator==(const Limits&, const Limits&) = default;
};

struct Timeouts {
  Milliseconds header{10'000};
  Milliseconds body{30'000};
  Milliseconds hold{60'000};
  Milliseconds idle{75'000};
  Milliseconds upstream_connect{5'000};
  Milliseconds upstream_response{60'000};
  Milliseconds drain{30'000};
  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

struct Upstream {
  std::string name;
  std::vector<Url> servers;  // scheme http or https, no path
  Position where;
  friend bool operator==(const Upstream&, const Upstream&) = default;
};

enum class Auth : std::uint8_t { Token, Client, Optional, None };
enum class BodyHash : std::uint8_t { Verified, Required };  // Verified: where it is sent
// How a refusal is worded. Accept: as Form, or as Json for a client that prefers JSON.
enum class ErrorStyle : std::uint8_t { Accept, Form, Json, ProblemReporting, Flask };
enum class HostSent : std::uint8_t { Received, Upstream };

// Where the OAuth parameters of a request may stand.
struct Places {
  bool header = true, query = true, form = true;
  friend bool operator==(const Places&, const Places&) = default;
};

struct Route {
  std::vector<std::string> hosts;  // authorities it serves; empty: all
  Pattern path;
  std::vector<std::string> methods;  // upper case; empty: all. GET implies HEAD
  std::vector<std::string> realms;
  bool any_realm = false;  // realms came from realms_any
  Auth auth = Auth::Token;
  std::string upstream;  // name of an Upstream
  HostSent host = HostSent::Received;
  std::vector<std::string> signature_methods;  // within oauth.signature_methods; empty: all those
  std::vector<std::string> accept_schemes;     // schemes that may have been signed instead
  Places credentials;
  BodyHash body_hash = BodyHash::Verified;
  ErrorStyle errors = ErrorStyle::Accept;
  std::vector<std::string> quirks;  // names (see verify/quirk.h), for all clients of the route
  std::string header_realm;         // the Authorization field's realm must be this; empty: any
  bool pass_authorization = false;  // forward the client's Authorization: OAuth field
  Position where;
  friend bool operator==(const Route&, const Route&) = default;
};

struct Settings {
  Listen listen;
  Admin admin;
  Log log;
  Store store;
  OAuth oauth;
  Provider provider;
  Login login;
  Headers headers;
  Limits limits;
  Timeouts timeouts;
  std::vector<Upstream> upstreams;
  std::vector<Route> routes;  // in the order of the file
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace conf
