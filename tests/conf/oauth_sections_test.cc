#include "tests/conf/mistakes.h"

TEST_CASE("[oauth] and [provider] are read") {
  const conf::Settings settings = settings_of(R"([oauth]
enforce_tls = false
signature_methods = ["PLAINTEXT", "RSA-SHA1"]
realms = ["email", { name = "address", description = "Where you live: Zürich" }]
realm_name = "my api"
key_length = [16, 255]
timestamp_window = { past = "5m", future = "0s" }
request_token_lifetime = "1h"
access_token_lifetime = "30d"
error_uri = "https://www.example.com/errors?from=gate"
refusal_to = "error_uri"
realm_failure_status = 403
request_token_path = "/r"
authorize_path = "/a"
access_token_path = "/t"
token_methods = ["POST"]
request_token_extra = { a = "" }
access_token_extra = { "ü b" = "c", d = "e" }
reply_realms = false
split_parameters = false
verbose_errors = true
[provider]
host = "Login.example.com:8443"
)");
  const conf::OAuth& oauth = settings.oauth;
  CHECK_FALSE(oauth.enforce_tls);
  CHECK(oauth.signature_methods == std::vector<std::string>{"PLAINTEXT", "RSA-SHA1"});
  CHECK(oauth.realms ==
        std::vector<conf::Realm>{{"email", ""}, {"address", "Where you live: Z\u00fcrich"}});
  CHECK(oauth.realm_name == "my api");
  CHECK(oauth.key_length_min == 16);
  CHECK(oauth.key_length_max == 255);
  CHECK(oauth.window_past == std::chrono::minutes(5));
  CHECK(oauth.window_future == std::chrono::seconds(0));
  CHECK(oauth.request_token_lifetime == std::chrono::hours(1));
  CHECK(oauth.access_token_lifetime == std::chrono::hours(720));
  CHECK(oauth.error_uri == "https://www.example.com/errors?from=gate");
  CHECK(oauth.refusal_to == conf::RefusalTo::ErrorUri);
  CHECK(oauth.realm_failure_status == 403);
  CHECK(oauth.request_token_path == "/r");
  CHECK(oauth.authorize_path == "/a");
  CHECK(oauth.access_token_path == "/t");
  CHECK(oauth.token_methods == std::vector<std::string>{"POST"});
  CHECK(oauth.request_token_extra == std::map<std::string, std::string>{{"a", ""}});
  CHECK(oauth.access_token_extra ==
        std::map<std::string, std::string>{{"d", "e"}, {"\u00fc b", "c"}});
  CHECK_FALSE(oauth.reply_realms);
  CHECK_FALSE(oauth.split_parameters);
  CHECK(oauth.verbose_errors);
  CHECK(settings.provider.host == "login.example.com:8443");
}

TEST_CASE("what is left out of timestamp_window keeps its default") {
  const conf::Settings settings = settings_of("[oauth.timestamp_window]\nfuture = \"1s\"");
  CHECK(settings.oauth.window_past == std::chrono::seconds(60));
  CHECK(settings.oauth.window_future == std::chrono::seconds(1));
}

TEST_CASE("access_token_lifetime may be never") {
  CHECK_FALSE(
      settings_of("[oauth]\naccess_token_lifetime = \"never\"").oauth.access_token_lifetime);
}

TEST_CASE("mistakes in the lists of [oauth] are reported") {
  const std::string realm =
      "each of oauth.realms must be a realm: printable ASCII without spaces, '\"' and '\\', or a "
      "table "
      "{ name, description }, not ";
  const std::string lengths =
      "oauth.key_length must be the least and the greatest length, from 16 to 255, as in [20, 30]";
  const std::string method =
      "each of oauth.signature_methods must be a signature method: HMAC-SHA1, HMAC-SHA256, "
      "HMAC-SHA512, RSA-SHA1, RSA-SHA256, RSA-SHA512 or PLAINTEXT, not ";
  check_mistakes({
      {"[oauth]\nrealms = [\"a b\", \"\", \"q\\\"\", 1, \"ok\", \"ok\"]",
       {"2:11: " + realm + "\"a b\"", "2:18: " + realm + "\"\"", "2:22: " + realm + "\"q\\\"\"",
        "2:29: " + realm + "1", "2:38: oauth.realms has \"ok\" twice"}},
      {"[oauth]\nrealms = [\"a\", { name = \"a\" }]", {"2:16: oauth.realms has \"a\" twice"}},
      {"[oauth]\nrealms = [{ description = \"x\" }, { name = \"a b\", descripton = 1 }]",
       {"2:11: oauth.realms.name is missing",
        "2:43: oauth.realms.name must be printable ASCII without spaces, '\"' and '\\', not \"a "
        "b\"",
        "2:50: unknown key \"descripton\" in oauth.realms; did you mean \"description\"?"}},
      {"[oauth]\nrealms = [{ name = \"a\", description = \"\\n\" }]",
       {"2:39: oauth.realms.description must be a sentence of at most 1024 bytes, on one line, not "
        "\"\\x0a\""}},
      {"[oauth]\nrealms = \"email\"", {"2:10: oauth.realms must be a list, not \"email\""}},
      {"[oauth]\nkey_length = [15, 256]",
       {"2:15: each of oauth.key_length must be an integer from 16 to 255, not 15",
        "2:19: each of oauth.key_length must be an integer from 16 to 255, not 256"}},
      {"[oauth]\nkey_length = [21, 20]", {"2:14: " + lengths}},
      {"[oauth]\nkey_length = [20]", {"2:14: " + lengths}},
      {"[oauth]\nkey_length = [20, 25, 30]", {"2:14: " + lengths}},
      {"[oauth]\nkey_length = 20", {"2:14: " + lengths + ", not 20"}},
      {"[oauth]\nkey_length = [20, 20]", {}},
      {"[oauth]\nsignature_methods = [\"HMAC-SHA2\", \"hmac-sha1\"]",
       {"2:22: " + method + "\"HMAC-SHA2\"", "2:35: " + method + "\"hmac-sha1\""}},
      {"[oauth]\nsignature_methods = []\ntoken_methods = []",
       {"2:21: oauth.signature_methods must not be empty",
        "3:17: oauth.token_methods must not be empty"}},
      {"[oauth]\nsignature_methods = [\"HMAC-SHA1\", \"HMAC-SHA1\"]",
       {"2:35: oauth.signature_methods has \"HMAC-SHA1\" twice"}},
      {"[oauth]\ntoken_methods = [\"POST\", \"PUT\", \"get\"]",
       {"2:26: each of oauth.token_methods must be \"POST\" or \"GET\", not \"PUT\"",
        "2:33: each of oauth.token_methods must be \"POST\" or \"GET\", not \"get\""}},
      {"[oauth]\nrequest_token_extra = { oauth_x = \"1\", y = 2, \"\" = \"\" }\naccess_token_extra "
       "= []",
       {"2:25: oauth.request_token_extra.oauth_x must not begin with \"oauth_\"",
        "2:44: oauth.request_token_extra.y must be a string, not 2",
        "2:47: oauth.request_token_extra has a field without name",
        "3:22: oauth.access_token_extra must be a table of strings, not a list"}},
  });
}

TEST_CASE("mistakes in the values of [oauth] are reported") {
  const std::string path = " must be a path such as \"/oauth/authorize\", without query, not ";
  const std::string error_uri =
      "oauth.error_uri must be a path such as \"/oauth/errors\", without query, or an http or "
      "https "
      "URL, not ";
  check_mistakes({
      {"[oauth]\nenforce_tls = \"yes\"\nreply_realms = 1",
       {"2:15: oauth.enforce_tls must be true or false, not \"yes\"",
        "3:16: oauth.reply_realms must be true or false, not 1"}},
      {"[oauth]\nrealm_name = \"a\\\"b\"",
       {"2:14: oauth.realm_name must be printable ASCII without '\"' and '\\', not \"a\\\"b\""}},
      {"[oauth]\ntimestamp_window = { past = \"999ms\", future = \"31d\", now = 1 }",
       {"2:29: oauth.timestamp_window.past must be a duration from \"1s\" to \"30d\", not "
        "\"999ms\"",
        "2:47: oauth.timestamp_window.future must be a duration from \"0s\" to \"30d\", not "
        "\"31d\"",
        "2:54: unknown key \"now\" in oauth.timestamp_window"}},
      {"[oauth]\ntimestamp_window = { past = \"1s\", future = \"30d\" }", {}},
      {"[oauth]\ntimestamp_window = \"60s\"",
       {"2:20: oauth.timestamp_window must be a table, not \"60s\""}},
      {"[oauth]\nrequest_token_lifetime = \"never\"\naccess_token_lifetime = \"0s\"",
       {"2:26: oauth.request_token_lifetime must be a duration above zero such as \"10m\", not "
        "\"never\"",
        "3:25: oauth.access_token_lifetime must be a duration above zero such as \"30d\", or "
        "\"never\", not \"0s\""}},
      {"[oauth]\nerror_uri = \"errors\"", {"2:13: " + error_uri + "\"errors\""}},
      {"[oauth]\nerror_uri = \"/errors?a\"", {"2:13: " + error_uri + "\"/errors?a\""}},
      {"[oauth]\nerror_uri = \"//evil.example\"", {"2:13: " + error_uri + "\"//evil.example\""}},
      {"[oauth]\nrequest_token_path = \"r\"\nauthorize_path = \"/a?b\"\naccess_token_path = \"/*\"",
       {"2:22: oauth.request_token_path" + path + "\"r\"",
        "3:18: oauth.authorize_path" + path + "\"/a?b\"",
        "4:21: oauth.access_token_path" + path + "\"/*\""}},
      {"[oauth]\naccess_token_path = \"/oauth/authorize\"\nerror_uri = \"/oauth/request_token\"",
       {"2:21: oauth.access_token_path and oauth.authorize_path are both \"/oauth/authorize\"",
        "3:13: oauth.error_uri and oauth.request_token_path are both \"/oauth/request_token\""}},
      {"[oauth]\nrefusal_to = \"nowhere\"",
       {"2:14: oauth.refusal_to must be \"callback\" or \"error_uri\", not \"nowhere\""}},
      {"[oauth]\nrealm_failure_status = 402",
       {"2:24: oauth.realm_failure_status must be 401 or 403, not 402"}},
      {"[oauth]\nrealm_failure_status = \"401\"",
       {"2:24: oauth.realm_failure_status must be 401 or 403, not \"401\""}},
      {"[provider]\nhost = \"https://login\"",
       {"2:8: provider.host must be a host name or address, with a port if browsers send one, not "
        "\"https://login\""}},
  });
}

TEST_CASE("[provider] is read, and its paths are its own") {
  const conf::Settings settings = settings_of(R"([provider]
enabled = false
templates = "/etc/pages"
texts = "/etc/texts.toml"
sign_in_path = "/in"
sign_out_path = "/out"
grants_path = "/grants"
revoke_path = "/revoke"
)");
  conf::Provider expected;
  expected.enabled = false;
  expected.templates = "/etc/pages";
  expected.texts = "/etc/texts.toml";
  expected.sign_in_path = "/in";
  expected.sign_out_path = "/out";
  expected.grants_path = "/grants";
  expected.revoke_path = "/revoke";
  CHECK(settings.provider == expected);
  check_mistakes({
      {"[provider]\nsign_in_path = \"/oauth/authorize\"",
       {"2:16: provider.sign_in_path and oauth.authorize_path are both \"/oauth/authorize\""}},
      {"[oauth]\nerror_uri = \"/oauth/grants\"",
       {"2:13: oauth.error_uri and provider.grants_path are both \"/oauth/grants\""}},
      {"[provider]\nrevoke_path = \"/a?b\"",
       {"2:15: provider.revoke_path must be a path such as \"/oauth/sign_in\", without query, not "
        "\"/a?b\""}},
  });
}

TEST_CASE("[login] is read in each mode") {
  const conf::Settings app = settings_of(R"([login]
mode = "app"
check_url = "http://127.0.0.1:9000/session?x"
user = "json:/user/name"
sign_in_url = "https://www.example.com/login?next={return}"
)");
  CHECK(app.login.mode == conf::LoginMode::App);
  CHECK(app.login.check_url == "http://127.0.0.1:9000/session?x");
  CHECK(app.login.user == "json:/user/name");
  CHECK(app.login.sign_in_url == "https://www.example.com/login?next={return}");
  const conf::Settings header = settings_of(R"([login]
mode = "header"
header = "X-Forwarded-User"
[listen]
trusted_proxies = ["::1"]
)");
  CHECK(header.login.mode == conf::LoginMode::Header);
  CHECK(header.login.header == "X-Forwarded-User");
  CHECK(settings_of("[login]\nmode = \"local\"").login.mode == conf::LoginMode::Local);
}

TEST_CASE("mistakes in [login] are reported") {
  const std::string user =
      "login.user must be \"json:/POINTER\" or \"header:NAME\", where the answer names the user, "
      "not ";
  const std::string sign_in =
      "login.sign_in_url must be a path or an http or https URL, as in \"/login?next={return}\", "
      "not ";
  check_mistakes({
      {"[login]\nmode = \"app\"",
       {"2:8: login.mode \"app\" needs login.check_url", "2:8: login.mode \"app\" needs login.user",
        "2:8: login.mode \"app\" needs login.sign_in_url"}},
      {"[login]\nmode = \"header\"",
       {"2:8: login.mode \"header\" needs login.header",
        "2:8: login.mode \"header\" needs listen.trusted_proxies"}},
      {"[login]\nmode = \"header\"\nheader = \"X-User\"\n[listen]\ntrusted_proxies = []",
       {"2:8: login.mode \"header\" needs listen.trusted_proxies"}},
      {"[login]\nmode = \"oidc\"",
       {"2:8: login.mode must be \"local\", \"app\" or \"header\", not \"oidc\""}},
      {"[login]\ncheck_url = \"/session\"\nheader = \"X User\"",
       {"2:13: login.check_url must be an http or https URL without user name or fragment, not "
        "\"/session\"",
        "3:10: login.header must be a header field's name such as \"X-Forwarded-User\", not \"X "
        "User\""}},
      {"[login]\nuser = \"username\"", {"2:8: " + user + "\"username\""}},
      {"[login]\nuser = \"json:username\"", {"2:8: " + user + "\"json:username\""}},
      {"[login]\nuser = \"header:\"", {"2:8: " + user + "\"header:\""}},
      {"[login]\nuser = \"header:X-User\"", {}},
      {"[login]\nsign_in_url = \"login\"", {"2:15: " + sign_in + "\"login\""}},
      {"[login]\nsign_in_url = \"//evil\"", {"2:15: " + sign_in + "\"//evil\""}},
      {"[login]\nsign_in_url = \"/login?a b\"", {"2:15: " + sign_in + "\"/login?a b\""}},
      {"[login]\nsign_in_url = \"/login?{other}\"", {"2:15: " + sign_in + "\"/login?{other}\""}},
      {"[login]\nsign_in_url = \"/login\"", {}},
  });
}
