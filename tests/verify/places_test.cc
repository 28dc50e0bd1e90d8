// Where a request's OAuth parameters may stand, and what else may stand beside them.

#include <doctest/doctest.h>

#include <string>

#include "tests/verify/support.h"
#include "verify/claim.h"

using namespace verify;
using namespace verify::testing;

TEST_CASE("OAuth parameters in two places are refused, whatever they are") {
  const Request rows[] = {
      {.target = "/?oauth_verifier=v", .authorization = kHeader},
      {.target = "/?oauth_unheard_of=v", .authorization = kHeader},
      {.target = "/?%6fauth_verifier=v", .authorization = kHeader},
      {.target = "/?" + kForm, .authorization = kHeader},
      {.authorization = kHeader, .form = "oauth_callback=c"},
      {.authorization = kHeader, .form = "oauth_body_hash=c"},
      {.target = "/?oauth_token=t", .form = kForm},
      {.target = "/?" + kForm, .form = "oauth_token"},
      {.target = "/?oauth_token=t", .authorization = "Bearer x", .form = kForm},
  };
  for (const Request& request : rows) {
    CAPTURE(request.target);
    CHECK(reason(request) == Reason::ParameterSplit);
  }
  CHECK(refusal(Request{.authorization = kHeader, .form = "a=b&oauth_callback=c"})->detail ==
        "oauth_callback");
}

TEST_CASE("a realm is no credential, nor is a field of another scheme") {
  for (const std::string field :
       {"OAuth", "OAuth ", "oauth , ,", "OAuth realm=\"x\"", "OAuth Realm = \"http://sp/\" ,",
        "OAuth realm=\"\"", "OAUTH REALM=\"a\\\"b\"", "Bearer x", "Basic QQ=="}) {
    CAPTURE(field);
    for (const Request& request : {Request{.target = "/?" + kForm, .authorization = field},
                                   Request{.authorization = field, .form = "a=1&" + kForm}}) {
      const RequestView view = request.view();
      Workspace workspace;
      const auto claim = read_claim(view, Bounds{}, workspace);
      REQUIRE(claim.ok());
      CHECK(claim->source == (request.form ? Source::Form : Source::Query));
      CHECK(claim->client == "k");
    }
  }
  const Request named{.target = "/?" + kForm, .authorization = "OAuth realm=\"a%20b\""};
  Workspace workspace;
  const RequestView view = named.view();
  CHECK(read_claim(view, Bounds{}, workspace)->realm == "a b");
  // It is read all the same.
  CHECK(reason({.target = "/?" + kForm, .authorization = "OAuth realm=x"}) ==
        Reason::AuthorizationMalformed);
  CHECK(reason({.target = "/?" + kForm, .authorization = "OAuth realm=\"a\", realm=\"a\""}) ==
        Reason::ParameterDuplicate);
  CHECK(reason({.target = "/?" + kForm, .authorization = "OAuth oauth_x=\"\""}) ==
        Reason::ParameterSplit);
}

TEST_CASE("OAuth parameters stand where the bounds say, or are misplaced") {
  const Request in_header{.target = "/?a=1", .authorization = kHeader, .form = "b=1"};
  const Request in_query{.target = "/?a=1&" + kForm, .authorization = "OAuth realm=\"x\""};
  const Request in_form{.target = "/?a=1", .authorization = "Bearer x", .form = "b=1&" + kForm};
  for (int allowed = 1; allowed < 8; ++allowed) {
    const Bounds bounds{.credentials = {.header = (allowed & 1) != 0,
                                        .query = (allowed & 2) != 0,
                                        .form = (allowed & 4) != 0}};
    const auto wanted = [&](int place) {
      return allowed & place ? std::nullopt : std::optional(Reason::CredentialsMisplaced);
    };
    CHECK(reason(in_header, bounds) == wanted(1));
    CHECK(reason(in_query, bounds) == wanted(2));
    CHECK(reason(in_form, bounds) == wanted(4));
    // One stray parameter is as misplaced as all of them.
    CHECK(reason({.target = "/?%6Fauth_x"}, bounds) ==
          (allowed & 2 ? Reason::ParameterAbsent : Reason::CredentialsMisplaced));
    CHECK(reason({.target = "/?a=1", .form = "b=1"}, bounds) == Reason::CredentialsAbsent);
  }
  CHECK(refusal(in_query, {.credentials = {.query = false}})->detail == "oauth_consumer_key");
}

TEST_CASE("where credentials may not stand in a query, a form that has them has no raw ';'") {
  const Bounds forms{.credentials = {.header = false, .query = false}};
  const Bounds no_query{.credentials = {.query = false}};
  for (const std::string& form : {"a=1;b=2&" + kForm, kForm + ";", ";&" + kForm, kForm + "&a;b"}) {
    CAPTURE(form);
    for (const Bounds& bounds : {forms, no_query}) {
      const auto reject = refusal({.form = form}, bounds);
      REQUIRE(reject.has_value());
      CHECK(reject->reason == Reason::FormUnclear);
      CHECK(reject->detail == ";");
    }
    CHECK(reason({.form = form}) == std::nullopt);
  }
  CHECK(reason({.form = "a=1%3Bb=2&" + kForm}, forms) == std::nullopt);
  // Who signs by a header made the form himself.
  CHECK(reason({.authorization = kHeader, .form = "a=1;b=2"}, no_query) == std::nullopt);
  CHECK(reason({.form = "a=1;b=2"}, forms) == Reason::CredentialsAbsent);
}

TEST_CASE("the Authorization field has OAuth's parameters alone, unless it is passed on") {
  for (const std::string name : {"a", "status", "OAUTH_token", "xoauth_requestor_id", "oauth",
                                 "re%61lm", "%6Fauth", "realm2", "OAuth_nonce"}) {
    CAPTURE(name);
    for (const std::string value : {"", "1"}) {
      const std::string pair = name + "=\"" + value + '"';
      const Request rows[] = {{.authorization = kHeader + ", " + pair},
                              {.authorization = replaced(kHeader, "OAuth ", "OAuth " + pair + ',')},
                              {.target = "/?" + kForm, .authorization = "OAuth " + pair},
                              {.authorization = "OAuth realm=\"x\", " + pair, .form = kForm}};
      for (const Request& request : rows) {
        CHECK(reason(request) == Reason::ParameterForeign);
        CHECK(reason(request, {.authorization_passed_on = true}) == std::nullopt);
      }
      CHECK(reason({.authorization = "OAuth " + pair}) == Reason::ParameterForeign);
      CHECK(reason({.authorization = "Bearer " + pair}) == Reason::CredentialsAbsent);
    }
  }
  CHECK(refusal({.authorization = kHeader + ", st%61tus=\"1\""})->detail == "status");
  for (const std::string name : {"oauth_x", "oauth_session", "%6Fauth_x", "oauth_"}) {
    CHECK(reason({.authorization = kHeader + ", " + name + "=\"1\""}) == std::nullopt);
  }
}
