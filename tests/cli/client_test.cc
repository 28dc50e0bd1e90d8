// portcullis client.

#include "gateway/cli/client.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/cli/client_print.h"
#include "tests/cli/harness.h"
#include "tests/verify/rsa_keys.h"

namespace cli = gateway::cli;
using namespace verify::testing;
using tests::has;
using tests::object;
using tests::Ran;
using tests::Shell;
using tests::text;

namespace {

bool is_name(const std::string& text, std::size_t length) {
  return text.size() == length &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
             text.npos;
}

verify::Secret secret(std::string_view bytes) { return verify::Secret(bytes); }

}  // namespace

TEST_CASE("a client is added with all that is said about it") {
  Shell shell;
  const std::string pem = shell.write("key.pem", kPublic).string();
  const Ran ran = shell.on_store({"client",
                                  "add",
                                  "--name",
                                  "Mobile app",
                                  "--key",
                                  "K",
                                  "--secret",
                                  "S",
                                  "--description",
                                  "Reads mail",
                                  "--redirect-uri",
                                  "https://a.example/cb",
                                  "--redirect-uri",
                                  "myapp:/cb",
                                  "--realm",
                                  "email",
                                  "--realm",
                                  "address",
                                  "--default-realm",
                                  "email",
                                  "--rsa-public-key",
                                  pem,
                                  "--signature-method",
                                  "HMAC-SHA1",
                                  "--allow-oob",
                                  "--renewable",
                                  "--same-token",
                                  "--callback-match",
                                  "prefix",
                                  "--extra",
                                  "a=b=c",
                                  "--reply-realms",
                                  "no",
                                  "--quirk",
                                  "unencoded_key",
                                  "--quirk",
                                  "milliseconds",
                                  "--header-realm",
                                  "a shop",
                                  "--json"});
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  const std::string expected =
      R"({"type":"client","key":"K","secret":"S","name":"Mobile app","description":"Reads mail",)"
      R"("redirect_uris":["https://a.example/cb","myapp:/cb"],"callback_match":"prefix",)"
      R"("allow_oob":true,"realms":["email","address"],"default_realms":["email"],)"
      R"("rsa_public_keys":[)" +
      tests::quoted(kPublic) +
      R"(],)"
      R"("signature_methods":["HMAC-SHA1"],"extra":{"a":"b=c"},"reply_realms":false,)"
      R"("quirks":["unencoded_key","milliseconds"],"header_realm":"a shop",)"
      R"("renewable":true,"same_token":true,"enabled":true})"
      "\n";
  CHECK(ran.out == expected);
  CHECK(shell.on_store({"export"}).out == expected);
}

TEST_CASE("key and secret are made where none is given, 27 letters and digits") {
  Shell shell;
  const auto first = object(shell.on_store({"client", "add", "--name", "a", "--json"}).out);
  const auto second = object(shell.on_store({"client", "add", "--name", "a", "--json"}).out);
  CHECK(is_name(text(first.at("key")), 27));
  CHECK(is_name(text(first.at("secret")), 27));
  CHECK(first.at("key") != first.at("secret"));
  CHECK(first.at("key") != second.at("key"));
}

TEST_CASE("what is made has a length between those of the configuration") {
  struct Case {
    std::string range;
    std::size_t length;
  };
  for (const Case& c :
       {Case{"[20, 30]", 27}, Case{"[16, 26]", 26}, Case{"[28, 40]", 28}, Case{"[27, 27]", 27}}) {
    Shell shell;
    const std::string config = shell.config("key_length = " + c.range + "\n");
    const Ran ran = shell.run({"client", "add", "--name", "a", "--json", "--config", config});
    CAPTURE(ran.err);
    REQUIRE(ran.code == 0);
    CHECK(is_name(text(object(ran.out).at("key")), c.length));
    CHECK(is_name(text(object(ran.out).at("secret")), c.length));
  }
}

TEST_CASE("for people, add prints key and secret, each behind its name") {
  Shell shell;
  const Ran ran = shell.on_store({"client", "add", "--name", "a", "--key", "K", "--secret", "S"});
  CHECK(ran.out == "key     K\nsecret  S\n");
}

TEST_CASE("a secret comes from the command line, standard input or a file, less one line end") {
  Shell shell;
  shell.write("secret", "S\r\n");
  struct Case {
    std::string given, input, secret;
  };
  for (const Case& c :
       {Case{"S", "", "S"}, Case{"-", "S", "S"}, Case{"-", "S\n", "S"}, Case{"-", "S \n", "S "},
        Case{"@" + shell.path("secret").string(), "", "S"}}) {
    Shell fresh;
    const Ran ran =
        fresh.on_store({"client", "add", "--name", "a", "--secret", c.given, "--json"}, c.input);
    CAPTURE(ran.err);
    REQUIRE(ran.code == 0);
    CHECK(text(object(ran.out).at("secret")) == c.secret);
  }
}

TEST_CASE("a client that breaks a rule is refused, and its secret isn't shown") {
  struct Case {
    std::vector<std::string> given;
    int code;
    std::string said;
  };
  const std::vector<Case> cases{
      {{"--key", ""}, 1, "key"},
      {{"--key", "a b"}, 1, "key"},
      {{"--key", std::string(256, 'k')}, 1, "key"},
      {{"--secret", std::string(256, 'z')}, 1, "secret"},
      {{"--secret", "zz\xff"}, 1, "secret"},
      {{"--secret", "-"}, 1, "secret"},
      {{"--secret", "@/nowhere/zz"}, 1, "can't read \"/nowhere/zz\": No such file"},
      {{"--secret", "@/"}, 1, "can't read \"/\""},
      {{"--realm", "a\"b"}, 1, "realm"},
      {{"--realm", "a", "--default-realm", "b"}, 1, "default realm \"b\""},
      {{"--redirect-uri", "javascript:x"}, 1, "scheme javascript"},
      {{"--redirect-uri", "/x"}, 1, "not absolute"},
      {{"--signature-method", "HMAC-MD5"}, 1, "HMAC-MD5"},
      {{"--rsa-public-key", "/nowhere"}, 1, "can't read \"/nowhere\""},
      {{"--quirk", "odd"}, 1, "\"odd\""},
      {{"--header-realm", "a\"b"}, 1, "header realm"},
      {{"--rsa-min-bits", "1024"}, 2, "goes with --rsa-public-key"},
      {{"--callback-match", "some"}, 2, "exact, ignore_query, prefix or any, not \"some\""},
      {{"--reply-realms", "some"}, 2, "yes, no or default, not \"some\""},
      {{"--extra", "a"}, 2, "NAME=VALUE"},
      {{"--extra", "=a"}, 2, "NAME=VALUE"},
      {{"--name", "second"}, 2, "--name is given twice"},
  };
  Shell shell;
  for (const Case& c : cases) {
    std::vector<std::string> arguments{"client", "add", "--name", "n"};
    arguments.insert(arguments.end(), c.given.begin(), c.given.end());
    const Ran ran = shell.on_store(arguments);
    CAPTURE(ran.err);
    CHECK(ran.code == c.code);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, c.said));
    CHECK(!has(ran.err, "zzz"));
  }
}

TEST_CASE("the longest key and secret are taken") {
  Shell shell;
  CHECK(shell
            .on_store({"client", "add", "--name", "n", "--key", std::string(255, 'k'), "--secret",
                       std::string(255, 's')})
            .code == 0);
}

TEST_CASE("a key that exists is refused, and the client stays as it was") {
  Shell shell;
  CHECK(shell.on_store({"client", "add", "--name", "a", "--key", "K", "--secret", "S"}).code == 0);
  const std::string before = shell.on_store({"export"}).out;
  CHECK(shell.on_store({"client", "add", "--name", "b", "--key", "K"}).code == 1);
  CHECK(shell.on_store({"export"}).out == before);
}

TEST_CASE("a client with RSA keys alone gets no secret, unless it may sign with one") {
  Shell shell;
  const std::string pem = shell.write("key.pem", kPublic).string();
  struct Case {
    std::vector<std::string> methods;
    bool secret;
  };
  for (const Case& c : {Case{{}, false}, Case{{"RSA-SHA1"}, false},
                        Case{{"RSA-SHA1", "HMAC-SHA1"}, true}, Case{{"PLAINTEXT"}, true}}) {
    std::vector<std::string> arguments{"client",           "add", "--name", "n",
                                       "--rsa-public-key", pem,   "--json"};
    for (const auto& method : c.methods) {
      arguments.insert(arguments.end(), {"--signature-method", method});
    }
    const Ran ran = shell.on_store(arguments);
    REQUIRE(ran.code == 0);
    CHECK(object(ran.out).at("secret").is_null() == !c.secret);
  }
  const Ran people =
      shell.on_store({"client", "add", "--name", "n", "--key", "K", "--rsa-public-key", pem});
  CHECK(people.out == "key  K\n");
}

TEST_CASE("with a configuration, a realm that it lacks is an error that names it") {
  Shell shell;
  const std::string config = shell.config("realms = [\"email\", \"address\"]\n");
  const auto add = [&](const std::string& option, const std::string& realm) {
    return shell.run({"client", "add", "--name", "n", option, realm, "--config", config});
  };
  CHECK(add("--realm", "email").code == 0);
  for (const std::string option : {"--realm", "--default-realm"}) {
    const Ran ran = add(option, "emial");
    CHECK(ran.code == 1);
    CHECK(has(ran.err, "lacks the realm \"emial\"; did you mean \"email\"?"));
  }
  const auto key =
      text(object(shell.run({"client", "add", "--name", "n", "--json", "--config", config}).out)
               .at("key"));
  CHECK(shell.run({"client", "update", key, "--realm", "x", "--config", config}).code == 1);
  CHECK(shell.run({"client", "update", key, "--realm", "", "--config", config}).code == 0);
}

TEST_CASE("list and show never give a secret away") {
  Shell shell;
  shell.on_store({"client", "add", "--name", "A\\B", "--key", "K", "--secret", "hush"});
  shell.on_store(
      {"client", "add", "--name", "B", "--key", "L", "--secret", "hush", "--realm", "email"});
  shell.on_store({"client", "disable", "L"});
  const Ran list = shell.on_store({"client", "list"});
  CHECK(list.out ==
        "KEY  NAME    REALMS  STATE\n"
        "K    A\\x5cB  -       enabled\n"
        "L    B       email   disabled\n");
  const auto lines = tests::objects(shell.on_store({"client", "list", "--json"}).out);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].at("key") == "K");
  CHECK(lines[1].at("enabled") == false);
  for (const auto& ran :
       {list, shell.on_store({"client", "list", "--json"}), shell.on_store({"client", "show", "K"}),
        shell.on_store({"client", "show", "K", "--json"})}) {
    CHECK(ran.code == 0);
    CHECK(!has(ran.out, "hush"));
  }
}

TEST_CASE("what isn't there is answered with 1 by every command that names a client") {
  Shell shell;
  shell.on_store({"client", "add", "--name", "n", "--key", "K"});
  const std::vector<std::vector<std::string>> commands{
      {"client", "show", "X"},
      {"client", "update", "X", "--name", "n"},
      {"client", "rotate", "X"},
      {"client", "disable", "X"},
      {"client", "enable", "X"},
      {"client", "remove", "X"},
      {"token", "revoke", "--client", "X"},
      {"token", "list", "--client", "X"},
      {"sign", "GET", "http://h/", "--client", "X"},
  };
  for (const auto& command : commands) {
    CAPTURE(command[1]);
    const Ran ran = shell.on_store(command);
    CHECK(ran.code == 1);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, "\"X\""));
  }
}

TEST_CASE("update replaces what is given, empties what is given empty, and keeps the rest") {
  Shell shell;
  shell.on_store({"client",         "add",
                  "--name",         "n",
                  "--key",          "K",
                  "--secret",       "S",
                  "--realm",        "a",
                  "--redirect-uri", "https://a.example/",
                  "--allow-oob",    "--same-token",
                  "--extra",        "x=y",
                  "--quirk",        "raw_body_hash",
                  "--header-realm", "h"});
  const auto before = object(shell.on_store({"client", "list", "--json"}).out);
  CHECK(before.at("header_realm") == "h");
  const Ran ran =
      shell.on_store({"client", "update", "K", "--realm", "b", "--realm", "c", "--redirect-uri", "",
                      "--no-allow-oob", "--renewable", "--no-same-token", "--quirk", "",
                      "--header-realm", "", "--json"});
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  auto expected = before;
  expected["realms"] = {"b", "c"};
  expected["redirect_uris"] = tests::json::array();
  expected["allow_oob"] = false;
  expected["quirks"] = tests::json::array();
  expected["header_realm"] = "";
  expected["renewable"] = true;
  expected["same_token"] = false;
  CHECK(object(ran.out) == expected);
  CHECK(object(shell.on_store({"client", "list", "--json"}).out) == expected);
  CHECK(object(shell.on_store({"export"}).out).at("secret") == "S");
  CHECK(shell.on_store({"client", "update", "K", "--secret", "S2"}).out == "updated client K\n");
  CHECK(object(shell.on_store({"export"}).out).at("secret") == "S2");
}

TEST_CASE("update with nothing to change is a mistake in its use") {
  Shell shell;
  shell.on_store({"client", "add", "--name", "n", "--key", "K"});
  CHECK(shell.on_store({"client", "update", "K"}).code == 2);
}

TEST_CASE("an update that breaks a rule changes nothing") {
  Shell shell;
  shell.on_store({"client", "add", "--name", "n", "--key", "K", "--default-realm", "a"});
  const std::string before = shell.on_store({"export"}).out;
  CHECK(shell.on_store({"client", "update", "K", "--name", "m", "--realm", "b"}).code == 1);
  CHECK(shell.on_store({"export"}).out == before);
}

TEST_CASE("rotation puts the new secret or key first and lets the one before it end") {
  struct Case {
    std::vector<std::optional<std::int64_t>> before;  // when the old secrets end, newest first
    std::int64_t end;
    std::vector<std::optional<std::int64_t>> after;
  };
  const std::vector<Case> cases{
      {{}, 200, {std::nullopt}},
      {{std::nullopt}, 200, {std::nullopt, 200}},
      {{150}, 200, {std::nullopt, 150}},
      {{200}, 150, {std::nullopt, 150}},
      {{std::nullopt, 150}, 200, {std::nullopt, 200}},
      {{std::nullopt}, 101, {std::nullopt, 101}},
      {{std::nullopt}, 100, {std::nullopt}},
      {{101}, 200, {std::nullopt, 101}},
      {{100}, 200, {std::nullopt}},
      {{100, 150}, 200, {std::nullopt, 150}},
  };
  for (const Case& c : cases) {
    std::vector<store::ClientSecret> secrets;
    std::vector<store::ClientKey> keys;
    for (const auto& end : c.before) {
      secrets.push_back({secret("old"), end});
      keys.push_back({"old", end});
    }
    cli::rotate(secrets, secret("new"), 100, c.end);
    cli::rotate(keys, "new", 100, c.end);
    REQUIRE(secrets.size() == c.after.size());
    REQUIRE(keys.size() == c.after.size());
    for (std::size_t i = 0; i < secrets.size(); ++i) {
      CHECK(secrets[i].expires == c.after[i]);
      CHECK(secrets[i].secret.reveal() == (i == 0 ? "new" : "old"));
      CHECK(keys[i].expires == c.after[i]);
      CHECK(keys[i].pem == (i == 0 ? "new" : "old"));
    }
  }
}

TEST_CASE("rotate prints the new secret once, and the old one holds for a day unless told") {
  Shell shell;
  shell.on_store({"client", "add", "--name", "n", "--key", "K", "--secret", "S1"});
  const Ran first = shell.on_store({"client", "rotate", "K", "--secret", "-"}, "S2\n");
  CHECK(first.out ==
        "key     K\nsecret  S2\nthe secret before it holds until 2030-03-18T17:46:40Z\n");
  const Ran second = shell.on_store({"client", "rotate", "K", "--keep", "2h", "--json"});
  const auto record = object(second.out);
  CHECK(is_name(text(record.at("secret")), 27));
  CHECK(!has(second.out, "S2"));
  const auto secrets = object(shell.on_store({"export"}).out).at("secrets").as_array();
  REQUIRE(secrets.size() == 2);
  CHECK(secrets[0].at("secret") == record.at("secret"));
  CHECK(secrets[0].at("expires").is_null());
  CHECK(secrets[1].at("secret") == "S2");
  CHECK(secrets[1].at("expires") == "2030-03-17T19:46:40Z");
  CHECK(shell.on_store({"client", "rotate", "K", "--keep", "0s", "--secret", "S3"}).out ==
        "key     K\nsecret  S3\n");
  CHECK(object(shell.on_store({"export"}).out).at("secret") == "S3");
  CHECK(shell.on_store({"client", "rotate", "K", "--keep", "soon"}).code == 2);
}
