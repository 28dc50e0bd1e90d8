// What a request says about itself: how its OAuth parameters may be written, and what they must be.

#include "verify/claim.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/verify/support.h"

using namespace verify;
using namespace verify::testing;

TEST_CASE("all parameters of a header are read and decoded") {
  const Request request{
      .authorization =
          R"(OAuth realm="a%20b", oauth_consumer_key="k%21", oauth_token="t%2Bt",)"
          R"(oauth_signature_method="HMAC-SHA256",oauth_timestamp="1318622958",)"
          R"(oauth_nonce="%2b/=~", oauth_version="1.0", oauth_callback="http%3A%2F%2Fc%2f",)"
          R"(oauth_verifier="v", oauth_body_hash="h%3D", oauth_signature="s%2Bs%3D")"};
  const RequestView view = request.view();
  Workspace workspace;
  const auto claim = read_claim(view, Bounds{}, workspace);
  REQUIRE(claim.ok());
  CHECK(claim->source == Source::Header);
  CHECK(claim->client == "k!");
  CHECK(claim->token == "t+t");
  CHECK(claim->has_token());
  CHECK(claim->method == Method::HmacSha256);
  CHECK(claim->timestamp == 1318622958);
  CHECK(claim->nonce == "+/=~");
  CHECK(claim->callback == "http://c/");
  CHECK(claim->verifier == "v");
  CHECK(claim->body_hash == "h=");
  CHECK(claim->signature == "s+s=");
  CHECK(claim->realm == "a b");
}

TEST_CASE("the parameters may stand in the query or the form instead, where '+' is a space") {
  const std::string pairs = replaced(kForm, "oauth_nonce=n", "oauth_nonce=a+b%2B");
  for (const Source source : {Source::Query, Source::Form}) {
    Request request{.target = "/p?x=1"};
    if (source == Source::Query) request.target += "&" + pairs;
    if (source == Source::Form) request.form = "y=1&" + pairs;
    const RequestView view = request.view();
    Workspace workspace;
    const auto claim = read_claim(view, Bounds{}, workspace);
    REQUIRE(claim.ok());
    CHECK(claim->source == source);
    CHECK(claim->client == "k");
    CHECK(claim->nonce == "a b+");
    CHECK_FALSE(claim->realm.has_value());
  }
}

TEST_CASE("a header may be spaced, ordered and cased in many ways") {
  const std::vector<std::string> pairs = {
      R"(oauth_consumer_key="k")", R"(oauth_token="t")", R"(oauth_signature_method="HMAC-SHA1")",
      R"(oauth_timestamp="1000")", R"(oauth_nonce="n")", R"(oauth_signature="c2ln")"};
  const auto joined = [&](const std::string& start, const std::string& separator, bool reverse) {
    std::string out = start;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (i > 0) out += separator;
      out += pairs[reverse ? pairs.size() - 1 - i : i];
    }
    return out;
  };
  for (const std::string start : {"OAuth ", "oauth ", "OAUTH ", "oAuTh\t", "  OAuth   ", "OAuth,",
                                  "OAuth , ,", "OAuth realm=\"x\",", "OAuth REALM=\"\", "}) {
    for (const std::string separator : {",", ", ", " ,", " , ", ",,", ", ,\t,", "\t,\t"}) {
      for (const std::string end : {"", ",", " ", ", ", ",,", ", realm=\"http://sp.example/\""}) {
        const bool two_realms =
            end.size() > 3 && start.size() > 9 && start.find('"') != std::string::npos;
        if (two_realms) continue;
        const Request request{.authorization = joined(start, separator, end.size() % 2 == 0) + end};
        CAPTURE(*request.authorization);
        CHECK(reason(request) == std::nullopt);
      }
    }
  }
  Request spaced{.authorization =
                     replaced(kHeader, "oauth_nonce=\"n\"", "oauth_nonce \t= \t\"n\" ")};
  CHECK(reason(spaced) == std::nullopt);
}

TEST_CASE("a header that does not parse is refused at the byte where it stops") {
  struct Row {
    std::string field;
    std::size_t at;
  };
  const Row rows[] = {
      {"OAuth abc", 9},
      {"OAuth a=", 8},
      {"OAuth a=b", 8},
      {"OAuth a='b'", 8},
      {"OAuth =\"b\"", 6},
      {"OAuth \"b\"", 6},
      {"OAuth a=\"b", 10},
      {"OAuth a=\"b\" c=\"d\"", 12},
      {"OAuth a=\"b\"c", 11},
      {"OAuth a=\"b\"; c=\"d\"", 11},
      {"OAuth a b=\"c\"", 8},
      {"OAuth a=\"b\", Basic QQ==", 19},
      {"OAuth realm=\"a\\\"", 16},
      {"OAuth a=\"b\\\"c\"", 12},
      {"OAuth a,b=\"c\"", 7},
      {"OAuth a==\"c\"", 8},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    const auto reject = refusal(Request{.authorization = row.field});
    REQUIRE(reject.has_value());
    CHECK(reject->reason == Reason::AuthorizationMalformed);
    CHECK(reject->detail == "at byte " + std::to_string(row.at));
  }
}

TEST_CASE("cut off anywhere, a header is refused") {
  for (std::size_t size = 0; size < kHeader.size(); ++size) {
    CAPTURE(size);
    CHECK(reason(Request{.authorization = kHeader.substr(0, size)}).has_value());
  }
  CHECK(reason(Request{.authorization = kHeader}) == std::nullopt);
}

TEST_CASE("a realm may hold anything, quoted pairs and bad escapes too") {
  for (const std::string realm :
       {"", "http://sp.example/", "100%", "%zz", "a\\\"b", "a\\\\", "a, b=c", "\xc3\xa9"}) {
    CAPTURE(realm);
    CHECK(reason(Request{.authorization = kHeader + ", realm=\"" + realm + "\""}) == std::nullopt);
  }
}

TEST_CASE("without OAuth parameters there are no credentials") {
  const Request rows[] = {
      {},
      {.authorization = ""},
      {.authorization = "Bearer abc"},
      {.authorization = "Basic QWxhZGRpbg=="},
      {.authorization = "OAuth2 abc"},
      {.authorization = "OAuthx"},
      {.authorization = "OAut"},
      {.target = "/?a=b&oauth=1&xoauth_token=1", .form = "OAUTH_TOKEN=1"},
      // How the rest is spelled is then nobody's business here.
      {.target = "/?100%", .form = "%zz=1"},
      {.target = "/?100%", .authorization = "Bearer %"},
  };
  for (const Request& request : rows) {
    CAPTURE(request.target);
    CHECK(reason(request) == Reason::CredentialsAbsent);
  }
}

TEST_CASE("a protocol parameter may stand once") {
  for (const std::string name :
       {"oauth_consumer_key", "oauth_token", "oauth_signature_method", "oauth_signature",
        "oauth_timestamp", "oauth_nonce", "oauth_version", "oauth_callback", "oauth_verifier",
        "oauth_body_hash", "oauth_new"}) {
    CAPTURE(name);
    const std::string pair = ", " + name + "=\"1.0\"";
    const auto in_header = refusal(Request{.authorization = kHeader + pair + pair});
    REQUIRE(in_header.has_value());
    CHECK(in_header->reason == Reason::ParameterDuplicate);
    CHECK(in_header->detail == name);
    const std::string query = "/?" + kForm + "&" + name + "=1&" + name;
    CHECK(reason(Request{.target = query}) == Reason::ParameterDuplicate);
  }
  CHECK(reason(Request{.authorization = kHeader + R"(, realm="a", Realm="b")"}) ==
        Reason::ParameterDuplicate);
  CHECK(reason(Request{.authorization = kHeader + R"(, oauth%5Fnonce="n")"}) ==
        Reason::ParameterDuplicate);
  CHECK(reason(Request{.authorization = kHeader + R"(, oauth_a="1", oauth_b="1")"}) ==
        std::nullopt);
  CHECK(reason(Request{.target = "/?a=1&a=1&a", .authorization = kHeader}) == std::nullopt);
}

TEST_CASE("what is mandatory is named when it is missing") {
  struct Row {
    std::string without, detail;
  };
  const Row rows[] = {{R"(oauth_consumer_key="k")", "oauth_consumer_key"},
                      {R"(oauth_signature_method="HMAC-SHA1")", "oauth_signature_method"},
                      {R"(oauth_signature="c2ln")", "oauth_signature"},
                      {R"(oauth_timestamp="1000")", "oauth_timestamp"},
                      {R"(oauth_nonce="n")", "oauth_nonce"}};
  for (const Row& row : rows) {
    CAPTURE(row.detail);
    const auto reject = refusal(Request{.authorization = replaced(kHeader, row.without, "")});
    REQUIRE(reject.has_value());
    CHECK(reject->reason == Reason::ParameterAbsent);
    CHECK(reject->detail == row.detail);
  }
  const auto all = refusal(Request{.authorization = "OAuth"});
  REQUIRE(all.has_value());
  CHECK(all->detail ==
        "oauth_consumer_key&oauth_signature_method&oauth_signature&oauth_timestamp&oauth_nonce");
  CHECK(reason(Request{.authorization = "OAuth realm=\"x\""}) == Reason::ParameterAbsent);
}

TEST_CASE("PLAINTEXT may come without both timestamp and nonce, but not without one of them") {
  const std::string plaintext = replaced(kHeader, "HMAC-SHA1", "PLAINTEXT");
  const std::string no_nonce = replaced(plaintext, R"(oauth_nonce="n")", "");
  CHECK(reason(Request{.authorization = plaintext}) == std::nullopt);
  CHECK(reason(Request{.authorization = no_nonce}) == Reason::ParameterAbsent);
  CHECK(reason(Request{.authorization = replaced(no_nonce, R"(oauth_timestamp="1000")", "")}) ==
        std::nullopt);
}

TEST_CASE("the version may be missing, and is 1.0 otherwise") {
  CHECK(reason(Request{.authorization = kHeader + R"(, oauth_version="1.0")"}) == std::nullopt);
  CHECK(reason(Request{.authorization = kHeader + R"(, oauth_version="1%2E0")"}) == std::nullopt);
  for (const std::string version : {"", "1", "1.0a", "2.0", "1.00", " 1.0"}) {
    CHECK(reason(Request{.authorization = kHeader + ", oauth_version=\"" + version + "\""}) ==
          Reason::VersionRejected);
  }
}

TEST_CASE("a signature method that nobody knows is refused, in its exact case") {
  for (const std::string method : {"", "hmac-sha1", "HMAC-SHA224", "HMAC-SHA1 "}) {
    CHECK(reason(Request{.authorization = replaced(kHeader, "HMAC-SHA1", method)}) ==
          Reason::MethodRejected);
  }
  for (const std::string method : {"HMAC-SHA512", "RSA-SHA1", "PLAINTEXT"}) {
    CHECK(reason(Request{.authorization = replaced(kHeader, "HMAC-SHA1", method)}) == std::nullopt);
  }
}

TEST_CASE(
    "keys, tokens, nonces and timestamps have bounds, and the last that is taken is at the bound") {
  const std::string most(255, 'x'), more(256, 'x');
  struct Row {
    std::string name, value;
    bool taken;
  };
  std::vector<Row> rows;
  for (const std::string name : {"oauth_consumer_key=\"k", "oauth_token=\"t", "oauth_nonce=\"n"}) {
    rows.push_back({name, most, true});
    rows.push_back({name, more, false});
    rows.push_back({name, "%7E%21", true});
  }
  for (const std::string name : {"oauth_consumer_key=\"k", "oauth_token=\"t"}) {
    for (const std::string bad : {"%20", "a%20b", "%7F", "%C3%A9", "%00", "\xe9", "a b"}) {
      rows.push_back({name, bad, false});
    }
  }
  rows.push_back({"oauth_consumer_key=\"k", "", false});
  rows.push_back({"oauth_token=\"t", "", true});
  rows.push_back({"oauth_nonce=\"n", "", false});
  rows.push_back({"oauth_nonce=\"n", "%20%00%C3%A9", true});
  const std::string time = "oauth_timestamp=\"1000";
  for (const std::string good :
       {"1", "0000000001", "9999999999", "10000000000", "9223372036854775807"}) {
    rows.push_back({time, good, true});
  }
  for (const std::string bad : {"", "0", "-1", "+1", "%2B1", " 1", "1 ", "1.0", "1e3", "0x10",
                                "1000a", "9223372036854775808", "99999999999999999999"}) {
    rows.push_back({time, bad, false});
  }
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.value);
    const std::string start = row.name.substr(0, row.name.find('"') + 1);
    const auto reject =
        refusal(Request{.authorization = replaced(kHeader, row.name, start + row.value)});
    REQUIRE(reject.has_value() == !row.taken);
    if (!row.taken) {
      CHECK(reject->reason == Reason::ParameterMalformed);
      CHECK(reject->detail == row.name.substr(0, row.name.find('=')));
    }
  }
}

TEST_CASE("an empty token is present and no token") {
  Request request{.authorization = replaced(kHeader, "\"t\"", "\"\"")};
  const RequestView view = request.view();
  Workspace workspace;
  auto claim = read_claim(view, Bounds{}, workspace);
  REQUIRE(claim.ok());
  CHECK(claim->token == "");
  CHECK_FALSE(claim->has_token());

  Request none{.authorization = replaced(kHeader, "oauth_token=\"t\"", "")};
  const RequestView none_view = none.view();
  claim = read_claim(none_view, Bounds{}, workspace);
  REQUIRE(claim.ok());
  CHECK_FALSE(claim->token.has_value());
  CHECK_FALSE(claim->has_token());
}

TEST_CASE("a bad escape is refused in any parameter of a request with credentials") {
  const Request rows[] = {
      {.target = "/?name=%", .authorization = kHeader},
      {.target = "/?name=%4", .authorization = kHeader},
      {.target = "/?a=b&name=%g0&c", .authorization = kHeader},
      {.authorization = kHeader, .form = "name=%zz"},
      {.authorization = kHeader + R"(, name="%")"},
      {.target = "/?name=%zz&" + kForm},
  };
  for (const Request& request : rows) {
    CAPTURE(request.target);
    const auto reject = refusal(request);
    REQUIRE(reject.has_value());
    CHECK(reject->reason == Reason::ParameterMalformed);
    CHECK(reject->detail == "name");
  }
  CHECK(reason(Request{.target = "/?%zz", .authorization = kHeader}) == Reason::ParameterMalformed);
  CHECK(reason(Request{.authorization = replaced(kHeader, "c2ln", "c2%ln")}) ==
        Reason::ParameterMalformed);
  const std::string long_name(1000, 'x');
  CHECK(refusal(Request{.target = "/?" + long_name + "=%", .authorization = kHeader})
            ->detail.size() == 64);
}

TEST_CASE("parameters are taken up to the bound, from header, query and form together") {
  // The header has six.
  const Request six{.authorization = kHeader};
  CHECK(reason(six, Bounds{.parameters = 6}) == std::nullopt);
  CHECK(reason(six, Bounds{.parameters = 5}) == Reason::ParameterTooMany);
  const Request nine{.target = "/?a&b=1", .authorization = kHeader, .form = "c=d"};
  CHECK(reason(nine, Bounds{.parameters = 9}) == std::nullopt);
  CHECK(reason(nine, Bounds{.parameters = 8}) == Reason::ParameterTooMany);
  const Request realm{.authorization = kHeader + ", realm=\"r\""};
  CHECK(reason(realm, Bounds{.parameters = 7}) == std::nullopt);
  CHECK(reason(realm, Bounds{.parameters = 6}) == Reason::ParameterTooMany);
  // Empty pieces are no parameters.
  const Request empty{.target = "/?&&&", .authorization = kHeader, .form = "&&"};
  CHECK(reason(empty, Bounds{.parameters = 6}) == std::nullopt);
  // Credentials might stand beyond the bound.
  CHECK(reason(Request{.target = "/?a&b"}, Bounds{.parameters = 1}) == Reason::ParameterTooMany);
  CHECK(reason(Request{.target = "/?a"}, Bounds{.parameters = 0}) == Reason::ParameterTooMany);
}

TEST_CASE("a workspace that read one request reads the next as if it were new") {
  Workspace workspace;
  const Request big{.target = "/?" + std::string(20000, '+') + "&a=%20", .authorization = kHeader};
  const Request bad{.target = "/?oauth_token=%", .authorization = kHeader};
  const Request small{.authorization = kHeader};
  for (const Request* request : {&big, &small, &bad, &small, &big}) {
    const RequestView view = request->view();
    const auto claim = read_claim(view, Bounds{}, workspace);
    CHECK(claim.ok() == (request != &bad));
    if (claim.ok()) CHECK(base_string(view, *claim, workspace) == base_of(*request));
  }
}
