#include "tests/conf/mistakes.h"

namespace {

const std::string kApi = "[[upstream]]\nname = \"api\"\nservers = [\"http://a\"]\n";

// Routes to that upstream; the first route stands on line 4.
std::vector<std::string> route_mistakes(const std::string& routes) {
  return mistakes_of(kApi + routes);
}

struct Given {
  std::string routes;
  std::vector<std::string> mistakes;
};

void check_routes(const std::vector<Given>& cases) {
  for (const Given& one : cases) {
    CAPTURE(one.routes);
    const std::vector<std::string> found = route_mistakes(one.routes);
    for (std::size_t i = 0; i < std::max(found.size(), one.mistakes.size()); ++i) {
      CHECK((i < found.size() ? found[i] : "") == (i < one.mistakes.size() ? one.mistakes[i] : ""));
    }
  }
}

std::string route(const std::string& path, const std::string& more = "") {
  return "[[route]]\npath = \"" + path + "\"\nupstream = \"api\"\n" + more + "\n";
}

const std::string kNoMore = ": some requests fit both, and neither is more exact";

}  // namespace

TEST_CASE("[[upstream]] and [[route]] are read in the order of the file") {
  const conf::Settings settings = settings_of(R"([oauth]
realms = ["email", "address"]
[[route]]
path = "/users/{id}"
hosts = ["A.example:8080"]
methods = ["GET", "M-SEARCH"]
realms = ["email"]
auth = "client"
upstream = "one"
host = "upstream"
pass_authorization = true
[[upstream]]
name = "one"
servers = ["http://127.0.0.1:9000", "https://b.example/"]
[[route]]
path = "/*"
realms_any = ["address", "email"]
upstream = "two"
[[upstream]]
name = "two"
servers = ["http://[::1]:1"]
)");
  REQUIRE(settings.upstreams.size() == 2);
  CHECK(settings.upstreams[0].name == "one");
  CHECK(settings.upstreams[0].servers == std::vector{*conf::parse_url("http://127.0.0.1:9000"),
                                                     *conf::parse_url("https://b.example")});
  CHECK(settings.upstreams[0].where.line == 12);
  CHECK(settings.upstreams[1].name == "two");
  REQUIRE(settings.routes.size() == 2);
  const conf::Route& first = settings.routes[0];
  CHECK(first.path.text == "/users/{id}");
  CHECK(first.hosts == std::vector<std::string>{"a.example:8080"});
  CHECK(first.methods == std::vector<std::string>{"GET", "M-SEARCH"});
  CHECK(first.realms == std::vector<std::string>{"email"});
  CHECK_FALSE(first.any_realm);
  CHECK(first.auth == conf::Auth::Client);
  CHECK(first.upstream == "one");
  CHECK(first.host == conf::HostSent::Upstream);
  CHECK(first.pass_authorization);
  CHECK(first.where.line == 3);
  CHECK(first.where.column == 1);
  const conf::Route& second = settings.routes[1];
  CHECK(second.realms == std::vector<std::string>{"address", "email"});
  CHECK(second.any_realm);
  CHECK(second.auth == conf::Auth::Token);
  CHECK(second.host == conf::HostSent::Received);
  CHECK_FALSE(second.pass_authorization);
}

TEST_CASE("auth takes its four words") {
  const std::pair<std::string, conf::Auth> words[] = {{"token", conf::Auth::Token},
                                                      {"client", conf::Auth::Client},
                                                      {"optional", conf::Auth::Optional},
                                                      {"none", conf::Auth::None}};
  for (const auto& [word, auth] : words) {
    CAPTURE(word);
    const auto settings = settings_of(kApi + route("/a", "auth = \"" + std::string(word) + "\""));
    CHECK(settings.routes.at(0).auth == auth);
  }
}

TEST_CASE("credentials says where OAuth parameters may stand") {
  using conf::Places;
  const std::pair<std::string, Places> cases[] = {
      {"", {true, true, true}},
      {"credentials = \"any\"", {true, true, true}},
      {"credentials = \"header\"", {true, false, false}},
      {"credentials = \"query\"", {false, true, false}},
      {"credentials = \"form\"", {false, false, true}},
      {"credentials = [\"form\"]", {false, false, true}},
      {"credentials = [\"form\", \"header\"]", {true, false, true}},
      {"credentials = [\"header\", \"query\", \"form\"]", {true, true, true}}};
  for (const auto& [line, places] : cases) {
    CAPTURE(line);
    CHECK(settings_of(kApi + route("/a", line)).routes.at(0).credentials == places);
  }
  const std::string one =
      "each of route.credentials must be \"header\", \"query\" or \"form\", not ";
  const std::string all =
      "7:15: route.credentials must be \"any\", \"header\", \"query\", \"form\", or a list of the "
      "last three, not ";
  check_routes({
      {route("/a", "credentials = \"body\""), {all + "\"body\""}},
      {route("/a", "credentials = \"Form\""), {all + "\"Form\""}},
      {route("/a", "credentials = true"), {all + "true"}},
      {route("/a", "credentials = []"), {"7:15: route.credentials must not be empty"}},
      {route("/a", "credentials = [\"any\"]"), {"7:16: " + one + "\"any\""}},
      {route("/a", "credentials = [\"form\", 1]"), {"7:24: " + one + "1"}},
      {route("/a", "credentials = [\"form\", \"form\"]"),
       {"7:24: route.credentials has \"form\" twice"}},
      {route("/a", "credentials = \"form\"\nauth = \"none\""),
       {"7:15: route.credentials means nothing on a route with auth = \"none\""}},
  });
}

TEST_CASE("mistakes in [[upstream]] are reported") {
  const std::string server =
      "each of upstream.servers must be an http or https URL without path, such as "
      "\"http://127.0.0.1:9000\", not ";
  check_mistakes({
      {"[[upstream]]", {"1:1: upstream.name is missing", "1:1: upstream.servers is missing"}},
      {"[[upstream]]\nname = \"a b\"\nservers = []",
       {"2:8: upstream.name must be a name of letters, digits, '-' and '_', not \"a b\"",
        "3:11: upstream.servers must not be empty"}},
      {"[[upstream]]\nname = \"a\"\nservers = [\"http://a/b\", \"127.0.0.1:80\", \"http://a?\"]",
       {"3:12: " + server + "\"http://a/b\"", "3:26: " + server + "\"127.0.0.1:80\"",
        "3:42: " + server + "\"http://a?\""}},
      {"[[upstream]]\nname = \"a\"\nservers = \"http://a\"",
       {"3:11: upstream.servers must be a list, not \"http://a\""}},
      {"[[upstream]]\nname = \"a\"\nserver = \"http://a\"",
       {"1:1: upstream.servers is missing",
        "3:1: unknown key \"server\" in upstream; did you mean \"servers\"?"}},
      {"[[upstream]]\nname = \"a\"\nservers = [\"http://a\"]\n[[upstream]]\nname = \"a\"\nservers "
       "= "
       "[\"http://b\"]",
       {"5:8: upstream \"a\" is already on line 1"}},
      {"[upstream]\nname = \"a\"",
       {"1:1: upstream must be tables, each headed [[upstream]], not a table"}},
      {"upstream = [1]", {"1:13: each of upstream must be a table headed [[upstream]], not 1"}},
      {"route = \"/\"", {"1:9: route must be tables, each headed [[route]], not \"/\""}},
  });
}

TEST_CASE("mistakes within a [[route]] are reported") {
  const std::string method =
      "each of route.methods must be an HTTP method in capitals such as \"GET\", not ";
  check_routes({
      {"[[route]]", {"4:1: route.path is missing", "4:1: route.upstream is missing"}},
      {"[[route]]\npath = \"/a\"\nupstream = \"apo\"",
       {"6:12: no [[upstream]] has the name \"apo\"; did you mean \"api\"?"}},
      {"[[route]]\npath = \"/a\"\nupstream = 1",
       {"6:12: route.upstream must be the name of an [[upstream]], not 1"}},
      {"[[route]]\npath = \"a\"\nupstream = \"api\"",
       {"5:8: route.path \"a\" is no path pattern: it must begin with \"/\""}},
      {route("/a*"),
       {"5:8: route.path \"/a*\" is no path pattern: '*' can only be the whole last "
        "segment, as in \"/api/*\""}},
      {"[[route]]\npath = [\"/a\"]\nupstream = \"api\"",
       {"5:8: route.path must be a path such as \"/api/*\", not a list"}},
      {route("/a", "methods = [\"get\", \"\", \"G T\", \"GET\", \"GET\"]"),
       {"7:12: " + method + "\"get\"", "7:19: " + method + "\"\"", "7:23: " + method + "\"G T\"",
        "7:37: route.methods has \"GET\" twice"}},
      {route("/a", "hosts = [\"http://a\"]"),
       {"7:10: each of route.hosts must be a host name or address, with a port if clients send "
        "one, "
        "not \"http://a\""}},
      {route("/a", "auth = \"user\""),
       {"7:8: route.auth must be \"token\", \"client\", \"optional\" or \"none\", not \"user\""}},
      {route("/a", "host = \"a.example\""),
       {"7:8: route.host must be \"received\" or \"upstream\", not \"a.example\""}},
      {route("/a", "pass_authorization = \"yes\""),
       {"7:22: route.pass_authorization must be true or false, not \"yes\""}},
      {route("/a", "realm = []"),
       {"7:1: unknown key \"realm\" in route; did you mean \"realms\"?"}},
  });
}

TEST_CASE("a mistaken upstream is reported once, not at each of its routes") {
  check_mistakes(
      {{"[[upstream]]\nname = 1\nservers = [\"http://a\"]\n[[route]]\npath = "
        "\"/a\"\nupstream = \"one\"",
        {"2:8: upstream.name must be a name of letters, digits, '-' and '_', not 1"}}});
}

TEST_CASE("a route asks for realms that the provider has, in one of two ways") {
  const std::string realms = "[oauth]\nrealms = [\"email\", \"address\"]\n";  // two lines in front
  const std::vector<Given> cases = {
      {route("/a", "realms = [\"emial\", \"q\"]"),
       {"9:11: route.realms has \"emial\", which oauth.realms lacks; did you mean \"email\"?",
        "9:20: route.realms has \"q\", which oauth.realms lacks"}},
      {route("/a", "realms_any = [\"adress\"]"),
       {"9:15: route.realms_any has \"adress\", which oauth.realms lacks; did you mean "
        "\"address\"?"}},
      {route("/a", "realms_any = []"), {"9:14: route.realms_any must not be empty"}},
      {route("/a", "realms = []"), {}},
      {route("/a", "realms = [\"email\"]\nrealms_any = [\"address\"]"),
       {"10:14: a route has realms or realms_any, not both"}},
      {route("/a", "realms = [\"email\"]\nauth = \"none\""),
       {"9:10: a route with auth = \"none\" can't ask for realms"}},
      {route("/a", "realms_any = [\"email\"]\nauth = \"none\""),
       {"9:14: a route with auth = \"none\" can't ask for realms"}},
      {route("/a", "realms = [\"email\", \"email\"]"), {"9:20: route.realms has \"email\" twice"}},
      {route("/a", "realms = [\"a b\"]"),
       {"9:11: each of route.realms must be a realm: printable ASCII without spaces, '\"' and "
        "'\\', "
        "not \"a b\""}},
      {route("/a", "realms = \"email\""), {"9:10: route.realms must be a list, not \"email\""}},
  };
  for (const Given& one : cases) {
    CAPTURE(one.routes);
    CHECK(mistakes_of(realms + kApi + one.routes) == one.mistakes);
  }
}

TEST_CASE("realms that could not be read are not held against the routes") {
  CHECK(mistakes_of("[oauth]\nrealms = [\"a b\"]\n" + kApi + route("/a", "realms = [\"x\"]"))
            .size() == 1);
}

TEST_CASE("a route cannot take a path of the provider") {
  check_routes({
      {route("/oauth/request_token"),
       {"5:8: route.path \"/oauth/request_token\" is the provider's own, "
        "oauth.request_token_path"}},
      {route("/oauth/authorize"),
       {"5:8: route.path \"/oauth/authorize\" is the provider's own, oauth.authorize_path"}},
      {route("/oauth/access_token"),
       {"5:8: route.path \"/oauth/access_token\" is the provider's own, oauth.access_token_path"}},
      {route("/oauth/errors", "hosts = [\"a\"]"),
       {"5:8: route.path \"/oauth/errors\" is the provider's own, oauth.error_uri"}},
      {route("/oauth/{x}"), {}},
      {route("/oauth/*"), {}},
      {route("/*"), {}},
      {route("/oauth/errors/"), {}},
      {route("/oauth/authorize") + "[oauth]\nauthorize_path = \"/a\"", {}},
      {route("/a") + "[oauth]\nauthorize_path = \"/a\"",
       {"5:8: route.path \"/a\" is the provider's own, oauth.authorize_path"}},
  });
}

TEST_CASE("routes that tie are refused where the later one stands") {
  check_routes({
      {route("/a/{x}") + route("/a/{y}"),
       {"9:8: route.path \"/a/{y}\" ties with \"/a/{x}\" on line 5" + kNoMore}},
      {route("/a") + route("/a") + route("/a"),
       {"9:8: route.path \"/a\" ties with \"/a\" on line 5" + kNoMore,
        "13:8: route.path \"/a\" ties with \"/a\" on line 5" + kNoMore}},
      {route("/a") + route("/a/") + route("/{x}") + route("/*") + route("/a/*"), {}},
      {route("/a/{x}/c") + route("/a/b/{y}"), {}},
      {route("/a", "methods = [\"GET\"]") + route("/a", "methods = [\"POST\"]"), {}},
      {route("/a", "methods = [\"GET\"]") + route("/a", "methods = [\"POST\", \"GET\"]"),
       {"9:8: route.path \"/a\" ties with \"/a\" on line 5" + kNoMore}},
      {route("/a", "methods = [\"GET\"]") + route("/a", "methods = [\"HEAD\"]"),
       {"9:8: route.path \"/a\" ties with \"/a\" on line 5" + kNoMore}},
      {route("/a", "methods = [\"HEAD\"]") + route("/a", "methods = [\"GET\"]"),
       {"9:8: route.path \"/a\" ties with \"/a\" on line 5" + kNoMore}},
      {route("/a") + route("/a", "methods = [\"POST\"]"),
       {"9:8: route.path \"/a\" ties with \"/a\" on line 5" + kNoMore}},
      {route("/a", "methods = []") + route("/a", "methods = []"),
       {"9:8: route.path \"/a\" ties with \"/a\" on line 5" + kNoMore}},
      {route("/a", "hosts = [\"x\"]") + route("/a"), {}},
      {route("/a", "hosts = [\"x\"]") + route("/a", "hosts = [\"y\"]"), {}},
      {route("/a", "hosts = [\"x\", \"y\"]") + route("/a", "hosts = [\"Y\"]"),
       {"9:8: route.path \"/a\" ties with \"/a\" on line 5" + kNoMore}},
  });
}
