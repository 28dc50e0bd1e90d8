#include <utility>

#include "tests/conf/mistakes.h"

TEST_CASE("[listen] is read") {
  const conf::Settings settings = settings_of(R"([listen]
address = "[::1]:0"
external_url = "https://API.example.com/v1/"
hosts = ["A.example", "b.example:8080"]
trusted_proxies = ["10.0.0.0/8", "::1"]
threads = 1024
[listen.tls]
certificate = "c.pem"
key = "k.pem"
)");
  CHECK(settings.listen.address == conf::Address{"::1", 0});
  REQUIRE(settings.listen.external_url.size() == 1);
  CHECK(settings.listen.external_url[0] == conf::parse_url("https://api.example.com/v1"));
  CHECK(settings.listen.hosts == std::vector<std::string>{"a.example", "b.example:8080"});
  CHECK(settings.listen.trusted_proxies ==
        std::vector{*conf::parse_cidr("10.0.0.0/8"), *conf::parse_cidr("::1")});
  CHECK(settings.listen.threads == 1024);
  CHECK(settings.listen.tls == conf::Tls{"c.pem", "k.pem"});
}

TEST_CASE("external_url may be a list") {
  const conf::Settings settings =
      settings_of("[listen]\nexternal_url = [\"http://a\", \"https://a\", \"https://a:8443/b\"]");
  CHECK(settings.listen.external_url.size() == 3);
  CHECK(settings_of("[listen]\nexternal_url = []").listen.external_url.empty());
}

TEST_CASE("mistakes in [listen] are reported") {
  const std::string address =
      "listen.address must be an IP address and port such as \"127.0.0.1:8080\" or "
      "\"[::1]:8080\", not ";
  const std::string url = "an http or https URL without user name, query or fragment";
  const std::string hidden = "one with an '@' (it may hold a password, so it is not shown)";
  const std::string block =
      "each of listen.trusted_proxies must be an address block such as \"10.0.0.0/8\" or \"::1\", "
      "not ";
  check_mistakes({
      {"[listen]\naddress = \"localhost:80\"", {"2:11: " + address + "\"localhost:80\""}},
      {"[listen]\naddress = \"1.2.3.4:65536\"", {"2:11: " + address + "\"1.2.3.4:65536\""}},
      {"[listen]\naddress = 8080", {"2:11: " + address + "8080"}},
      {"[listen]\naddress = \"a\\u001b[2J\\n\\\"\"",
       {"2:11: " + address + "\"a\\x1b[2J\\x0a\\\"\""}},
      {"[listen]\naddress = \"\u00e9\"", {"2:11: " + address + "\"\\xc3\\xa9\""}},
      {"[listen]\nexternal_url = \"ftp://a\"",
       {"2:16: listen.external_url must be " + url + ", or a list of them, not \"ftp://a\""}},
      {"[listen]\nexternal_url = \"https://a?b\"",
       {"2:16: listen.external_url must be " + url + ", or a list of them, not \"https://a?b\""}},
      {"[listen]\nexternal_url = \"https://u:secret@a\"",
       {"2:16: listen.external_url must be " + url + ", or a list of them, not " + hidden}},
      {"[listen]\nexternal_url = true",
       {"2:16: listen.external_url must be " + url + ", or a list of them, not true"}},
      {"[listen]\nexternal_url = [\"https://a#b\", {}]",
       {"2:17: each of listen.external_url must be " + url + ", not \"https://a#b\"",
        "2:32: each of listen.external_url must be " + url + ", not a table"}},
      {"[listen]\nexternal_url = [\"https://a/x\", \"https://A:443/y\"]",
       {"2:16: listen.external_url has two paths for \"https://a\"; a request could not tell which "
        "it was sent to"}},
      {"[listen]\nexternal_url = [\"https://a\", \"https://a/\"]",
       {"2:30: listen.external_url has \"https://a/\" twice"}},
      {"[listen]\nhosts = \"a\"", {"2:9: listen.hosts must be a list, not \"a\""}},
      {"[listen]\nhosts = [\"a\", \"http://a\", \"A\"]",
       {"2:15: each of listen.hosts must be a host name or address, with a port if clients send "
        "one, "
        "not \"http://a\"",
        "2:27: listen.hosts has \"A\" twice"}},
      {"[listen]\ntrusted_proxies = [\"10.0.0.0/33\", \"localhost\", [], 1.5]",
       {"2:20: " + block + "\"10.0.0.0/33\"", "2:35: " + block + "\"localhost\"",
        "2:48: " + block + "a list", "2:52: " + block + "a float"}},
      {"[listen]\nthreads = 1025",
       {"2:11: listen.threads must be an integer from 0 to 1024, not 1025"}},
      {"[listen]\nthreads = -1",
       {"2:11: listen.threads must be an integer from 0 to 1024, not -1"}},
      {"[listen]\nthreads = 1.0",
       {"2:11: listen.threads must be an integer from 0 to 1024, not a float"}},
      {"[listen]\nthreads = 2007-12-04",
       {"2:11: listen.threads must be an integer from 0 to 1024, not a date or time"}},
      {"[listen.tls]\nkey = \"k\"", {"1:1: listen.tls.certificate is missing"}},
      {"[listen.tls]\ncertificate = \"c\"", {"1:1: listen.tls.key is missing"}},
      {"[listen.tls]\ncertificate = \"\"\nkey = 1",
       {"2:15: listen.tls.certificate must be the path of a PEM file, not \"\"",
        "3:7: listen.tls.key must be the path of a PEM file, not 1"}},
      {"[listen]\ntls = true", {"2:7: listen.tls must be a table, not true"}},
      {"listen = 1", {"1:10: listen must be a table, not 1"}},
      {"[[listen]]", {"1:1: listen must be a table, not a list"}},
  });
}

TEST_CASE("[admin], [log] and [store] are read") {
  const conf::Settings settings = settings_of(R"([admin]
address = "127.0.0.1:0"
[log]
file = "/var/log/portcullis.log"
format = "json"
level = "debug"
refusals = 0
[store]
path = "s"
map_size = "64KiB"
ledger_size = "64TiB"
)");
  CHECK(settings.admin.address == conf::Address{"127.0.0.1", 0});
  CHECK(settings.log.file == "/var/log/portcullis.log");
  CHECK(settings.log.format == conf::LogFormat::Json);
  CHECK(settings.log.level == conf::LogLevel::Debug);
  CHECK(settings.log.refusals == 0);
  CHECK(settings.store == conf::Store{"s", 65536, 64ull << 40});
}

TEST_CASE("mistakes in [admin], [log] and [store] are reported") {
  const std::string size = " must be a size of at least 64KiB such as \"1GiB\", not ";
  check_mistakes({
      {"[admin]\naddress = \"127.0.0.1:8080\"",
       {"2:11: admin.address must differ from listen.address: metrics and health are never on the "
        "public listener"}},
      {"[listen]\naddress = \"127.0.0.1:9180\"\n[admin]",
       {"2:11: admin.address must differ from listen.address: metrics and health are never on the "
        "public listener"}},
      {"[admin]\naddress = \"[::1]:1\"\n[listen]\naddress = \"[0::1]:1\"",
       {"2:11: admin.address must differ from listen.address: metrics and health are never on the "
        "public listener"}},
      {"[listen]\naddress = \"127.0.0.1:0\"\n[admin]\naddress = \"127.0.0.1:0\"", {}},
      {"[log]\nfile = \"\"\nformat = \"xml\"\nlevel = \"loud\"\nrefusals = 1000001",
       {"2:8: log.file must be the path of a file, or \"-\" for standard error, not \"\"",
        "3:10: log.format must be \"text\" or \"json\", not \"xml\"",
        "4:9: log.level must be \"debug\", \"info\", \"warn\" or \"error\", not \"loud\"",
        "5:12: log.refusals must be an integer from 0 to 1000000, not 1000001"}},
      {"[log]\nformat = false\nrefusals = 1000000",
       {"2:10: log.format must be \"text\" or \"json\", not false"}},
      {"[store]\npath = \"a\\u0000b\"\nmap_size = \"65535B\"\nledger_size = \"none\"",
       {"2:8: store.path must be the path of a folder, not \"a\\x00b\"",
        "3:12: store.map_size" + size + "\"65535B\"",
        "4:15: store.ledger_size" + size + "\"none\""}},
      {"[store]\nmap_size = 4096", {"2:12: store.map_size" + size + "4096"}},
  });
}

TEST_CASE("[headers] is read") {
  const conf::Settings settings = settings_of(R"([headers]
user = "X-User"
client = "X-Client"
realms = "X-Realms"
token = "X-Token"
strip_prefix = "X-Id"
allow_names = ["X_Trace.Id", "a~"]
)");
  CHECK(settings.headers ==
        conf::Headers{"X-User", "X-Client", "X-Realms", "X-Token", "X-Id", {"X_Trace.Id", "a~"}});
}

TEST_CASE("mistakes in [headers] are reported") {
  const std::string name = " must be a header field's name such as \"X-OAuth-User\", not ";
  check_mistakes({
      {"[headers]\nuser = \"\"\nclient = \"a b\"\nrealms = \"a:\"\ntoken = 1\nstrip_prefix = \"\"",
       {"2:8: headers.user" + name + "\"\"", "3:10: headers.client" + name + "\"a b\"",
        "4:10: headers.realms" + name + "\"a:\"", "5:9: headers.token" + name + "1",
        "6:16: headers.strip_prefix must be how header fields' names begin, such as \"X-OAuth-\", "
        "not \"\""}},
      {"[headers]\nuser = \"hOST\"",
       {"2:8: headers.user can't be \"hOST\", which HTTP itself needs"}},
      {"[headers]\ntoken = \"Content_Length\"",
       {"2:9: headers.token can't be \"Content_Length\", which HTTP itself needs"}},
      {"[headers]\nclient = \"x_oauth.user\"",
       {"2:10: headers.client and headers.user are the same header field, \"x_oauth.user\""}},
      {"[headers]\nstrip_prefix = \"Te\"",
       {"2:16: headers.strip_prefix \"Te\" would take away \"te\", which HTTP itself needs"}},
      {"[headers]\nstrip_prefix = \"c\"",
       {"2:16: headers.strip_prefix \"c\" would take away \"connection\", which HTTP itself "
        "needs"}},
      {"[headers]\nstrip_prefix = \"tea\"", {}},
  });
}

TEST_CASE("a name that backends read as one the gate sets or decides by is never allowed") {
  const auto refused = [](const std::string& name, const std::string& why) {
    return conf::Error{
        {}, "headers.allow_names can't have \"" + name + "\", which many backends read as " + why};
  };
  const std::string own = "a field that the gate itself sets, drops or decides by";
  const std::pair<std::string, std::string> cases[] = {
      {"X~OAuth~User", "one of headers.strip_prefix"},
      {"x_oauth_anything", "one of headers.strip_prefix"},
      {"HTTP_X_OAUTH_USER", "one of headers.strip_prefix"},
      {"X.Who", "\"X-Who\""},
      {"X_Login", "login.header, \"X-Login\""},
      {"SCRIPT_NAME", own},
      {"PATH_INFO", own},
      {"X_Original_URL", own},
      {"X_HTTP_Method_Override", own},
      {"X_Forwarded_Anything", own},
      {"HTTP_X_FORWARDED_FOR", own},
      {"Content_Length", own},
      {"Content_Type", own},
      {"Authorization", own},
      {"X_Request_Id", own},
      {"REMOTE_USER", own},
      {"client_ip", own},
  };
  for (const auto& [name, why] : cases) {
    CAPTURE(name);
    check_mistakes({{"[headers]\nclient = \"X-Who\"\nallow_names = [\"X_Fine\", \"" + name +
                         "\"]\n[login]\nheader = \"X-Login\"",
                     {"3:26: " + refused(name, why).sentence}}});
  }
  check_mistakes({
      {"[headers]\nallow_names = \"a_b\"",
       {"2:15: headers.allow_names must be a list, not \"a_b\""}},
      {"[headers]\nallow_names = [\"a b\", 1, \"a_b\", \"a_b\"]",
       {"2:16: each of headers.allow_names must be a header field's name such as \"X_Trace.Id\", "
        "not \"a b\"",
        "2:23: each of headers.allow_names must be a header field's name such as \"X_Trace.Id\", "
        "not 1",
        "2:33: headers.allow_names has \"a_b\" twice"}},
      {"[login]\nheader = \"host\"",
       {"2:10: login.header can't be \"host\", by which the gate itself decides"}},
      {"[login]\nheader = \"Content_Type\"",
       {"2:10: login.header can't be \"Content_Type\", by which the gate itself decides"}},
  });
}

TEST_CASE("[limits] and [timeouts] are read") {
  const conf::Settings settings = settings_of(R"([limits]
header_bytes = "1B"
target_bytes = "2KiB"
headers = 1
parameters = 1000000
form_bytes = "3MiB"
forms_bytes = "6MiB"
hashed_body_bytes = "4MiB"
hashed_bodies_bytes = "5MiB"
address_share = 3
body_bytes = "0B"
body_rate = "0B/s"
form_rate = "2KiB/s"
connections = 1
connections_per_address = 4
request_tokens = 2
[timeouts]
header = "1ms"
body = "2s"
hold = "90s"
idle = "3m"
upstream_connect = "4h"
upstream_response = "5d"
drain = "0s"
)");
  CHECK(settings.limits == conf::Limits{1, 2048, 1, 1000000, 3 << 20, 6 << 20, 4 << 20, 5 << 20, 3,
                                        0, 0, 2048, 1, 4, 2});
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  CHECK(settings.timeouts == conf::Timeouts{conf::Milliseconds(1), seconds(2), seconds(90),
                                            minutes(3), hours(4), hours(120), seconds(0)});
  CHECK(settings_of("[limits]\nbody_bytes = \"none\"").limits.body_bytes == conf::kUnlimited);
}

TEST_CASE("mistakes in [limits] and [timeouts] are reported") {
  const std::string size =
      " must be a size above zero such as \"256B\", \"32KiB\" or \"1GiB\", not ";
  const std::string count = " must be an integer from 1 to 1000000, not ";
  const std::string time =
      " must be a duration above zero such as \"500ms\", \"60s\" or \"10m\", not ";
  check_mistakes({
      {"[limits]\nheader_bytes = \"0B\"\ntarget_bytes = 1\nheaders = 0\nparameters = 1000001\n"
       "form_bytes = \"none\"\nbody_bytes = \"1\"\nbody_rate = \"256B\"\nconnections = "
       "\"1\"\nform_rate = \"1K/s\"",
       {"2:16: limits.header_bytes" + size + "\"0B\"", "3:16: limits.target_bytes" + size + "1",
        "4:11: limits.headers" + count + "0", "5:14: limits.parameters" + count + "1000001",
        "6:14: limits.form_bytes" + size + "\"none\"",
        "7:14: limits.body_bytes must be a size such as \"10MiB\", or \"none\", not \"1\"",
        "8:13: limits.body_rate must be a rate such as \"256B/s\", not \"256B\"",
        "9:15: limits.connections" + count + "\"1\"",
        "10:13: limits.form_rate must be a rate such as \"1KiB/s\", not \"1K/s\""}},
      {"[timeouts]\nheader = \"0s\"\nbody = \"never\"\nidle = 5\nupstream_connect = \"5\"\n"
       "upstream_response = \"3651d\"\ndrain = \"-1s\"\nhold = \"0s\"",
       {"2:10: timeouts.header" + time + "\"0s\"", "3:8: timeouts.body" + time + "\"never\"",
        "4:8: timeouts.idle" + time + "5", "5:20: timeouts.upstream_connect" + time + "\"5\"",
        "6:21: timeouts.upstream_response" + time + "\"3651d\"",
        "7:9: timeouts.drain must be a duration such as \"30s\", not \"-1s\"",
        "8:8: timeouts.hold" + time + "\"0s\""}},
      {"[limits]\nform_bytes = \"1025B\"\nforms_bytes = \"1KiB\"",
       {"2:14: limits.form_bytes and limits.forms_bytes leave no room for the largest form"}},
      {"[limits]\nform_bytes = \"1KiB\"\nforms_bytes = \"1KiB\"", {}},
      {"[limits]\nhashed_bodies_bytes = \"63MiB\"",
       {"2:23: limits.hashed_bodies_bytes and limits.hashed_body_bytes leave no room for the "
        "largest "
        "body"}},
      {"[limits]\nhashed_bodies_bytes = \"64MiB\"", {}},
      {"[limits]\nheaders = 9223372036854775807",
       {"2:11: limits.headers" + count + "9223372036854775807"}},
  });
}
