// What clients do differently from RFC 5849, one thing at a time: each row is signed in that way,
// the base string written out, and explain names it first.

#include <doctest/doctest.h>

#include <string>

#include "tests/verify/explain.h"

using namespace verify;
using namespace verify::testing;

namespace {

const std::string kRoot = "GET&" + kHost + "%2F&";
const std::string kPost = "POST&" + kHost + "%2F&";

struct Named {
  std::string name;
  Case c;
};

void check(const Named& row) {
  CAPTURE(row.name);
  CAPTURE(row.c.base);
  const Explanation explanation = explained(row.c);
  CHECK(named(explanation) == row.name);
  CHECK(explanation.cause_found());
  for (const NearMiss& miss : explanation.near_misses) {
    CHECK(miss.signature_fits);
    CHECK(miss.base_string == row.c.base);
    for (const Edit& change : miss.changes) CHECK(change.sentence.ends_with('.'));
  }
  CHECK(said(explanation).find(kClientSecret) == std::string::npos);
  CHECK(said(explanation).find(kTokenSecret) == std::string::npos);
}

std::string own_with(std::string_view from, std::string_view to) { return with(kOwn, from, to); }
std::string field_with(std::string_view from, std::string_view to) {
  return with(kField, from, to);
}

}  // namespace

TEST_CASE("a request that is signed as RFC 5849 says is said to be right") {
  const Case c{.request = {.target = "/?a=1", .authorization = kField},
               .base = kRoot + "a%3D1%26" + kOwn};
  const Explanation explanation = explained(c);
  CHECK(named(explanation) == "right");
  CHECK(explanation.base_string == c.base);
  CHECK(explanation.findings.empty());
  CHECK(explanation.near_misses.empty());
  CHECK(explanation.cause_found());
}

TEST_CASE("what is signed with another secret has no near miss") {
  const Case c{.request = {.target = "/?a=1", .authorization = kField},
               .base = kRoot + "a%3D1%26" + kOwn,
               .key = "x&y"};
  const Explanation explanation = explained(c);
  CHECK(named(explanation) == "nothing");
  CHECK_FALSE(explanation.cause_found());
}

TEST_CASE("slips in the URL are named") {
  const Request root{.authorization = kField};
  const Request at_port{.authority = "h:8443", .authorization = kField};
  const Request deep{.path_prefix = "/base", .target = "/a%20b", .authorization = kField};
  const Named rows[] = {
      {"http", {root, "GET&http%3A%2F%2Fapi.example.com%2F&" + kOwn}},
      {"https", {{.scheme = "http", .authorization = kField}, "GET&" + kHost + "%2F&" + kOwn}},
      {"default_port_written", {root, "GET&" + kHost + "%3A443%2F&" + kOwn}},
      {"other_port_written", {root, "GET&" + kHost + "%3A80%2F&" + kOwn}},
      {"port_left_out", {at_port, "GET&https%3A%2F%2Fh%2F&" + kOwn}},
      {"host_field",
       {.request = root, .base = "GET&https%3A%2F%2Fgate%3A8080%2F&" + kOwn, .host = "Gate:8080"}},
      {"host_field_without_port",
       {.request = root, .base = "GET&https%3A%2F%2Fgate%2F&" + kOwn, .host = "Gate:8080"}},
      {"port_of_host_field",
       {.request = root, .base = "GET&" + kHost + "%3A8080%2F&" + kOwn, .host = "gate:8080"}},
      {"host_in_capitals",
       {{.authority = "Api.Example.com", .authorization = kField},
        "GET&https%3A%2F%2FApi.Example.com%2F&" + kOwn}},
      {"other_url",
       {.request = root,
        .base = "GET&http%3A%2F%2Fother%2Fv2%2F&" + kOwn,
        .other_urls = {{"http", "other", "/v2/", "Signed for other."}}}},
      {"path_prefix_left_out", {deep, "GET&" + kHost + "%2Fa%2520b&" + kOwn}},
      {"path_prefix_once",
       {{.path_prefix = "/base", .target = "/base/x", .authorization = kField},
        "GET&" + kHost + "%2Fbase%2Fx&" + kOwn}},
      {"path_front_left_out",
       {{.target = "/v1/api/x", .authorization = kField}, "GET&" + kHost + "%2Fapi%2Fx&" + kOwn}},
      {"path_decoded", {deep, "GET&" + kHost + "%2Fbase%2Fa%20b&" + kOwn}},
      {"path_encoded", {deep, "GET&" + kHost + "%2Fbase%2Fa%252520b&" + kOwn}},
      {"path_recoded",
       {{.target = "/a@b%2fc", .authorization = kField},
        "GET&" + kHost + "%2Fa%2540b%2Fc&" + kOwn}},
      {"path_parameters_left_out",
       {{.target = "/a;v=1", .authorization = kField}, "GET&" + kHost + "%2Fa&" + kOwn}},
      {"slash_left_out",
       {{.target = "/a/", .authorization = kField}, "GET&" + kHost + "%2Fa&" + kOwn}},
      {"slash_left_out", {root, "GET&" + kHost + "&" + kOwn}},
      {"slash_added",
       {{.target = "/a", .authorization = kField}, "GET&" + kHost + "%2Fa%2F&" + kOwn}},
      {"query_in_url",
       {{.target = "/a?b=1", .authorization = kField}, "GET&" + kHost + "%2Fa%3Fb%3D1&" + kOwn}},
      {"query_in_url_too",
       {{.target = "/a?b=1", .authorization = kField},
        "GET&" + kHost + "%2Fa%3Fb%3D1&b%3D1%26" + kOwn}},
      {"url_not_encoded", {root, "GET&https://api.example.com/&" + kOwn}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE("slips in the method are named") {
  const Named rows[] = {
      {"method_in_lower_case", {{.authorization = kField}, "get&" + kHost + "%2F&" + kOwn}},
      {"method_post", {{.authorization = kField}, kPost + kOwn}},
      {"method_get", {{.method = "HEAD", .authorization = kField}, kRoot + kOwn}},
      {"method_override",
       {.request = {.method = "POST", .authorization = kField},
        .base = "PURGE&" + kHost + "%2F&" + kOwn,
        .other_method = "PURGE"}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE("what was left out of the base string, or should have been, is named") {
  const Request form{
      .method = "POST", .target = "/?q=1", .authorization = kField, .form = "a=1&b=2"};
  const Request json{.method = "POST", .authorization = kField};
  const Request two{.target = "/?a=1&b=2", .authorization = kField};
  const Named rows[] = {
      {"query_left_out", {form, kPost + "a%3D1%26b%3D2%26" + kOwn}},
      {"form_left_out", {form, kPost + kOwn + "%26q%3D1"}},
      {"query_left_out, form_left_out", {form, kPost + kOwn}},
      {"form_left_out", {{.method = "POST", .form = "a=1&" + kPairs}, kPost + kOwn}},
      {"body_signed",
       {.request = json, .base = kPost + "a%3D1%26" + kOwn + "%26z%3D2", .body = "z=2&a=1"}},
      {"body_signed",
       {.request = json,
        .base = kPost + "%257B%2522a%2522%253A1%257D%3D%26" + kOwn,
        .body = R"({"a":1})"}},
      {"json_signed",
       {.request = json,
        .base = kPost + "a%2520b%3D1%252B%26" + kOwn,
        .body = R"({"a b":"1+"})",
        .members = {{"a b", "1+"}}}},
      {"parameter_left_out", {two, kRoot + "a%3D1%26" + kOwn}},
      {"parameter_left_out",
       {{.authorization = kField + R"(, oauth_callback="oob")"}, kRoot + kOwn}},
      {"realm_signed",
       {{.authorization = kField + R"(, realm="a%20b")"}, kRoot + kOwn + "%26realm%3Da%2520b"}},
      {"empty_token_left_out",
       {.request = {.authorization = field_with("\"t\"", "\"\"")},
        .base = kRoot + own_with("%26oauth_token%3Dt", "")}},
      {"empty_token_signed",
       {.request = {.authorization = field_with("oauth_token=\"t\", ", "")},
        .base = kRoot + own_with("%26oauth_token%3Dt", "%26oauth_token%3D")}},
      {"version_signed", {{.authorization = kField}, kRoot + kOwn + "%26oauth_version%3D1.0"}},
      {"signature_signed",
       {{.authorization = kField},
        kRoot + own_with("%26oauth_signature_method",
                         "%26oauth_signature%3D%26oauth_signature_"
                         "method")}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE("what was done to repeated and empty parameters is named") {
  const Request repeated{.target = "/?a=2&a=1&b=1&a=3", .authorization = kField};
  const Request empty{.target = "/?a&b=&c=1", .authorization = kField};
  const Named rows[] = {
      {"repeats_signed_once",
       {{.target = "/?a=1&a=1&a=2", .authorization = kField}, kRoot + "a%3D1%26a%3D2%26" + kOwn}},
      {"last_repeat_signed", {repeated, kRoot + "a%3D3%26b%3D1%26" + kOwn}},
      {"first_repeat_signed", {repeated, kRoot + "a%3D2%26b%3D1%26" + kOwn}},
      {"repeats_numbered",
       {repeated,
        kRoot + "a%255B0%255D%3D2%26a%255B1%255D%3D1%26a%255B2%255D%3D3%26b%3D1%26" + kOwn}},
      {"empty_values_left_out", {empty, kRoot + "c%3D1%26" + kOwn}},
      {"bare_names", {empty, kRoot + "a%26b%3D%26c%3D1%26" + kOwn}},
      {"sorted_by_name_alone", {repeated, kRoot + "a%3D2%26a%3D1%26a%3D3%26b%3D1%26" + kOwn}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE("how the parameters were sorted is named") {
  const Named rows[] = {
      {"sorted_before_encoding",
       {{.target = "/?a%C3%A9=1&az=2", .authorization = kField},
        kRoot + "az%3D2%26a%25C3%25A9%3D1%26" + kOwn}},
      {"sorted_as_joined",
       {{.target = "/?a=z&a-=0", .authorization = kField}, kRoot + "a-%3D0%26a%3Dz%26" + kOwn}},
      {"sorted_in_any_case",
       {{.target = "/?Z=1&a=2", .authorization = kField}, kRoot + "a%3D2%26" + kOwn + "%26Z%3D1"}},
      {"not_sorted",
       {{.target = "/?a=1", .authorization = kField},
        kRoot + "oauth_consumer_key%3Dk%26oauth_token%3Dt%26oauth_signature_method%3DHMAC-SHA1"
                "%26oauth_timestamp%3D1000%26oauth_nonce%3Dn%26a%3D1"}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE("how names and values were written is named") {
  const Request query{.target = "/?a%5B%5D=b%20c", .authorization = kField};
  const Request callback{.authorization = kField + R"(, oauth_callback="http%3A%2F%2Fc%2F")"};
  const Named rows[] = {
      {"plus_as_itself",
       {{.target = "/?a=1+2", .authorization = kField}, kRoot + "a%3D1%252B2%26" + kOwn}},
      {"names_not_decoded", {query, kRoot + "a%25255B%25255D%3Db%2520c%26" + kOwn}},
      {"values_not_decoded", {query, kRoot + "a%255B%255D%3Db%252520c%26" + kOwn}},
      {"parameters_not_decoded", {query, kRoot + "a%25255B%25255D%3Db%252520c%26" + kOwn}},
      {"values_encoded_twice",
       {{.target = "/?a=b+c", .authorization = kField}, kRoot + "a%3Db%252520c%26" + kOwn}},
      {"parameters_not_encoded", {query, kRoot + "a%5B%5D%3Db%20c%26" + kOwn}},
      {"values_not_encoded", {query, kRoot + "a%255B%255D%3Db%20c%26" + kOwn}},
      {"values_as_received",
       {{.target = "/?a=b%2fc+$", .authorization = kField}, kRoot + "a%3Db%252fc%2B%24%26" + kOwn}},
      {"header_not_decoded",
       {callback, kRoot + "oauth_callback%3Dhttp%25253A%25252F%25252Fc%25252F%26" + kOwn}},
      {"header_not_encoded", {callback, kRoot + "oauth_callback%3Dhttp%3A%2F%2Fc%2F%26" + kOwn}},
      {"parameters_not_encoded_as_a_whole",
       {{.target = "/?a=1", .authorization = kField},
        kRoot + "a=1&oauth_consumer_key=k&oauth_nonce=n&oauth_signature_method=HMAC-SHA1&"
                "oauth_timestamp=1000&oauth_token=t"}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE("which bytes were escaped, and how, is named") {
  const Request query{.target = "/a(1)?b=%2Fc!%20d*~", .authorization = kField};
  const std::string url = "GET&" + kHost + "%2Fa%281%29&";
  const Named rows[] = {
      {"lower_case_escapes",
       {query, "GET&https%3a%2f%2fapi.example.com%2fa%281%29&b%3d%252fc%2521%2520d%252a~%26" +
                   [] {
                     std::string own = kOwn;
                     for (std::size_t at = 0; (at = own.find("%3D", at)) != own.npos;) {
                       own.replace(at, 3, "%3d");
                     }
                     return own;
                   }()}},
      {"lower_case_escapes_in_parameters", {query, url + "b%3D%252fc%2521%2520d%252a~%26" + kOwn}},
      {"left_script", {query, "GET&" + kHost + "%2Fa(1)&b%3D%252Fc!%2520d*~%26" + kOwn}},
      {"left_script_in_parameters", {query, url + "b%3D%252Fc%21%2520d%2A~%26" + kOwn}},
      {"space_as_plus", {query, url + "b%3D%252Fc%2521%2Bd%252A~%26" + kOwn}},
      {"tilde_escaped", {query, url + "b%3D%252Fc%2521%2520d%252A%257E%26" + kOwn}},
      {"form_encoding", {query, url + "b%3D%252Fc%2521%2Bd%252A%257E%26" + kOwn}},
      {"java_encoding", {query, url + "b%3D%252Fc%2521%2Bd*%257E%26" + kOwn}},
      {"dot_net_encoding_in_parameters", {query, url + "b%3D%252fc%21%2Bd%2A%257e%26" + kOwn}},
      {"url_encoding_in_parameters", {query, url + "b%3D%2Fc%21%2520d%2A~%26" + kOwn}},
      {"slash_left_in_parameters", {query, url + "b%3D%2Fc%2521%2520d%252A~%26" + kOwn}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE("a quirk that would help is named") {
  const Request hashed{.method = "POST",
                       .authorization = kField + R"(, oauth_body_hash="2jmj7l5r/YBwk=")"};
  const Named rows[] = {
      {"raw_body_hash", {hashed, kPost + "oauth_body_hash%3D2jmj7l5r%2FYBwk%3D%26" + kOwn}},
      {"query_in_form",
       {{.method = "POST", .target = "/?a=1&b=2", .form = "a=1&b=2&" + kPairs},
        kPost + "a%3D1%26b%3D2%26" + kOwn}},
      {"crlf_fields",
       {{.method = "POST", .form = "text=a%0D%0Ab&" + kPairs}, kPost + kOwn + "%26text%3Da%250Ab"}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE(
    "with a quirk, RFC 5849's reading is right and the quirk's, and slips beside it are named") {
  QuirkSet quirks;
  quirks.add(Quirk::RawBodyHash);
  quirks.add(Quirk::CrlfFields);
  const Request launch{.method = "POST", .form = "text=a%0D%0Ab&" + kPairs};
  const std::string standard = kPost + kOwn + "%26text%3Da%250D%250Ab";
  const std::string line_feeds = kPost + kOwn + "%26text%3Da%250Ab";
  for (const std::string& base : {standard, line_feeds}) {
    const Case right{.request = launch, .base = base, .quirks = quirks};
    CHECK(named(explained(right)) == "right");
    CHECK(explained(right).base_string == base);
    const Case slip{.request = launch, .base = with(base, "https", "http"), .quirks = quirks};
    CHECK(named(explained(slip)) == "http");
  }
  // The client's own base string is compared with that of its reading.
  Case wrong_key{.request = launch, .base = line_feeds, .key = "another", .quirks = quirks};
  wrong_key.own = line_feeds;
  CHECK(explained(wrong_key).same_base_string);
  wrong_key.own = standard;
  CHECK(explained(wrong_key).same_base_string);
}

TEST_CASE("slips in the key and the hash are named") {
  const Request request{.authorization = kField};
  const std::string base = kRoot + kOwn;
  const Named rows[] = {
      {"key_not_encoded", {request, base, "c+s&t/s"}},
      {"token_secret_left_out", {request, base, "c%2Bs&"}},
      {"key_without_ampersand", {request, base, "c%2Bst%2Fs"}},
      {"key_in_wrong_order", {request, base, "t%2Fs&c%2Bs"}},
      {"client_secret_left_out", {request, base, "&t%2Fs"}},
      {"key_encoded_twice", {request, base, "c%252Bs&t%252Fs"}},
      {"client_key_as_secret", {request, base, "k&t%2Fs"}},
      {"token_as_secret", {request, base, "c%2Bs&t"}},
      {"line_end_in_secret", {request, base, "c%2Bs%0A&t%2Fs"}},
      {"line_end_in_token_secret", {request, base, "c%2Bs&t%2Fs%0A"}},
      {"token_secret_alone", {request, base, "t%2Fs&"}},
      {"hash", {.request = request, .base = base, .hash = Hash::Sha256}},
      {"key_not_encoded, hash",
       {.request = request, .base = base, .key = "c+s&t/s", .hash = Hash::Sha512}},
      {"http, key_not_encoded",
       {request, "GET&http%3A%2F%2Fapi.example.com%2F&" + kOwn, "c+s&t/s"}},
      {"http, hash",
       {.request = request,
        .base = "GET&http%3A%2F%2Fapi.example.com%2F&" + kOwn,
        .hash = Hash::Sha256}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE("two slips in the base string are named together") {
  const Request request{
      .method = "POST", .target = "/?q=1+2", .authorization = kField, .form = "a=1"};
  const Named rows[] = {
      {"http, form_left_out",
       {request, "POST&http%3A%2F%2Fapi.example.com%2F&" + kOwn + "%26q%3D1%25202"}},
      {"form_left_out, plus_as_itself", {request, kPost + kOwn + "%26q%3D1%252B2"}},
      {"http, default_port_written",
       {{.authorization = kField}, "GET&http%3A%2F%2Fapi.example.com%3A443%2F&" + kOwn}},
  };
  for (const Named& row : rows) check(row);
}

TEST_CASE("a secret that has expired is named as such") {
  const Case c{.request = {.authorization = kField}, .base = kRoot + kOwn, .key = "old&t%2Fs"};
  KnownSecrets secrets = known_secrets();
  secrets.client.push_back({secret("old"), 999});
  const Request request = signed_with(c.request, percent_encode(signature_of(c)));
  CHECK(named(explained(c, request, known_keys(), secrets)) == "expired_secret");
  secrets.client.back().expires = 1001;
  CHECK(named(explained(c, request, known_keys(), secrets)) == "right");
}
