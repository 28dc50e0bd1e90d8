// portcullis import, export and backup.

#include "gateway/cli/transfer.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/harness.h"
#include "tests/verify/rsa_keys.h"
#include "verify/password.h"

namespace cli = gateway::cli;
using tests::has;
using tests::object;
using tests::Ran;
using tests::Shell;

namespace {

const std::string kClient = R"({"type":"client","key":"K","secret":"S","name":"N"})"
                            "\n";
const std::string kUser = R"({"type":"user","name":"alice"})"
                          "\n";
const std::string kToken =
    R"({"type":"token","client":"K","user":"alice","token":"T","secret":"TS"})"
    "\n";

// Every field with a value that isn't its default, and bytes that need care.
const std::string kFull =
    R"({"type":"client","key":"!\"\\~/","secret":" \"\\/'~","name":"Jürgen's <b>","description":"a\nb — 🔑",)"
    R"("redirect_uris":["https://a.example/cb?x=%20","com.example.app:/cb"],"callback_match":"prefix",)"
    R"("allow_oob":true,"realms":["email","a'b"],"default_realms":["email"],)"
    R"("rsa_public_keys":[)" +
    tests::quoted(verify::testing::kPublic) +
    R"(],)"
    R"("signature_methods":["HMAC-SHA1","PLAINTEXT"],"extra":{"a":"","ü":"\"x\""},"reply_realms":false,"quirks":["crlf_fields"],"header_realm":"h r","renewable":true,"same_token":true,"enabled":false})"
    "\n"
    R"({"type":"client","key":"R","secret":null,"name":"","description":"","redirect_uris":[],"callback_match":"ignore_query",)"
    R"("allow_oob":false,"realms":[],"default_realms":[],)"
    R"("rsa_public_keys":[{"key":)" +
    tests::quoted(verify::testing::kPublicPkcs1) +
    R"(,"expires":"2030-01-31T12:00:00Z"}],)"
    R"("signature_methods":[],"extra":{},"reply_realms":true,"quirks":[],"header_realm":"","renewable":false,"same_token":false,"enabled":true})"
    "\n"
    R"({"type":"client","key":"S","secrets":[{"secret":"new","expires":null},{"secret":"old","expires":"2030-03-17T17:46:40Z"}],)"
    R"("name":"","description":"","redirect_uris":[],"callback_match":"any",)"
    R"("allow_oob":false,"realms":[],"default_realms":[],"rsa_public_keys":[],)"
    R"("signature_methods":[],"extra":{},"reply_realms":null,"quirks":[],"header_realm":"","renewable":false,"same_token":false,"enabled":true})"
    "\n"
    R"({"type":"client","key":"T","secrets":[{"secret":"only","expires":"1970-01-01T00:00:00Z"}],)"
    R"("name":"","description":"","redirect_uris":[],"callback_match":"exact",)"
    R"("allow_oob":false,"realms":[],"default_realms":[],"rsa_public_keys":[],)"
    R"("signature_methods":[],"extra":{},"reply_realms":null,"quirks":[],"header_realm":"","renewable":false,"same_token":false,"enabled":true})"
    "\n"
    R"({"type":"user","name":"Jürgen \"x\" \\","password_hash":null,"enabled":false})"
    "\n"
    R"({"type":"user","name":"alice","password_hash":"pbkdf2:sha256:1000$salt$0000000000000000000000000000000000000000000000000000000000000000","enabled":true})"
    "\n"
    R"({"type":"token","client":"S","user":"Jürgen \"x\" \\","token":"<T>&\\","secret":" ~","realms":["email"],"expires":"9999-12-31T23:59:59Z","revoked":true,"created":"2023-11-14T22:13:20Z","session_handle":" \"h\\","authorization_expires":"2030-01-31T12:00:00Z"})"
    "\n"
    R"({"type":"token","client":"S","user":"alice","token":"T","secret":"TS","realms":[],"expires":null,"revoked":false,"created":null,"session_handle":null,"authorization_expires":null})"
    "\n";

Ran import(Shell& shell, const std::string& lines, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"import", "-"});
  return shell.on_store(more, lines);
}

std::string exported(Shell& shell) { return shell.on_store({"export"}).out; }

unsigned mode(const tests::fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777u;
}

}  // namespace

TEST_CASE("what is exported and imported into an empty store is exported the same, byte for byte") {
  Shell first, second;
  const Ran ran = import(first, kFull);
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  const std::string once = exported(first);
  CHECK(once == kFull);
  CHECK(import(second, once).code == 0);
  CHECK(exported(second) == once);
  CHECK(import(second, once, {"--replace"}).code == 0);
  CHECK(exported(second) == once);
}

TEST_CASE("what is left out has its default") {
  Shell shell;
  REQUIRE(import(shell, kClient + kUser + kToken).code == 0);
  CHECK(
      exported(shell) ==
      R"({"type":"client","key":"K","secret":"S","name":"N","description":"","redirect_uris":[],)"
      R"("callback_match":"exact","allow_oob":false,"realms":[],"default_realms":[],)"
      R"("rsa_public_keys":[],"signature_methods":[],"extra":{},"reply_realms":null,"quirks":[],"header_realm":"","renewable":false,"same_token":false,"enabled":true})"
      "\n"
      R"({"type":"user","name":"alice","password_hash":null,"enabled":true})"
      "\n"
      R"({"type":"token","client":"K","user":"alice","token":"T","secret":"TS","realms":[],)"
      R"("expires":null,"revoked":false,"created":null,"session_handle":null,"authorization_expires":null})"
      "\n");
}

TEST_CASE("import counts what it took, for people and for programs") {
  Shell shell;
  CHECK(import(shell, "\n \t\r\n" + kClient + kUser + kToken + "\n").out ==
        "imported 1 client, 1 user and 1 token\n");
  CHECK(import(shell, kClient + kUser + kUser, {"--replace", "--json"}).out ==
        "{\"clients\":1,\"users\":2,\"tokens\":0,\"sessions\":0}\n");
  CHECK(import(shell, "").out == "imported 0 clients, 0 users and 0 tokens\n");
}

TEST_CASE("a last line without its end and a line that ends in CR LF are read too") {
  Shell shell;
  std::string lines = kClient + kUser;
  lines.insert(kClient.size() - 1, "\r");
  lines.pop_back();
  CHECK(import(shell, lines).out == "imported 1 client, 1 user and 0 tokens\n");
}

TEST_CASE("a password is hashed on the way in") {
  Shell shell;
  REQUIRE(import(shell, R"({"type":"user","name":"alice","password":"p\"w"})").code == 0);
  const std::string hash(object(exported(shell)).at("password_hash").as_string());
  CHECK(verify::check_password("p\"w", hash) == verify::PasswordCheck::Right);
}

TEST_CASE("each mistake is answered with its line and field, and never with a secret") {
  const std::string c = R"({"type":"client","key":"K","secret":"hush")";
  const std::string t = R"({"type":"token","client":"K","user":"alice","token":"T")";
  struct Case {
    std::string line, said;
  };
  const std::vector<Case> cases{
      {"x", "not JSON in UTF-8 at byte 1"},
      {"{\"type\":\"user\"", "not JSON"},
      {"{\"type\":\"user\",\"name\":\"\xff\"}", "not JSON in UTF-8"},
      {R"({"type":"user","name":"a"} {})", "not JSON"},
      {"[]", "expected an object"},
      {"{}", "field \"type\": is missing"},
      {R"({"type":1})", "field \"type\": expected a string, not a number"},
      {R"({"type":"thing"})", "field \"type\": expected client, user or token, not \"thing\""},
      {R"({"type":"user"})", "field \"name\": is missing"},
      {R"({"type":"user","name":"a","nmae":"b"})",
       "field \"nmae\": is unknown; did you mean \"name\"?"},
      {R"({"type":"user","name":"a","name":"b"})", "given twice"},
      {R"({"type":"user","name":" a"})", "user's name"},
      {R"({"type":"user","name":"a","enabled":1})", "field \"enabled\": expected true or false"},
      {R"({"type":"user","name":"a","enabled":null})", "expected true or false, not null"},
      {R"({"type":"user","name":"a","password":"hush","password_hash":"hush"})", "one of the two"},
      {R"({"type":"user","name":"a","password_hash":"hush"})",
       "field \"password_hash\": is no hash"},
      {R"({"type":"user","name":"a","password_hash":""})", "field \"password_hash\": is no hash"},
      {R"({"type":"user","name":"a","password":""})", "field \"password\": is empty"},
      {R"({"type":"user","name":"a","password":["hush"]})",
       "field \"password\": expected a string"},
      {R"({"type":"client","secret":"hush"})", "field \"key\": is missing"},
      {R"({"type":"client","key":"K"})", "secret"},
      {R"({"type":"client","key":"K","secret":null})", "secret"},
      {R"({"type":"client","key":"K","secret":["hush"]})", "field \"secret\": expected a string"},
      {R"({"type":"client","key":"a b","secret":"hush"})", "key"},
      {c + R"(,"secrets":[]})", "field \"secrets\": stands beside \"secret\""},
      {R"({"type":"client","key":"K","secrets":{}})", "field \"secrets\": expected a list"},
      {R"({"type":"client","key":"K","secrets":["hush"]})", "field \"secrets\": expected a list"},
      {R"({"type":"client","key":"K","secrets":[]})", "secret"},
      {R"({"type":"client","key":"K","secrets":[{"secret":"hush"},{"expires":null}]})",
       "field \"secrets[1].secret\": is missing"},
      {R"({"type":"client","key":"K","secrets":[{"secret":"hush","expires":"hm"}]})",
       "field \"secrets[0].expires\": expected a time in UTC"},
      {R"({"type":"client","key":"K","secrets":[{"secret":"hush","x":1}]})",
       "field \"secrets[0].x\": is unknown"},
      {c + R"(,"realms":"email"})", "field \"realms\": expected a list of strings, not a string"},
      {c + R"(,"realms":[1]})", "field \"realms\": expected strings alone in the list"},
      {c + R"(,"realms":["a b"]})", "realm"},
      {c + R"(,"realms":["a"],"default_realms":["b"]})", "default realm \"b\""},
      {c + R"(,"redirect_uris":["javascript:x"]})", "scheme javascript"},
      {c + R"(,"callback_match":"some"})", "field \"callback_match\": expected exact"},
      {c + R"(,"extra":[]})", "field \"extra\": expected an object with strings, not a list"},
      {c + R"(,"extra":{"a":1}})", "field \"extra\": expected a string for \"a\", not a number"},
      {c + R"(,"extra":{"a":"1","a":"2"}})", "given twice"},
      {c + R"(,"reply_realms":"no"})", "field \"reply_realms\": expected true, false or null"},
      {c + R"(,"rsa_public_keys":["hush"]})",
       "field \"rsa_public_keys\": an RSA public key is PEM"},
      {c + R"(,"rsa_public_keys":[)" + tests::quoted(verify::testing::kShortPublic) + "]}",
       "field \"rsa_public_keys\": the RSA key has 1024 bits"},
      {c + R"(,"rsa_public_keys":[{"key":)" + tests::quoted(verify::testing::kPrivate) + "}]}",
       "this is a private key"},
      {c + R"(,"signature_methods":["HMAC-MD5"]})", "HMAC-MD5"},
      {t + "}", "field \"secret\": is missing"},
      {t + R"(,"secret":null})", "field \"secret\": expected a string, not null"},
      {t + R"(,"secret":"hush","expires":5})", "field \"expires\": expected a time in UTC"},
      {t + R"(,"secret":"hush","expires":"2030-01-01T00:00:00+01:00"})", "\"expires\": expected"},
      {t + R"(,"secret":"hush","revoked":"no"})", "field \"revoked\": expected true or false"},
      {t + R"(,"secret":"hush","created":1})", "field \"created\": expected a time in UTC"},
      {t + R"(,"secret":"hush","session_handle":7})", "field \"session_handle\": expected"},
      {t + R"(,"secret":"hush","session_handle":""})", "session handle"},
      {t + R"(,"secret":"hush","authorization_expires":"never"})",
       "\"authorization_expires\": exp"},
      {c + R"(,"renewable":null})", "field \"renewable\": expected true or false"},
      {c + R"(,"same_token":1})", "field \"same_token\": expected true or false"},
      {R"({"type":"token","client":"X","user":"alice","token":"T","secret":"hush"})", "\"X\""},
      {R"({"type":"token","client":"C","user":"x","token":"T","secret":"hush"})", "\"x\""},
      {R"({"type":"user","name":"alice"})", "alice"},
  };
  const std::string before = R"({"type":"client","key":"C","secret":"hush"})"
                             "\n" +
                             kUser;
  Shell shell;
  for (const Case& one : cases) {
    const Ran ran = import(shell, before + "\n" + one.line + "\n" + kUser);
    CAPTURE(one.line);
    CAPTURE(ran.err);
    CHECK(ran.code == 1);
    CHECK(ran.out.empty());
    CHECK(ran.err.starts_with("portcullis: standard input:4: "));
    CHECK(ran.err.ends_with("; nothing was imported\n"));
    CHECK(has(ran.err, one.said));
    CHECK(!has(ran.err, "hush"));
    CHECK(exported(shell).empty());
  }
}

TEST_CASE("an import is all or nothing") {
  Shell shell;
  REQUIRE(import(shell, kClient + kUser).code == 0);
  const std::string before = exported(shell);
  const Ran ran = import(shell, R"({"type":"user","name":"bob"})"
                                "\n" +
                                    kToken + kUser);
  CHECK(ran.code == 1);
  CHECK(has(ran.err, "standard input:3: "));
  CHECK(exported(shell) == before);
  CHECK(import(shell,
               R"({"type":"user","name":"bob"})"
               "\n" +
                   kToken + kUser,
               {"--replace"})
            .code == 0);
  CHECK(tests::objects(exported(shell)).size() == 4);
}

TEST_CASE("--replace writes the new record over the old one, index and all") {
  Shell shell;
  REQUIRE(import(shell, kClient + kUser + kToken).code == 0);
  REQUIRE(import(shell,
                 R"({"type":"client","key":"L","secret":"S"})"
                 "\n"
                 R"({"type":"token","client":"L","user":"alice","token":"T","secret":"new"})",
                 {"--replace"})
              .code == 0);
  CHECK(shell.on_store({"token", "list", "--client", "K", "--json"}).out.empty());
  CHECK(tests::objects(shell.on_store({"token", "list", "--client", "L", "--json"}).out).size() ==
        1);
  CHECK(has(exported(shell), R"("secret":"new")"));
}

TEST_CASE("a mistake in a file is answered with the file's name") {
  Shell shell;
  const std::string file = shell.write("in.jsonl", kUser + "{}\n").string();
  const Ran ran = shell.on_store({"import", file});
  CHECK(ran.code == 1);
  CHECK(ran.err.starts_with("portcullis: " + file + ":2: field \"type\""));
  CHECK(shell.on_store({"import", shell.path("none").string()}).code == 1);
  CHECK(shell.on_store({"import", shell.path("").string()}).code == 1);
}

TEST_CASE("progress is counted every 10,000 lines when asked for") {
  Shell shell;
  const auto err = [&](std::size_t lines, const std::vector<std::string>& more) {
    return import(shell, std::string(lines, '\n'), more).err;
  };
  CHECK(err(20'000, {}).empty());
  CHECK(err(9'999, {"--progress"}).empty());
  CHECK(err(20'000, {"--progress"}) ==
        "10000 lines checked\n20000 lines checked\n"
        "10000 of 20000 lines stored\n20000 of 20000 lines stored\n");
}

TEST_CASE("a line is read up to 1 MiB, and refused beyond it") {
  const auto user = [](std::size_t size) {
    std::string line = R"({"type":"user","name":"alice")";
    return line + std::string(size - line.size() - 1, ' ') + "}";
  };
  for (const std::string end : {"\n", ""}) {
    Shell shell;
    CHECK(import(shell, user(cli::kLongestLine) + end).code == 0);
    const Ran ran = import(shell, user(cli::kLongestLine + 1) + end, {"--replace"});
    CHECK(ran.code == 1);
    CHECK(has(ran.err, "standard input:1: the line is longer than 1 MiB"));
  }
}

TEST_CASE("lines come one by one, with their numbers") {
  std::istringstream in("a\n\nb\r\nc");
  cli::LineReader lines(in);
  using Got = cli::LineReader::Got;
  std::vector<std::string> seen;
  while (lines.next() == Got::Line) {
    seen.push_back(std::to_string(lines.number()) + std::string(lines.line()));
  }
  CHECK(seen == std::vector<std::string>{"1a", "2", "3b\r", "4c"});
  CHECK(lines.next() == Got::End);
}

TEST_CASE("an export to a file replaces it whole, readable by its owner alone") {
  Shell shell;
  REQUIRE(import(shell, kFull).code == 0);
  const auto file = shell.write("out.jsonl", "old");
  tests::fs::permissions(file, tests::fs::perms(0644));
  const Ran ran = shell.on_store({"export", file.string()});
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "exported 8 records to "));
  CHECK(tests::read(file) == kFull);
  CHECK(mode(file) == 0600);
  CHECK(object(shell.on_store({"export", file.string(), "--json"}).out).at("records") == 8);
  CHECK(shell.on_store({"export", "-"}).out == kFull);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : tests::fs::directory_iterator(shell.path(""))) ++files;
  CHECK(files == 2);  // the store and the export: nothing half made
}

TEST_CASE("an export that can't be written says so") {
  Shell shell;
  REQUIRE(import(shell, kUser).code == 0);
  CHECK(shell.on_store({"export", shell.path("none/out").string()}).code == 1);
  CHECK(shell.on_store({"export", shell.path("").string()}).code == 1);
  const Ran device = shell.on_store({"export", "/dev/null"});
  CHECK(device.code == 1);
  CHECK(has(device.err, "no regular file"));
}

TEST_CASE("a backup is a store of its own with the same records") {
  Shell shell;
  REQUIRE(import(shell, kFull).code == 0);
  const std::string copy = shell.path("copy").string();
  const Ran ran = shell.on_store({"backup", copy});
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(shell.run({"export", "--store", copy}).out == kFull);
  CHECK(shell.on_store({"backup", copy}).code == 1);
}

TEST_CASE("an import takes shorter RSA keys where that is allowed") {
  Shell shell;
  const std::string line = R"({"type":"client","key":"K","rsa_public_keys":[)" +
                           tests::quoted(verify::testing::kShortPublic) + "]}";
  CHECK(import(shell, line).code == 1);
  CHECK(import(shell, line, {"--rsa-min-bits", "1025"}).code == 1);
  CHECK(import(shell, line, {"--rsa-min-bits", "1024"}).code == 0);
  const std::string config = shell.config("rsa_min_bits = 1024\n");
  CHECK(shell.run({"import", "-", "--replace", "--config", config}, line).code == 0);
  CHECK(shell.run({"import", "-", "--config", config, "--rsa-min-bits", "1024"}, line).code == 2);
}

TEST_CASE("an import leaves nothing beside the store but the store") {
  Shell shell;
  const auto names = [&] {
    std::vector<std::string> out;
    for (const auto& entry : tests::fs::directory_iterator(shell.store())) {
      out.push_back(entry.path().filename());
    }
    return out;
  };
  REQUIRE(import(shell, kClient).code == 0);
  const auto before = names();
  CHECK(import(shell, kUser + "{}").code == 1);
  CHECK(import(shell, kUser).code == 0);
  CHECK(names() == before);
}
