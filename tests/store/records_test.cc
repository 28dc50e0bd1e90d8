#include "store/records.h"

#include <array>

#include "tests/store/support.h"

namespace store {

namespace {

const std::string k255(255, 'k');
const std::string k256(256, 'k');

Client with(const std::function<void(Client&)>& edit) {
  Client out = a_client();
  edit(out);
  return out;
}
User with(const std::function<void(User&)>& edit) {
  User out = a_user();
  edit(out);
  return out;
}
Token with(const std::function<void(Token&)>& edit) {
  Token out = a_token();
  edit(out);
  return out;
}

}  // namespace

TEST_CASE("a key has 1 to 255 bytes from 0x21 to 0x7E") {
  for (const std::string& good : {std::string("k"), std::string("!"), std::string("~"), k255}) {
    CAPTURE(good);
    CHECK(is_key(good));
  }
  for (const std::string& bad : {std::string(), std::string(" "), std::string("\x7f"), k256,
                                 std::string("a b"), std::string("\xc3\xa9"), std::string(1, 0)}) {
    CAPTURE(bad);
    CHECK_FALSE(is_key(bad));
  }
}

TEST_CASE("a user's name has 1 to 255 bytes of UTF-8 without controls or spaces at the ends") {
  const std::string two(127, 'a');
  for (const std::string& good :
       {std::string("a"), std::string("J\xc3\xbcrgen M"), k255, two + "\xc3\xa9" + two.substr(1),
        std::string("\xed\x9f\xbf"), std::string("\xee\x80\x80"), std::string("\xf0\x90\x80\x80"),
        std::string("\xf4\x8f\xbf\xbf"), std::string("\xe0\xa0\x80"), std::string("\xc2\xa0")}) {
    CAPTURE(good);
    CHECK(is_user_name(good));
  }
  for (const std::string& bad : {std::string(),
                                 std::string(" a"),
                                 std::string("a "),
                                 k256,
                                 std::string("a\nb"),
                                 std::string("a\tb"),
                                 std::string(1, 0),
                                 std::string("\x7f"),
                                 std::string("\xc2\x80"),
                                 std::string("\xc2\x9f"),
                                 std::string("\x80"),
                                 std::string("\xc0\x80"),
                                 std::string("\xc1\xbf"),
                                 std::string("\xc3"),
                                 std::string("\xc3("),
                                 std::string("\xe0\x9f\xbf"),
                                 std::string("\xed\xa0\x80"),
                                 std::string("\xe2\x82"),
                                 std::string("\xf0\x8f\xbf\xbf"),
                                 std::string("\xf4\x90\x80\x80"),
                                 std::string("\xf5"),
                                 std::string("\xff")}) {
    CAPTURE(bad);
    CHECK_FALSE(is_user_name(bad));
  }
}

TEST_CASE("a realm is a scope-token of at most 255 bytes") {
  for (const std::string& good : {std::string("email"), std::string("!#[]~"), k255})
    CHECK(is_realm(good));
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\"b"),
                                 std::string("a\\b"), std::string("\x7f"), k256})
    CHECK_FALSE(is_realm(bad));
}

TEST_CASE("a client within the rules has no complaint") {
  const std::vector<Client> good{
      a_client(),
      with([](Client& c) { c.key = k255; }),
      with([](Client& c) { c.secrets[0].secret = verify::Secret(std::string(255, ' ')); }),
      with([](Client& c) { c.secrets[0].secret = verify::Secret(std::string("~")); }),
      with([](Client& c) {
        c.secrets.clear();
        c.rsa_public_keys = {{"-----BEGIN PUBLIC KEY-----\r\nAA==\n", std::nullopt}};
      }),
      with([](Client& c) { c.secrets[0].expires = 0; }),
      with([](Client& c) { c.secrets[0].expires = 253402300799; }),
      with([](Client& c) {
        c.name =
            "Gr\xc3\xbc\xc3\x9f"
            "e\n\tand more";
      }),
      with([](Client& c) {
        c.redirect_uris = {"https://a.example/cb?x=1", "oob"};
      }),
      with([](Client& c) {
        c.extra = {{"a", ""}, {"b", "c d"}};
      }),
      with([](Client& c) {
        c.realms = c.default_realms = {"email", "profile"};
      }),
      with([](Client& c) {
        c.signature_methods = {"HMAC-SHA1", "RSA-SHA512", "PLAINTEXT"};
      }),
      with([](Client& c) {
        c.secrets.resize(kMaxSecrets, c.secrets[0]);
        c.rsa_public_keys.resize(kMaxSecrets, {"P", std::nullopt});
      }),
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    CAPTURE(i);
    CHECK(record_error(good[i]).value_or("") == "");
  }
}

TEST_CASE("a client that breaks one rule has a complaint about it") {
  struct Case {
    const char* about;
    Client client;
  };
  const std::string secret256(256, 's');
  const std::vector<Case> cases{
      {"key", with([](Client& c) { c.key = ""; })},
      {"key", with([](Client& c) { c.key = k256; })},
      {"has neither", with([](Client& c) { c.secrets.clear(); })},
      {"secret", with([](Client& c) { c.secrets[0].secret = verify::Secret(); })},
      {"secret", with([&](Client& c) { c.secrets[0].secret = verify::Secret(secret256); })},
      {"secret",
       with([](Client& c) { c.secrets[0].secret = verify::Secret(std::string("\x1f")); })},
      {"secret",
       with([](Client& c) { c.secrets[0].secret = verify::Secret(std::string("\x7f")); })},
      {"years", with([](Client& c) { c.secrets[0].expires = -1; })},
      {"years", with([](Client& c) { c.secrets[0].expires = 253402300800; })},
      {"name", with([](Client& c) { c.name = "\xff"; })},
      {"name", with([](Client& c) { c.name = "a\x1b"; })},
      {"description", with([](Client& c) { c.description = "\xff"; })},
      {"redirect URI", with([](Client& c) { c.redirect_uris = {""}; })},
      {"redirect URI", with([](Client& c) { c.redirect_uris = {"https://a/ b"}; })},
      {"redirect URI", with([](Client& c) { c.redirect_uris = {"https://a/\r\nX: y"}; })},
      {"realm", with([](Client& c) {
         c.realms = {"ok", "not ok"};
       })},
      {"realm", with([](Client& c) { c.default_realms = {""}; })},
      {"RSA", with([](Client& c) {
         c.rsa_public_keys = {{"", std::nullopt}};
       })},
      {"RSA", with([](Client& c) {
         c.rsa_public_keys = {{std::string(1, 0), std::nullopt}};
       })},
      {"at most 8", with([](Client& c) { c.secrets.resize(kMaxSecrets + 1, c.secrets[0]); })},
      {"at most 8", with([](Client& c) {
         c.rsa_public_keys.resize(kMaxSecrets + 1, {"P", std::nullopt});
       })},
      {"signature method", with([](Client& c) { c.signature_methods = {"hmac-sha1"}; })},
      {"extra", with([](Client& c) {
         c.extra = {{"", "x"}};
       })},
      {"extra", with([](Client& c) {
         c.extra = {{"x", "\xff"}};
       })},
  };
  for (const Case& c : cases) {
    CAPTURE(c.about);
    const std::string sentence = record_error(c.client).value_or("");
    CAPTURE(sentence);
    CHECK(sentence.find(c.about) != std::string::npos);
    CHECK(sentence.find(secret256) == std::string::npos);
  }
}

TEST_CASE("a user that breaks a rule has a complaint") {
  CHECK_FALSE(record_error(a_user()));
  CHECK_FALSE(record_error(with([](User& u) { u.password_hash = "$scrypt$ln=15,r=8,p=1$a$b"; })));
  CHECK(record_error(with([](User& u) { u.name = k256; })));
  CHECK(record_error(with([](User& u) { u.password_hash = "a b"; })));
  CHECK(record_error(with([](User& u) { u.password_hash = "a\n"; })));
}

TEST_CASE("a token that breaks a rule has a complaint") {
  CHECK_FALSE(record_error(a_token()));
  CHECK_FALSE(record_error(with([](Token& t) { t.token = t.client = t.user = k255; })));
  CHECK_FALSE(record_error(with([](Token& t) { t.expires = 253402300799; })));
  const std::vector<Token> bad{
      with([](Token& t) { t.token = k256; }),
      with([](Token& t) { t.token = ""; }),
      with([](Token& t) { t.client = k256; }),
      with([](Token& t) { t.client = ""; }),
      with([](Token& t) { t.user = k256; }),
      with([](Token& t) { t.user = ""; }),
      with([](Token& t) { t.secret = verify::Secret(); }),
      with([](Token& t) { t.secret = verify::Secret(std::string(256, 's')); }),
      with([](Token& t) {
        t.realms = {"a", "b c"};
      }),
      with([](Token& t) { t.expires = -1; }),
      with([](Token& t) { t.expires = 253402300800; }),
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    CAPTURE(i);
    CHECK(record_error(bad[i]));
  }
}

TEST_CASE("a token's id is half of its SHA-256 in hex") {
  // printf T | sha256sum
  CHECK(token_id("T") == "e632b7095b0bf32c260fa4c539e9fd7b");
  CHECK(token_id("T") != token_id("t"));
}

TEST_CASE("a sentence quotes hostile bytes harmlessly and cuts them short") {
  CHECK(in_quotes("K") == "\"K\"");
  CHECK(in_quotes("a\n\"\\\x7f\xff") == "\"a\\x0a\\x22\\x5c\\x7f\\xff\"");
  CHECK(in_quotes(std::string(64, 'a')) == "\"" + std::string(64, 'a') + "\"");
  CHECK(in_quotes(std::string(65, 'a')) == "\"" + std::string(64, 'a') + "\"...");
}

}  // namespace store
