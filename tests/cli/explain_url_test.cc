// portcullis explain: which URL counts.

#include "gateway/cli/explain.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/cli/explain_desk.h"

using tests::base;
using tests::Desk;
using tests::dump;
using tests::field;
using tests::has;
using tests::Ran;

TEST_CASE("which URL counts is said, and why") {
  struct Row {
    std::string listen, request_scheme, because;
  };
  const Row rows[] = {
      {"external_url = \"https://api.example.com/v1\"", "https://api.example.com/v1",
       "listen.external_url has it"},
      {"external_url = [\"https://other.example\", \"http://api.example.com\"]",
       "http://api.example.com", "listen.external_url has it"},
      {"", "http://api.example.com", "the listener is plain HTTP (listen.external_url is not set)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.listen);
    Desk desk;
    const Ran ran =
        desk.http(dump("/x", field(base(row.request_scheme + "/x"))), desk.configure(row.listen));
    CHECK(has(ran.out, "GET " + row.request_scheme + "/x\n"));
    CHECK(has(ran.out, row.because));
    CHECK(ran.out.starts_with("The signature is right"));
  }
}

TEST_CASE("another URL that the client may have meant is named") {
  Desk desk;
  const std::string two =
      desk.configure("external_url = [\"https://api.example.com\", \"https://b.example/v2\"]");
  const Ran other = desk.http(dump("/x", field(base("https://b.example/v2/x"))), two);
  CHECK(has(other.out, "another listen.external_url than the one of this Host"));
  const Ran forwarded =
      desk.http(dump("/x", field(base("https://front.example/x")),
                     "X-Forwarded-Proto: http, https\r\nX-Forwarded-Host: front.example\r\n"),
                desk.configure(""));
  CHECK(has(forwarded.out, "listen.trusted_proxies"));
  CHECK(has(forwarded.out, "\"https://front.example/x\""));
  const Ran called =
      desk.curl("curl https://api.example.com/x -H '" +
                    ("Authorization: " + field(base("https://api.example.com/x"))) + "'",
                desk.configure(""));
  CHECK(has(called.out, "https"));
  CHECK(called.code == 0);
}

TEST_CASE("a curl command's URL is the one that clients call, prefix and all") {
  Desk desk;
  const std::string authorization = field(base("https://api.example.com/v1/x"));
  const Ran ran =
      desk.curl("curl -H 'Authorization: " + authorization + "' 'https://api.example.com/v1/x'",
                desk.external("https://api.example.com/v1", "path = \"/x\"\n"));
  CHECK(ran.out.starts_with("The signature is right, and nothing"));
  CHECK(has(ran.out, "GET https://api.example.com/v1/x\n"));
  CHECK(has(ran.out, "/x (line"));
}

TEST_CASE("with a store alone, the request says what its URL is, and both schemes are tried") {
  Desk desk;
  for (const std::string scheme : {"https", "http"}) {
    CAPTURE(scheme);
    const std::string authorization = field(base(scheme + "://api.example.com/x"));
    const Ran ran = desk.by_store("--http", dump("/x", authorization));
    CHECK(ran.code == 0);
    CHECK(ran.out.starts_with("The signature is right"));
    CHECK(has(ran.out, "GET " + scheme + "://api.example.com/x\n"));
    CHECK(has(ran.out,
              scheme == "http" ? "http fits the signature better" : "https is taken for granted"));
    CHECK(has(ran.out, "Without --config the routes are not known"));
    const Ran curl = desk.by_store("--curl", "curl -H 'Authorization: " + authorization + "' " +
                                                 scheme + "://api.example.com/x");
    CHECK(curl.out.starts_with("The signature is right"));
  }
  // Neither scheme is blamed beside what is wrong.
  for (const std::string scheme : {"https", "http"}) {
    const Ran slip = desk.by_store("--http", dump("/x", field(base(scheme + "://api.example.com/x"),
                                                              "client+secret&token/secret")));
    CHECK(slip.code == 0);
    CHECK(has(slip.out, "The secrets went into the key as they are"));
    CHECK_FALSE(has(slip.out, "The URL was signed with"));
  }
  const Ran wrong = desk.by_store("--http", dump("/x", field(base("http://other/x"))));
  CHECK(wrong.code == 1);
  CHECK(has(wrong.out, "https is taken for granted"));
}
