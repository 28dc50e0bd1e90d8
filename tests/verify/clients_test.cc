// Habits of client libraries seen on the wire. Each row has the base string that such a client
// signs, written out; a client that follows RFC 5849 is accepted, one that does not is refused.

#include <doctest/doctest.h>

#include <string>

#include "tests/verify/support.h"
#include "verify/crypto.h"
#include "verify/percent.h"

using namespace verify;
using namespace verify::testing;

namespace {

const std::string kHost = "https%3A%2F%2Fapi.example.com";
// The protocol parameters as they stand in a base string.
const std::string kOwn =
    "oauth_consumer_key%3Dk%26oauth_nonce%3Dn%26oauth_signature_method%3DHMAC-SHA1"
    "%26oauth_timestamp%3D1000%26oauth_token%3Dt";
// And in a header, query or form; a signature is added last.
const std::string kField =
    R"(OAuth oauth_consumer_key="k", oauth_token="t", oauth_signature_method="HMAC-SHA1", )"
    R"(oauth_timestamp="1000", oauth_nonce="n")";
const std::string kPairs =
    "oauth_consumer_key=k&oauth_token=t&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1000"
    "&oauth_nonce=n";

struct Row {
  const char* habit;
  Request request;
  std::string base;
};

// Signs what the client takes for the base string, and puts the signature where its parameters are.
std::optional<Reason> outcome(const Row& row, std::string_view key = "cs&ts") {
  Request request = row.request;
  const Hash hash = row.base.find("HMAC-SHA256") == std::string::npos ? Hash::Sha1 : Hash::Sha256;
  const std::string signature = percent_encode(to_base64(HmacKey(hash, key).sign(row.base).view()));
  if (request.authorization && request.authorization->find("oauth_nonce") != std::string::npos) {
    *request.authorization += ", oauth_signature=\"" + signature + "\"";
  } else if (request.form && request.form->find("oauth_nonce") != std::string::npos) {
    *request.form += "&oauth_signature=" + signature;
  } else {
    request.target += "&oauth_signature=" + signature;
  }
  return judged(request, good_keys("cs", "ts"), {.token = false, .realms = {}, .any_realm = false});
}

std::string with(const std::string& field, std::string_view from, std::string_view to) {
  return replaced(field, from, to);
}

}  // namespace

TEST_CASE("clients that follow the RFC are accepted, whatever their habits") {
  const std::string root = "GET&" + kHost + "%2F&";
  const Row rows[] = {
      {"path octets as sent",
       {.target = "/a%20b%2Fc;d,e@f~", .authorization = kField},
       "GET&" + kHost + "%2Fa%2520b%252Fc%3Bd%2Ce%40f~&" + kOwn},
      {"query and form decoded, '+' as a space, lower-case escapes",
       {.method = "POST", .target = "/?a=%c3%a9+1", .authorization = kField, .form = "b=%2b+2"},
       "POST&" + kHost + "%2F&a%3D%25C3%25A9%25201%26b%3D%252B%25202%26" + kOwn},
      {"names without value, repeated names",
       {.target = "/?flag&d=1&c=&d=1&d=0", .authorization = kField},
       root + "c%3D%26d%3D0%26d%3D1%26d%3D1%26flag%3D%26" + kOwn},
      {"sorted after encoding",
       {.target = "/?a1&a.b&a%20z&A&%C3%A9", .authorization = kField},
       root + "%25C3%25A9%3D%26A%3D%26a%2520z%3D%26a.b%3D%26a1%3D%26" + kOwn},
      {"raw reserved characters",
       {.target = "/?a=()*'!~@:;,$[]", .authorization = kField},
       root + "a%3D%2528%2529%252A%2527%2521~%2540%253A%253B%252C%2524%255B%255D%26" + kOwn},
      {"a form sent with PUT",
       {.method = "PUT", .authorization = kField, .form = "a=b"},
       "PUT&" + kHost + "%2F&a%3Db%26" + kOwn},
      {"a form media type and no body", {.authorization = kField, .form = ""}, root + kOwn},
      {"any other body",
       {.method = "POST", .authorization = kField},
       "POST&" + kHost + "%2F&" + kOwn},
      {"a realm first, raw",
       {.authorization = with(kField, "OAuth ", "OAuth realm=\"http://sp.example/\", ")},
       root + kOwn},
      {"a realm last, encoded",
       {.authorization = kField + ",realm=\"http%3A%2F%2Fsp.example%2F\""},
       root + kOwn},
      {"a realm in the query is a parameter",
       {.target = "/?realm=r", .authorization = kField},
       root + kOwn + "%26realm%3Dr"},
      {"a default port, left out",
       {.scheme = "http", .authority = "h:80", .authorization = kField},
       "GET&http%3A%2F%2Fh%2F&" + kOwn},
      {"another port, kept",
       {.authority = "H:8443", .authorization = kField},
       "GET&https%3A%2F%2Fh%3A8443%2F&" + kOwn},
      {"commas without spaces, another order",
       {.authorization = R"(OAuth oauth_nonce="n",oauth_timestamp="1000",oauth_token="t",)"
                         R"(oauth_signature_method="HMAC-SHA1",oauth_consumer_key="k")"},
       root + kOwn},
      {"the version",
       {.authorization = kField + ", oauth_version=\"1.0\""},
       root + kOwn + "%26oauth_version%3D1.0"},
      {"a nonce of escaped base64, and a raw '~'",
       {.authorization = with(kField, "\"n\"", "\"a%2Bb%2Fc~d%3D\"")},
       root + with(kOwn, "nonce%3Dn", "nonce%3Da%252Bb%252Fc~d%253D")},
      {"a nonce whose reserved characters stand raw",
       {.authorization = with(kField, "\"n\"", "\"a+b/c=-_\"")},
       root + with(kOwn, "nonce%3Dn", "nonce%3Da%252Bb%252Fc%253D-_")},
      {"parameters in the query",
       {.target = "/?a=1&" + kPairs + "&z=2"},
       root + "a%3D1%26" + kOwn + "%26z%3D2"},
      {"parameters in the form",
       {.method = "POST", .form = "lti=1&" + kPairs},
       "POST&" + kHost + "%2F&lti%3D1%26" + kOwn},
      {"a body hash",
       {.authorization = kField + R"(, oauth_body_hash="2jmj7l5r%2FYBwk%3D")"},
       root + "oauth_body_hash%3D2jmj7l5r%252FYBwk%253D%26" + kOwn},
      {"HMAC-SHA256",
       {.authorization = with(kField, "SHA1", "SHA256")},
       root + with(kOwn, "SHA1", "SHA256")},
  };
  for (const Row& row : rows) {
    CAPTURE(row.habit);
    CHECK(outcome(row) == std::nullopt);
    CHECK(outcome(row, "cs&tx") == Reason::SignatureInvalid);
  }
}

TEST_CASE("a client without a token signs with an empty one or with none") {
  const std::string root = "GET&" + kHost + "%2F&";
  const Row empty{
      "", {.authorization = with(kField, "\"t\"", "\"\"")}, root + with(kOwn, "%3Dt", "%3D")};
  const Row none{"",
                 {.authorization = with(kField, "oauth_token=\"t\", ", "")},
                 root + with(kOwn, "%26oauth_token%3Dt", "")};
  // The keys' token secret stays "ts": it is the caller who finds none for such a claim.
  CHECK(outcome(empty) == std::nullopt);
  CHECK(outcome(none) == std::nullopt);
  CHECK(outcome({"", none.request, empty.base}) == Reason::SignatureInvalid);
  CHECK(outcome({"", empty.request, none.base}) == Reason::SignatureInvalid);
}

TEST_CASE("clients that sign what the RFC does not say are refused") {
  const std::string root = "GET&" + kHost + "%2F&";
  const Row rows[] = {
      {"a default port, signed",
       {.scheme = "http", .authority = "h:80", .authorization = kField},
       "GET&http%3A%2F%2Fh%3A80%2F&" + kOwn},
      {"names not decoded",
       {.target = "/?a%5B%5D=1", .authorization = kField},
       root + "a%25255B%25255D%3D1%26" + kOwn},
      {"sorted before encoding",
       {.target = "/?a%C3%A9=1&az=2", .authorization = kField},
       root + "az%3D2%26a%25C3%25A9%3D1%26" + kOwn},
      {"an index for repeated names",
       {.target = "/?a=1&a=2", .authorization = kField},
       root + "a%255B0%255D%3D1%26a%255B1%255D%3D2%26" + kOwn},
      {"a form left out",
       {.method = "POST", .authorization = kField, .form = "a=1"},
       "POST&" + kHost + "%2F&" + kOwn},
      {"'+' taken for itself",
       {.target = "/?a=1+2", .authorization = kField},
       root + "a%3D1%252B2%26" + kOwn},
      {"a repeated parameter signed once",
       {.target = "/?a=1&a=1", .authorization = kField},
       root + "a%3D1%26" + kOwn},
      {"a body hash left unencoded",
       {.authorization = kField + R"(, oauth_body_hash="2jmj7l5r/YBwk=")"},
       root + "oauth_body_hash%3D2jmj7l5r%2FYBwk%3D%26" + kOwn},
      {"the header's realm, signed",
       {.authorization = kField + ", realm=\"r\""},
       root + kOwn + "%26realm%3Dr"},
      {"the path decoded",
       {.target = "/a%20b", .authorization = kField},
       "GET&" + kHost + "%2Fa%20b&" + kOwn},
      {"lower-case escapes",
       {.target = "/?a=%c3", .authorization = kField},
       root + "a%3D%25c3%26" + kOwn},
  };
  for (const Row& row : rows) {
    CAPTURE(row.habit);
    CHECK(outcome(row) == Reason::SignatureInvalid);
  }
  const std::string signed_right = "GET&http%3A%2F%2Fh%2F&" + kOwn;
  CHECK(outcome(
            {"", {.scheme = "http", .authority = "h:80", .authorization = kField}, signed_right}) ==
        std::nullopt);
}

TEST_CASE("a key without its '&', or with secrets left as they are, is another key") {
  const Row row{"",
                {.authorization = with(kField, "oauth_token=\"t\", ", "")},
                "GET&" + kHost + "%2F&" + with(kOwn, "%26oauth_token%3Dt", "")};
  CHECK(outcome(row, "cs&ts") == std::nullopt);
  CHECK(outcome(row, "csts") == Reason::SignatureInvalid);
  CHECK(outcome(row, "cs&ts&") == Reason::SignatureInvalid);
  CHECK(outcome(row, "cs%26ts") == Reason::SignatureInvalid);
}

TEST_CASE(
    "oauth_callback or oauth_verifier beside a header is a second place, and query twice is "
    "twice") {
  CHECK(outcome(
            {"", {.method = "POST", .authorization = kField, .form = "oauth_callback=oob"}, ""}) ==
        Reason::ParameterSplit);
  CHECK(outcome({"", {.target = "/?oauth_verifier=v", .authorization = kField}, ""}) ==
        Reason::ParameterSplit);
  CHECK(outcome({"", {.target = "/?" + kPairs + "&" + kPairs}, ""}) == Reason::ParameterDuplicate);
}
