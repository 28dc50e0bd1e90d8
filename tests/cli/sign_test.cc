// portcullis sign.

#include "gateway/cli/sign.h"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tests/cli/harness.h"
#include "tests/verify/rsa_keys.h"
#include "verify/crypto.h"
#include "verify/percent.h"
#include "verify/rsa.h"

namespace cli = gateway::cli;
using tests::has;
using tests::object;
using tests::Ran;
using tests::Shell;

namespace {

// The value of one parameter of the Authorization field, as it stands there.
std::string parameter(const std::string& field, const std::string& name) {
  const std::size_t at = field.find(name + "=\"");
  if (at == field.npos) return "none";
  const std::size_t begin = at + name.size() + 2;
  return field.substr(begin, field.find('"', begin) - begin);
}

std::string mac(const std::string& key, const std::string& base) {
  const verify::Digest digest = verify::HmacKey(verify::Hash::Sha1, key).sign(base);
  std::string out;
  for (const char c : verify::to_base64(digest.view())) {
    out += c == '+' ? "%2B" : c == '/' ? "%2F" : c == '=' ? "%3D" : std::string(1, c);
  }
  return out;
}

void add_people(Shell& shell) {
  shell.on_store({"client", "add", "--name", "n", "--key", "K", "--secret", "S"});
  shell.on_store({"user", "add", "alice"});
  shell.on_store({"token", "issue", "--client", "K", "--user", "alice", "--token", "T", "--secret",
                  "TS", "--expires", "1h"});
}

const std::vector<std::string> kGiven{"--key",   "K", "--secret",       "S",
                                      "--token", "T", "--token-secret", "TS"};

std::vector<std::string> with(std::vector<std::string> first,
                              const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

TEST_CASE("the signature is that of RFC 5849 over method, URL, parameters and form") {
  Shell shell;
  const Ran ran =
      shell.run(with({"sign", "post", "http://Example.com:80/a?b=c", "--data", "d=e+f"}, kGiven));
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(ran.out.starts_with("Authorization: OAuth oauth_consumer_key=\"K\""));
  CHECK(ran.out.find('\n') == ran.out.size() - 1);
  CHECK(parameter(ran.out, "oauth_timestamp") == "1900000000");
  CHECK(parameter(ran.out, "oauth_signature_method") == "HMAC-SHA1");
  CHECK(parameter(ran.out, "oauth_nonce").size() == 27);
  const std::string base =
      "POST&http%3A%2F%2Fexample.com%2Fa&b%3Dc%26d%3De%2520f%26oauth_consumer_key%3DK%26"
      "oauth_nonce%3D" +
      parameter(ran.out, "oauth_nonce") +
      "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1900000000%26oauth_token%3DT%26"
      "oauth_version%3D1.0";
  CHECK(parameter(ran.out, "oauth_signature") == mac("S&TS", base));
}

TEST_CASE("two signatures never share a nonce") {
  Shell shell;
  const auto nonce = [&] {
    return parameter(shell.run(with({"sign", "GET", "http://h/"}, kGiven)).out, "oauth_nonce");
  };
  CHECK(nonce() != nonce());
}

TEST_CASE("the store knows the secrets of client and token") {
  Shell shell;
  add_people(shell);
  const Ran ran =
      shell.on_store({"sign", "GET", "http://h/", "--client", "K", "--token", "T", "--json"});
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(ran.err.empty());
  const std::string field(object(ran.out).at("authorization").as_string());
  const std::string base = "GET&http%3A%2F%2Fh%2F&oauth_consumer_key%3DK%26oauth_nonce%3D" +
                           parameter(field, "oauth_nonce") +
                           "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1900000000"
                           "%26oauth_token%3DT%26oauth_version%3D1.0";
  CHECK(parameter(field, "oauth_signature") == mac("S&TS", base));
  const Ran alone = shell.on_store({"sign", "GET", "http://h/", "--client", "K"});
  CHECK(alone.code == 0);
  CHECK(parameter(alone.out, "oauth_token") == "none");
}

TEST_CASE("what the gate will refuse is signed with a note") {
  Shell shell;
  add_people(shell);
  const std::vector<std::string> sign{"sign", "GET", "http://h/", "--client", "K", "--token", "T"};
  shell.clock.now += 3599;
  CHECK(shell.on_store(sign).err.empty());
  shell.clock.now += 1;
  CHECK(has(shell.on_store(sign).err, "expired"));
  shell.on_store({"token", "revoke", "T"});
  CHECK(has(shell.on_store(sign).err, "revoked"));
  shell.on_store({"client", "disable", "K"});
  const Ran ran = shell.on_store(sign);
  CHECK(has(ran.err, "disabled"));
  CHECK(ran.code == 0);
}

TEST_CASE("a client signs as its record says, unless told otherwise") {
  Shell shell;
  shell.on_store({"client", "add", "--name", "n", "--key", "K", "--signature-method", "HMAC-SHA256",
                  "--signature-method", "HMAC-SHA1"});
  const auto method = [&](const std::vector<std::string>& more) {
    return parameter(shell.on_store(with({"sign", "GET", "http://h/", "--client", "K"}, more)).out,
                     "oauth_signature_method");
  };
  CHECK(method({}) == "HMAC-SHA256");
  CHECK(method({"--signature-method", "HMAC-SHA512"}) == "HMAC-SHA512");
}

TEST_CASE("by an RSA method a private key signs, and nobody's secret is needed") {
  using namespace verify::testing;
  Shell shell;
  const std::string file = shell.write("private.pem", kPrivate).string();
  const std::string pem = shell.write("public.pem", kPublic).string();
  shell.on_store({"client", "add", "--name", "n", "--key", "K", "--rsa-public-key", pem,
                  "--signature-method", "HMAC-SHA1", "--signature-method", "RSA-SHA256"});
  shell.on_store({"user", "add", "alice"});
  shell.on_store({"token", "issue", "--client", "K", "--user", "alice", "--token", "T"});
  struct Case {
    std::vector<std::string> who;
    std::string input, method;
    verify::Hash hash;
  };
  const std::vector<std::string> store{"--client", "K", "--store", shell.store()};
  const std::vector<std::string> given{"--key", "K"};
  for (const Case& c :
       {Case{with(store, {"--private-key", file}), "", "RSA-SHA256", verify::Hash::Sha256},
        Case{with(given, {"--private-key", "@" + file}), "", "RSA-SHA1", verify::Hash::Sha1},
        Case{with(given, {"--private-key", "-", "--signature-method", "RSA-SHA512"}), kPrivate,
             "RSA-SHA512", verify::Hash::Sha512}}) {
    const Ran ran = shell.run(with({"sign", "GET", "http://h/", "--token", "T"}, c.who), c.input);
    CAPTURE(ran.err);
    REQUIRE(ran.code == 0);
    CHECK(parameter(ran.out, "oauth_signature_method") == c.method);
    const std::string base =
        "GET&http%3A%2F%2Fh%2F&oauth_consumer_key%3DK%26oauth_nonce%3D" +
        parameter(ran.out, "oauth_nonce") + "%26oauth_signature_method%3D" + c.method +
        "%26oauth_timestamp%3D1900000000%26oauth_token%3DT%26oauth_version%3D1.0";
    std::array<unsigned char, 256> signature{};
    std::string decoded;
    REQUIRE(verify::percent_decode(parameter(ran.out, "oauth_signature"), decoded));
    REQUIRE(verify::from_base64(decoded, signature) == signature.size());
    CHECK(verify::RsaKey::parse(kPublic)->verify(c.hash, verify::digest(c.hash, base), signature));
  }
  const Ran wrong = shell.run(
      with({"sign", "GET", "http://h/", "--private-key", file, "--signature-method", "HMAC-SHA1"},
           given));
  CHECK(wrong.code == 2);
  CHECK(has(wrong.err, "not with HMAC-SHA1"));
  const Ran none = shell.on_store(
      {"sign", "GET", "http://h/", "--client", "K", "--signature-method", "RSA-SHA256"});
  CHECK(none.code == 2);
  CHECK(has(none.err, "--private-key FILE"));
  const std::string other = shell.write("no.pem", kPublic).string();
  CHECK(shell.run(with({"sign", "GET", "http://h/", "--private-key", other}, given)).code == 1);
}

TEST_CASE("PLAINTEXT is the two secrets") {
  const Ran ran =
      Shell().run(with({"sign", "GET", "https://h/", "--signature-method", "PLAINTEXT"}, kGiven));
  CHECK(parameter(ran.out, "oauth_signature_method") == "PLAINTEXT");
  CHECK(parameter(ran.out, "oauth_signature") == "S%26TS");
}

TEST_CASE("a client whose Authorization field must name a realm names it") {
  Shell shell;
  shell.on_store({"client", "add", "--name", "n", "--key", "K", "--header-realm", "a shop"});
  const Ran ran = shell.on_store({"sign", "GET", "http://h/", "--client", "K"});
  CHECK(parameter(ran.out, "realm") == "a shop");
}

TEST_CASE("a command line that doesn't say who signs what is refused") {
  struct Case {
    std::vector<std::string> arguments;
    int code;
    std::string said;
  };
  const std::vector<Case> cases{
      {{"GET", "http://h/"}, 2, "--client K"},
      {{"GET", "http://h/", "--client", "K", "--key", "K", "--secret", "S"}, 2, "--client K"},
      {{"GET", "http://h/", "--client", "K", "--secret", "S"}, 2, "go with --key"},
      {{"GET", "http://h/", "--client", "K", "--token", "T", "--token-secret", "S"}, 2, "go with"},
      {{"GET", "http://h/", "--key", "K"}, 2, "--secret"},
      {{"GET", "http://h/", "--key", "K", "--secret", "S", "--token", "T"}, 2, "go together"},
      {{"GET", "http://h/", "--key", "K", "--secret", "S", "--token-secret", "T"}, 2, "together"},
      {{"GET", "http://h/", "--key", "K", "--secret", "S", "--store", "x"}, 2, "no store"},
      {{"GET", "http://h/", "--key", "K", "--secret", "-", "--token", "T", "--token-secret", "-"},
       2,
       "only one secret"},
      {{"G T", "http://h/", "--key", "K", "--secret", "S"}, 2, "no HTTP method"},
      {{"", "http://h/", "--key", "K", "--secret", "S"}, 2, "no HTTP method"},
      {{"GET", "/x", "--key", "K", "--secret", "S"}, 2, "no URL"},
      {{"GET", "http://h/", "--key", "K", "--secret", "S", "--signature-method", "MD5"}, 2, "MD5"},
      {{"GET", "http://h/", "--key", "K", "--secret", "S", "--signature-method", "RSA-SHA1"},
       2,
       "RSA-SHA1 is signed with a private key"},
      {{"GET", "http://h/", "--key", "K", "--secret", "-", "--private-key", "-"},
       2,
       "only one secret"},
      {{"GET", "http://h/", "--key", "K", "--private-key", "/nowhere"}, 1, "can't read"},
      {{"GET", "http://h/", "--key", "K", "--private-key", "/dev/null", "--token-secret", "S"},
       2,
       "go together"},
      {{"GET", "http://h/", "--key", "K", "--secret", "S", "--data", "@/nowhere"}, 1, "can't read"},
  };
  for (const Case& c : cases) {
    const Ran ran = Shell().run(with({"sign"}, c.arguments));
    CAPTURE(ran.err);
    CHECK(ran.code == c.code);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, c.said));
  }
}

TEST_CASE("a token of another client isn't used") {
  Shell shell;
  add_people(shell);
  shell.on_store({"client", "add", "--name", "n", "--key", "L"});
  CHECK(shell.on_store({"sign", "GET", "http://h/", "--client", "L", "--token", "T"}).code == 1);
  CHECK(shell.on_store({"sign", "GET", "http://h/", "--client", "K", "--token", "X"}).code == 1);
}

TEST_CASE("a URL is cut into what is signed, byte for byte") {
  struct Case {
    std::string url, scheme, authority, target;
  };
  const std::vector<Case> cases{
      {"http://h", "http", "h", "/"},
      {"http://h?a=1", "http", "h", "/?a=1"},
      {"https://H:8443/a%2Fb/../c?x=%41&y=[1]", "https", "H:8443", "/a%2Fb/../c?x=%41&y=[1]"},
      {"http://[::1]:80/", "http", "[::1]:80", "/"},
      {"http://h/?", "http", "h", "/?"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.url);
    const auto url = cli::split_url(c.url);
    REQUIRE(url);
    CHECK(url->scheme == c.scheme);
    CHECK(url->authority == c.authority);
    CHECK(url->target == c.target);
  }
  for (const std::string url : {"", "h", "/a", "http:/h", "http://", "http:///a", "ftp://h/",
                                "http://u@h/", "http://h/#a", "http://h/a b", "http://h/\n",
                                "http://h/%zz", "http://h:x/", "http://h:9x/", "http://h/%00"}) {
    CAPTURE(url);
    CHECK(!cli::split_url(url));
  }
}

TEST_CASE("a curl command can be pasted: quoted, with method, field, body and URL") {
  struct Case {
    std::vector<std::string> arguments;
    std::string begin, end;
  };
  const std::vector<Case> cases{
      {{"GET", "http://h/a"}, "curl -X GET -H 'Authorization: OAuth ", "' http://h/a\n"},
      {{"GET", "http://h/a?b=c&d='e"}, "curl -X GET -H 'A", "' 'http://h/a?b=c&d='\\''e'\n"},
      {{"HEAD", "http://h/a"}, "curl --head -H 'A", "' http://h/a\n"},
      {{"GET", "http://h/a/../b"}, "curl -X GET --path-as-is -H 'A", " http://h/a/../b\n"},
      {{"GET", "http://h/?a[]=1"}, "curl -X GET --globoff -H 'A", " 'http://h/?a[]=1'\n"},
      {{"POST", "http://h/", "--data", "a=b c"},
       "curl -X POST -H 'A",
       "' -H 'Content-Type: application/x-www-form-urlencoded' -d 'a=b c' http://h/\n"},
      {{"POST", "http://h/", "--data", ""},
       "curl -X POST -H 'A",
       "' -H 'Content-Type: application/x-www-form-urlencoded' -d '' http://h/\n"},
  };
  for (const Case& c : cases) {
    const Ran ran = Shell().run(with(with({"sign", "--curl"}, c.arguments), kGiven));
    CAPTURE(ran.err);
    CAPTURE(ran.out);
    REQUIRE(ran.code == 0);
    CHECK(ran.out.starts_with(c.begin));
    CHECK(ran.out.ends_with(c.end));
  }
}

TEST_CASE("a form that begins with @ in its file reaches curl as it is") {
  Shell shell;
  const std::string file = shell.write("form", "@a=b\n").string();
  const Ran ran = shell.run(
      with({"sign", "POST", "http://h/", "--curl", "--json", "--data", "@" + file}, kGiven));
  REQUIRE(ran.code == 0);
  CHECK(has(std::string(object(ran.out).at("curl").as_string()), " --data-raw @a=b http://h/"));
}
