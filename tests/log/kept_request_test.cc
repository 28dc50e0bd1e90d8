#include "gateway/log/kept_request.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

// What is kept of a refused request, and what never is.

namespace {

using gateway::http::RequestHead;
using gateway::log::KeptBytes;
using gateway::log::KeptRequest;

constexpr std::size_t kBound = 64 << 10;

KeptRequest kept(const RequestHead& head, const KeptBytes& bytes = {}, std::size_t bound = kBound) {
  return gateway::log::kept_request(head, bytes, bound);
}

RequestHead get(std::string_view target, std::vector<gateway::http::Field> fields = {}) {
  RequestHead head;
  head.method = "GET";
  head.target = target;
  head.fields = std::move(fields);
  return head;
}

// The value of the one field.
std::string field(std::string_view name, std::string_view value, bool plaintext = false) {
  const std::string dump = kept(get("/", {{name, value}}), {.plaintext = plaintext}).dump;
  const std::size_t start = dump.find("\r\n") + 2 + name.size() + 2;
  return dump.substr(start, dump.size() - 4 - start);
}

}  // namespace

TEST_CASE("a request is kept line by line as it was received") {
  RequestHead head = get("/a?b=%20c&&d", {{"Host", "h"}, {"X-Odd", "  v  "}, {"empty", ""}});
  CHECK(kept(head).dump ==
        "GET /a?b=%20c&&d HTTP/1.1\r\nHost: h\r\nX-Odd:   v  \r\nempty: \r\n\r\n");
  head = RequestHead{.method = "POST", .target = "*", .minor = 0};
  const KeptRequest post = kept(head, {.body = std::string_view("\0b", 2)});
  CHECK(post.dump == std::string("POST * HTTP/1.0\r\n\r\n\0b", 21));
  CHECK_FALSE(post.truncated);
  CHECK_FALSE(post.signed_removed);
}

TEST_CASE("fields that carry credentials keep their names alone") {
  for (const char* name :
       {"Cookie", "cookie", "Set-Cookie", "Cookie2", "X-Cookie", "Proxy-Authorization",
        "X-Authorization", "X-Auth-Token", "X-Api-Key", "X-CSRF-Token", "X-Client-Secret",
        "X-Password", "X-Session-Id", "Referer"}) {
    CAPTURE(name);
    CHECK(field(name, "open sesame") == "REMOVED");
  }
  for (const char* name :
       {"Host", "Content-Type", "X-Forwarded-Proto", "Forwarded", "User-Agent"}) {
    CAPTURE(name);
    CHECK(field(name, "a b") == "a b");
  }
}

TEST_CASE("an Authorization of another scheme keeps its scheme alone") {
  CHECK(field("Authorization", "Basic dXNlcjpwYXNz") == "Basic REMOVED");
  CHECK(field("authorization", "Bearer\topen") == "Bearer REMOVED");
  CHECK(field("Authorization", "OAuth2 open") == "OAuth2 REMOVED");
  CHECK(field("Authorization", "open") == "open REMOVED");
  CHECK(field("Authorization", "") == " REMOVED");
}

TEST_CASE("a signature that is no secret stays, and one that is goes, wherever it stands") {
  const std::string hmac = "oauth_signature=\"8PTwqyHg%2FA%3D\"";
  const std::string plain = "oauth_signature=\"cs%26ts\"";
  CHECK(field("Authorization", "OAuth a=\"1\", " + hmac) == "OAuth a=\"1\", " + hmac);
  CHECK(field("Authorization", "OAuth a=\"1\", " + hmac, true) ==
        "OAuth a=\"1\", oauth_signature=\"REMOVED\"");
  // Under any method, what isn't base64 may be the secrets.
  for (const bool plaintext : {false, true}) {
    CHECK(field("Authorization", "oauth " + plain + ", b=\"2\"", plaintext) ==
          "oauth oauth_signature=\"REMOVED\", b=\"2\"");
    CHECK(field("Authorization", "OAuth OAuth%5Fsignature=\"cs&ts\"", plaintext) ==
          "OAuth OAuth%5Fsignature=\"REMOVED\"");
    CHECK(field("Authorization", "OAuth oauth_signature=\"cs%2526\"", plaintext) ==
          "OAuth oauth_signature=\"REMOVED\"");
  }
  struct Case {
    std::string pairs, left;
    bool plaintext;
  };
  const std::array cases{
      Case{"a=1&oauth_signature=cs%26ts&b=2", "a=1&oauth_signature=REMOVED&b=2", false},
      Case{"a=1&oauth_signature=Pk%2Bx%3D", "a=1&oauth_signature=Pk%2Bx%3D", false},
      Case{"oauth_signature=Pk%2Bx%3D&a", "oauth_signature=REMOVED&a", true},
      Case{"oauth%5fsignature=cs", "oauth%5fsignature=REMOVED", true},
      Case{"oauth_signature=a%2&oauth_signature=b",
           "oauth_signature=REMOVED&oauth_signature=REMOVED", true},
      Case{"oauth_signature=&oauth_signature", "oauth_signature=&oauth_signature", true},
      Case{"", "", true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.pairs);
    CHECK(kept(get("/?" + c.pairs), {.plaintext = c.plaintext}).dump ==
          "GET /?" + c.left + " HTTP/1.1\r\n\r\n");
    const KeptRequest form =
        kept(get("/"), {.body = c.pairs, .form = true, .plaintext = c.plaintext});
    CHECK(form.dump == "GET / HTTP/1.1\r\n\r\n" + c.left);
    CHECK_FALSE(form.signed_removed);
  }
}

TEST_CASE("parameters that are secrets go, and the loss is told because they were signed") {
  for (const std::string name : {"x_auth_password", "oauth_token_secret", "oauth_consumer_secret",
                                 "PASSWORD", "user[passwd]", "client%5Fsecret", "access_token",
                                 "api_key", "APIkey", "oauth_verifier", "oauth_session_handle"}) {
    CAPTURE(name);
    const KeptRequest query = kept(get("/?x=1&" + name + "=open"));
    CHECK(query.dump == "GET /?x=1&" + name + "=REMOVED HTTP/1.1\r\n\r\n");
    CHECK(query.signed_removed);
    const KeptRequest form = kept(get("/"), {.body = name + "=open&y=2", .form = true});
    CHECK(form.dump == "GET / HTTP/1.1\r\n\r\n" + name + "=REMOVED&y=2");
    CHECK(form.signed_removed);
    const std::string value = "OAuth " + name + "=\"open\"";
    const KeptRequest header = kept(get("/", {{"Authorization", value}}));
    CHECK(header.dump.find("open") == std::string::npos);
    CHECK(header.signed_removed);
  }
  const KeptRequest others = kept(get("/?oauth_token=t&oauth_callback=c&oauth_consumer_key=k"));
  CHECK(others.dump ==
        "GET /?oauth_token=t&oauth_callback=c&oauth_consumer_key=k HTTP/1.1\r\n\r\n");
  CHECK_FALSE(others.signed_removed);
  // What is no form is no list of parameters.
  CHECK(kept(get("/"), {.body = "password=open"}).dump == "GET / HTTP/1.1\r\n\r\npassword=open");
}

TEST_CASE("an Authorization field that can't be read to its end is not kept") {
  const KeptRequest broken =
      kept(get("/", {{"Authorization", "OAuth a=\"1\", oauth_signature=cs%26ts"}}));
  CHECK(broken.dump == "GET / HTTP/1.1\r\nAuthorization: REMOVED\r\n\r\n");
  CHECK(broken.signed_removed);
}

TEST_CASE("what is longer than the bound is cut there and nowhere before") {
  const RequestHead head = get("/");
  const std::size_t own = kept(head).dump.size();
  const std::string body(kBound - own, 'b');
  CHECK_FALSE(kept(head, {.body = body}).truncated);
  const KeptRequest more = kept(head, {.body = body + "b"});
  CHECK(more.truncated);
  CHECK(more.dump.size() == kBound);
  const KeptRequest long_head = kept(get("/" + std::string(100, 'p')), {}, 50);
  CHECK(long_head.truncated);
  CHECK(long_head.dump == "GET /" + std::string(45, 'p'));
  // The cut never leaves a secret without its name.
  const std::string form = "a=1&x_auth_password=open sesame";
  for (std::size_t bound = 0; bound <= form.size(); ++bound) {
    CAPTURE(bound);
    CHECK(kept(head, {.body = form, .form = true}, bound).dump.find("open") == std::string::npos);
  }
}
