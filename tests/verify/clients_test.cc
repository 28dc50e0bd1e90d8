// Habits of client libraries seen on the wire. Each row has the base string that such a client
// signs, written out; a client that follows RFC 5849 is accepted, one that does not is refused.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/verify/clients.h"
#include "verify/crypto.h"
#include "verify/percent.h"

using namespace verify;
using namespace verify::testing;

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
      {"a form sent with DELETE, beside a query",
       {.method = "DELETE", .target = "/?a=2", .authorization = kField, .form = "a=1"},
       "DELETE&" + kHost + "%2F&a%3D1%26a%3D2%26" + kOwn},
      {"a form media type and no body", {.authorization = kField, .form = ""}, root + kOwn},
      {"a '?' and nothing behind it", {.target = "/?", .authorization = kField}, root + kOwn},
      {"'&' at the ends and in a row",
       {.target = "/?&a=1&&b=2&", .authorization = kField, .form = "&"},
       root + "a%3D1%26b%3D2%26" + kOwn},
      {"no path", {.target = "?a", .authorization = kField}, root + "a%3D%26" + kOwn},
      {"bytes of UTF-8 left raw",
       {.target = "/\xc3\xa9?a=\xc3\xa9", .authorization = kField},
       "GET&" + kHost + "%2F%C3%A9&a%3D%25C3%25A9%26" + kOwn},
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
      {"a realm in the middle, empty",
       {.authorization = with(kField, "oauth_token", "realm=\"\", oauth_token")},
       root + kOwn},
      {"a realm in the form is a parameter",
       {.authorization = kField, .form = "realm=r"},
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
      {"the scheme in lower case, and commas at both ends",
       {.authorization = with(kField, "OAuth ", "oauth , ") + " ,"},
       root + kOwn},
      {"a parameter of its own in the header",
       {.authorization = kField + R"(, oauth_session="a%20b")"},
       root + with(kOwn, "%26oauth_signature_method",
                   "%26oauth_session%3Da%2520b%26oauth_signature_method")},
      {"parameters in the query beside a realm in the header",
       {.target = "/?" + kPairs, .authorization = "OAuth realm=\"r\""},
       root + kOwn},
      {"a value that is empty",
       {.authorization = kField + R"(, oauth_callback="")"},
       root + "oauth_callback%3D%26" + kOwn},
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
      {"HMAC-SHA512",
       {.authorization = with(kField, "SHA1", "SHA512")},
       root + with(kOwn, "SHA1", "SHA512")},
      {"parameters in the query beside another scheme than OAuth",
       {.target = "/?" + kPairs, .authorization = "Basic b2F1dGhfdG9rZW49dA=="},
       root + kOwn},
  };
  for (const Row& row : rows) {
    CAPTURE(row.habit);
    CHECK(outcome(row) == std::nullopt);
    CHECK(outcome(row, "cs&tx") == Reason::SignatureInvalid);
  }
}

TEST_CASE("the signature may stand anywhere among the parameters") {
  const std::string base = "GET&" + kHost + "%2F&" + kOwn;
  const std::string signature =
      percent_encode(to_base64(HmacKey(Hash::Sha1, "cs&ts").sign(base).view()));
  for (const std::string name : {"oauth_consumer_key", "oauth_timestamp", "oauth_nonce"}) {
    const Request header{.authorization =
                             with(kField, name, "oauth_signature=\"" + signature + "\"," + name)};
    CHECK(judged(header, good_keys("cs", "ts"), kNoToken) == std::nullopt);
    const Request query{.target =
                            "/?" + with(kPairs, name, "oauth_signature=" + signature + "&" + name)};
    CHECK(judged(query, good_keys("cs", "ts"), kNoToken) == std::nullopt);
  }
}

TEST_CASE("a signature is escaped in either case or not at all, but for a '+' outside a header") {
  const auto spelt = [](const std::string& signature, std::string_view escaped, bool lower) {
    std::string out;
    for (const char c : signature) {
      const bool as_is = escaped.find(c) == std::string_view::npos;
      std::string hex = as_is ? std::string(1, c) : percent_encode(std::string_view(&c, 1));
      if (lower && !as_is) hex[2] = static_cast<char>(hex[2] | 0x20);
      out += hex;
    }
    return out;
  };
  struct Row {
    std::string_view escaped;
    bool lower, in_query;
  };
  const Row rows[] = {{"+/=", false, true}, {"+/=", true, true}, {"+", false, true},
                      {"/=", false, false}, {"=", true, false},  {"", false, false}};
  int seen = 0;
  for (int i = 0; i < 500 && seen < 3; ++i) {
    const std::string nonce = "n" + std::to_string(i);
    const std::string base = "GET&" + kHost + "%2F&" + with(kOwn, "nonce%3Dn", "nonce%3D" + nonce);
    const std::string signature = to_base64(HmacKey(Hash::Sha1, "cs&ts").sign(base).view());
    if (signature.find('+') == std::string::npos || signature.find('/') == std::string::npos) {
      continue;
    }
    ++seen;
    for (const Row& row : rows) {
      const std::string text = spelt(signature, row.escaped, row.lower);
      CAPTURE(text);
      const Request header{.authorization = with(kField, "\"n\"", '"' + nonce + '"') +
                                            ", oauth_signature=\"" + text + '"'};
      CHECK(judged(header, good_keys("cs", "ts"), kNoToken) == std::nullopt);
      const Request query{.target = "/?" + with(kPairs, "nonce=n", "nonce=" + nonce) +
                                    "&oauth_signature=" + text};
      CHECK(judged(query, good_keys("cs", "ts"), kNoToken) ==
            (row.in_query ? std::nullopt : std::optional(Reason::SignatureInvalid)));
    }
  }
  CHECK(seen == 3);
}

TEST_CASE("a form is known by its media type, whatever its case and parameters") {
  for (const std::string_view type :
       {"application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded;charset=utf-8;x=\"y\"",
        "Application/X-WWW-Form-UrlEncoded", "application/x-www-form-urlencoded ;",
        " \tapplication/x-www-form-urlencoded\t ", "application/x-www-form-urlencoded;;charset",
        "application/x-www-form-urlencoded; charset=\"ISO-8859-15\"",
        "application/x-www-form-urlencoded;charset = 'Windows-1252' ; a=b",
        "application/x-www-form-urlencoded; Charset=; boundary=utf-7"}) {
    CAPTURE(type);
    CHECK(body_kind(type) == BodyKind::Form);
    CHECK(is_form(type));
  }
  for (const std::string_view type :
       {"", ";", "application/json", "multipart/form-data; b=c", "text/plain; charset=utf-16",
        "text/plain; application/x-www-form-urlencoded", "application/x-www-form",
        "application/json; profile=\"application/x-www-form-urlencoded\""}) {
    CAPTURE(type);
    CHECK(body_kind(type) == BodyKind::Other);
    CHECK_FALSE(is_form(type));
  }
}

TEST_CASE("what holds the type of a form and is not that is unclear") {
  const std::string form = "application/x-www-form-urlencoded";
  std::vector<std::string> types;
  for (const std::string more :
       {",", ", text/plain", "2", " charset=utf-8", "/", "\"", "\xa0", "\x85", "\xc2\xa0",
        "\xe2\x80\x80", "\xef\xbb\xbf", "\x01", "%", "\t,"}) {
    types.push_back(form + more);
    types.push_back(more + form);
    types.push_back(form + more + "; charset=utf-8");
  }
  for (const std::string one :
       {"text/plain, application/x-www-form-urlencoded", "APPLICATION/X-WWW-FORM-URLENCODEDx",
        "\"application/x-www-form-urlencoded\"", "application%2Fx-www-form-urlencoded",
        "application/x-url-encoded", "x-www-form-urlencoded",
        "appl\xc4\xb0"
        "cation/x-www-form-urlencoded"}) {
    types.push_back(one);
  }
  // Charsets in which '&' and '=' are other bytes, in the spellings that one parser or another
  // takes.
  for (const std::string charset :
       {"charset=utf-7", "charset=UTF-16", "charset=\"utf-7\"", "a=b; charset=utf-32le",
        "charset=cp037", "charset*=utf-8''utf-7", "charset*0=utf-7", "CHARSET = utf-7",
        "x=\"; charset=utf-7", "charset=utf-8; charset=utf-7", "charset=iso-2022-jp",
        "charset=iso-8859-1x", "charset=utf-8, utf-7", "charset=unicode_escape"}) {
    types.push_back(form + "; " + charset);
  }
  for (const std::string& type : types) {
    CAPTURE(type);
    CHECK(body_kind(type) == BodyKind::Unclear);
    CHECK_FALSE(is_form(type));
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

TEST_CASE("oauth_callback or oauth_verifier beside a header is a second place") {
  for (const std::string pair : {"oauth_callback=oob", "oauth_verifier=v"}) {
    CHECK(outcome({"", {.method = "POST", .authorization = kField, .form = pair}, ""}) ==
          Reason::ParameterSplit);
    CHECK(outcome({"", {.target = "/?" + pair, .authorization = kField}, ""}) ==
          Reason::ParameterSplit);
  }
  CHECK(outcome({"", {.target = "/?" + kPairs + "&" + kPairs}, ""}) == Reason::ParameterDuplicate);
}

TEST_CASE("where they are tolerated, these two may stand apart from the header, and no others") {
  const std::string post = "POST&" + kHost + "%2F&", get = "GET&" + kHost + "%2F&";
  const auto tolerated = [](Request request, std::string base) {
    return outcome({"", std::move(request), std::move(base)}, "cs&ts", kNoToken,
                   {.split_callback_and_verifier = true});
  };
  // twitter-api-v2 and LWP::Authen::OAuth, in the form; disconnect, in the query.
  CHECK(tolerated({.method = "POST", .authorization = kField, .form = "oauth_callback=oob"},
                  post + "oauth_callback%3Doob%26" + kOwn) == std::nullopt);
  CHECK(tolerated({.method = "POST", .authorization = kField, .form = "a=1&oauth_verifier=v"},
                  post + "a%3D1%26" + kOwn + "%26oauth_verifier%3Dv") == std::nullopt);
  CHECK(tolerated({.target = "/?oauth_verifier=v", .authorization = kField},
                  get + kOwn + "%26oauth_verifier%3Dv") == std::nullopt);
  CHECK(tolerated({.method = "POST",
                   .target = "/?oauth_verifier=v",
                   .authorization = kField,
                   .form = "oauth_callback=oob"},
                  post + "oauth_callback%3Doob%26" + kOwn + "%26oauth_verifier%3Dv") ==
        std::nullopt);
  // They are signed there as anywhere.
  CHECK(tolerated({.target = "/?oauth_verifier=v", .authorization = kField}, get + kOwn) ==
        Reason::SignatureInvalid);

  const std::string both = kField + R"(, oauth_verifier="v")";
  CHECK(tolerated({.target = "/?oauth_verifier=v", .authorization = both}, "") ==
        Reason::ParameterDuplicate);
  CHECK(tolerated(
            {.target = "/?oauth_verifier=v", .authorization = kField, .form = "oauth_verifier=v"},
            "") == Reason::ParameterDuplicate);
  for (const std::string more : {"oauth_version=1.0", "oauth_x=1", "oauth_token=t"}) {
    CAPTURE(more);
    CHECK(tolerated({.target = "/?oauth_verifier=v&" + more, .authorization = kField}, "") ==
          Reason::ParameterSplit);
    CHECK(tolerated({.target = "/?" + more + "&oauth_verifier=v", .authorization = kField}, "") ==
          Reason::ParameterSplit);
  }
  // Beside a header alone.
  CHECK(tolerated({.method = "POST", .target = "/?" + kPairs, .form = "oauth_verifier=v"}, "") ==
        Reason::ParameterSplit);
  CHECK(tolerated({.method = "POST", .target = "/?oauth_verifier=v", .form = kPairs}, "") ==
        Reason::ParameterSplit);
}

TEST_CASE("the parameter that is named as misplaced is one that may not stand apart") {
  const Request request{.target = "/?oauth_verifier=v&oauth_x=1", .authorization = kHeader};
  CHECK(refusal(request, {.split_callback_and_verifier = true})->detail == "oauth_x");
}
