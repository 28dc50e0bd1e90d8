// portcullis client: RSA keys, their rotation, and how often each secret and key was used.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/cli/client_print.h"
#include "store/usage.h"
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

Ran add_with_key(Shell& shell, const std::string& pem, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{
      "client", "add", "--name",           "n",
      "--key",  "K",   "--rsa-public-key", shell.write("new.pem", pem)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return shell.on_store(arguments);
}

Ran rotate(Shell& shell, const std::string& pem, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"client", "rotate", "K", "--rsa-public-key",
                                     shell.write("new.pem", pem)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return shell.on_store(arguments);
}

// Counts as the gate does.
void count(const Shell& shell, store::KeyKind kind, std::string_view bytes, std::uint64_t times,
           verify::Method method, std::int64_t last) {
  std::string note;
  const auto usage = store::Usage::open_or_make(shell.store(), note);
  REQUIRE(usage.ok());
  store::KeyUse use;
  use.client = "K";
  use.key = (*usage)->key_id("K", kind, bytes);
  use.times[static_cast<std::size_t>(method)] = times;
  use.last = last;
  REQUIRE((*usage)->add(std::vector{use}, {}).ok());
}

}  // namespace

TEST_CASE("a key that no signature can be verified with is refused with its file and the reason") {
  struct Case {
    const char* what;
    std::string pem, said;
  };
  const std::vector<Case> cases{
      {"short", kShortPublic, "has 1024 bits, and must have 2048"},
      {"elliptic", kEllipticPublic, "not an RSA key"},
      {"elliptic certificate", kEllipticCertificate, "not an RSA key"},
      {"private", kPrivate, "this is a private key"},
      {"nothing", "", "PEM text"},
      {"cut", kPublic.substr(0, kPublic.size() / 2), "PEM text"},
      {"two", kPublic + kOtherPublic, "one alone"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Shell shell;
    const Ran ran = add_with_key(shell, c.pem);
    CHECK(ran.code == 1);
    CHECK(has(ran.err, "portcullis: \"" + shell.path("new.pem").string() + "\": "));
    CHECK(has(ran.err, c.said));
    CHECK(!tests::fs::exists(shell.path("store")));
    REQUIRE(add_with_key(shell, kPublic).code == 0);
    const std::string before = shell.on_store({"export"}).out;
    const std::string file = shell.write("other.pem", c.pem).string();
    CHECK(shell.on_store({"client", "update", "K", "--rsa-public-key", file}).code == 1);
    CHECK(rotate(shell, c.pem).code == 1);
    CHECK(shell.on_store({"export"}).out == before);
  }
}

TEST_CASE("a public key comes in three forms") {
  for (const std::string& pem : {kPublic, kPublicPkcs1, kCertificate}) {
    Shell shell;
    CHECK(add_with_key(shell, pem).code == 0);
    CHECK(object(shell.on_store({"export"}).out).at("rsa_public_keys").as_array() ==
          tests::json::array({pem}));
  }
}

TEST_CASE("how many bits a key must have is said by the configuration, or else by an option") {
  Shell shell;
  CHECK(add_with_key(shell, kShortPublic, {"--rsa-min-bits", "1024"}).code == 0);
  CHECK(rotate(shell, kShortPublic, {"--rsa-min-bits", "1024"}).code == 0);
  CHECK(rotate(shell, kPublic, {"--rsa-min-bits", "2048"}).code == 0);
  CHECK(rotate(shell, kPublic, {"--rsa-min-bits", "2049"}).code == 1);
  for (const std::string bits : {"1023", "16385", "", "x", "2048x", "-2048"}) {
    CAPTURE(bits);
    const Ran ran = rotate(shell, kPublic, {"--rsa-min-bits=" + bits});
    CHECK(ran.code == 2);
    CHECK(has(ran.err, "from 1024 to 16384"));
  }
  CHECK(rotate(shell, kPublic, {"--rsa-min-bits", "16384"}).code == 1);
  CHECK(shell.on_store({"client", "rotate", "K", "--rsa-min-bits", "1024"}).code == 2);

  const std::string file = shell.write("new.pem", kShortPublic).string();
  for (const bool allowed : {false, true}) {
    const std::string config = shell.config(allowed ? "rsa_min_bits = 1024\n" : "");
    const std::vector<std::string> update{"client", "update",   "K",   "--rsa-public-key",
                                          file,     "--config", config};
    CHECK(shell.run(update).code == (allowed ? 0 : 1));
    std::vector<std::string> both = update;
    both.insert(both.end(), {"--rsa-min-bits", "1024"});
    CHECK(shell.run(both).code == 2);
  }
}

TEST_CASE("a client whose stored key is too short by now can be changed in everything else") {
  Shell shell;
  REQUIRE(add_with_key(shell, kShortPublic, {"--rsa-min-bits", "1024"}).code == 0);
  CHECK(shell.on_store({"client", "update", "K", "--name", "m"}).code == 0);
  CHECK(shell.on_store({"client", "disable", "K"}).code == 0);
  CHECK(rotate(shell, kPublic).code == 0);
}

TEST_CASE("rotating an RSA key keeps the one before it for a while, and leaves secrets alone") {
  Shell shell;
  REQUIRE(add_with_key(shell, kPublic, {"--secret", "S"}).code == 0);
  const Ran first = rotate(shell, kOtherPublic);
  CHECK(first.out ==
        "rotated client K\nthe new RSA key is 141730040b6d4e93\n"
        "the RSA key before it holds until 2030-03-18T17:46:40Z\n");
  auto record = object(shell.on_store({"export"}).out);
  CHECK(record.at("secret") == "S");
  const auto& keys = record.at("rsa_public_keys").as_array();
  REQUIRE(keys.size() == 2);
  CHECK(text(keys[0]) == kOtherPublic);
  CHECK(text(keys[1].at("key")) == kPublic);
  CHECK(keys[1].at("expires") == "2030-03-18T17:46:40Z");

  const Ran second = rotate(shell, kCertificate, {"--keep", "2h", "--json"});
  record = object(second.out);
  CHECK(!has(second.out, "\"S\""));
  REQUIRE(record.at("rsa_public_keys").as_array().size() == 2);  // the oldest has gone
  CHECK(text(record.at("rsa_public_keys").at(0)) == kCertificate);
  CHECK(text(record.at("rsa_public_keys").at(1).at("key")) == kOtherPublic);
  CHECK(record.at("rsa_public_keys").at(1).at("expires") == "2030-03-17T19:46:40Z");

  const Ran both = rotate(shell, kPublic, {"--keep", "0s", "--secret", "S2"});
  CHECK(both.out == "key     K\nsecret  S2\nthe new RSA key is 050b1e0312a3e8c1\n");
  record = object(shell.on_store({"export"}).out);
  CHECK(record.at("secret") == "S2");
  CHECK(record.at("rsa_public_keys").as_array() == tests::json::array({kPublic}));
}

TEST_CASE("a client with RSA keys alone gets no secret by rotation, unless it is given one") {
  Shell shell;
  REQUIRE(add_with_key(shell, kPublic).code == 0);
  const Ran ran = shell.on_store({"client", "rotate", "K"});
  CHECK(ran.code == 1);
  CHECK(has(ran.err, "--rsa-public-key FILE"));
  CHECK(shell.on_store({"client", "rotate", "K", "--secret", "S"}).out == "key     K\nsecret  S\n");
}

TEST_CASE("a fingerprint is the beginning of the SHA-256 of the DER, as openssl says it") {
  CHECK(cli::fingerprint(kPublic) == "050b1e0312a3e8c1");
  CHECK(cli::fingerprint("a note before it\n" + kPublic) == "050b1e0312a3e8c1");
  CHECK(cli::fingerprint(kPublicPkcs1) == "6ecc42027edd6b6c");
  CHECK(cli::fingerprint(kCertificate) == "65b474b96e2d93ce");
  for (const std::string text : {"", "-----BEGIN", "-----BEGIN X-----\n-----END X-----",
                                 "-----BEGIN X-----\n!\n-----END X-----"}) {
    CAPTURE(text);
    CHECK(cli::fingerprint(text) == "-");
  }
}

TEST_CASE("a number of times is written with commas between thousands") {
  struct Case {
    std::uint64_t times;
    std::string text;
  };
  for (const Case& c : {Case{0, "never"}, Case{1, "1 time, last 2030-03-17T17:46:40Z"},
                        Case{999, "999 times, last 2030-03-17T17:46:40Z"},
                        Case{1000, "1,000 times, last 2030-03-17T17:46:40Z"},
                        Case{123456, "123,456 times, last 2030-03-17T17:46:40Z"},
                        Case{1234567, "1,234,567 times, last 2030-03-17T17:46:40Z"}}) {
    CHECK(cli::times_text({c.times, c.times > 0 ? tests::kNow : 0}) == c.text);
  }
}

TEST_CASE("show says of each secret and key when it ends, how often it matched, and when last") {
  Shell shell;
  REQUIRE(add_with_key(shell, kPublic, {"--secret", "old"}).code == 0);
  shell.on_store({"client", "rotate", "K", "--secret", "new"});
  rotate(shell, kCertificate);
  const auto never = object(shell.on_store({"client", "show", "K", "--json"}).out);
  CHECK(never.at("matched") == 0);
  CHECK(never.at("last_matched").is_null());
  CHECK(never.at("methods").as_object().empty());

  count(shell, store::KeyKind::Secret, "old", 1234, verify::Method::HmacSha1, tests::kNow);
  count(shell, store::KeyKind::RsaKey, kCertificate, 1, verify::Method::RsaSha256,
        tests::kNow - 60);
  const Ran people = shell.on_store({"client", "show", "K"});
  for (const std::string line :
       {"secret             without end, matched never\n",
        "secret             until 2030-03-18T17:46:40Z, matched 1,234 times, last "
        "2030-03-17T17:46:40Z\n",
        "rsa_public_key     65b474b96e2d93ce, 2048 bits, without end, matched 1 time, last "
        "2030-03-17T17:45:40Z\n",
        "rsa_public_key     050b1e0312a3e8c1, 2048 bits, until 2030-03-18T17:46:40Z, matched "
        "never\n",
        "accepted           1,235 times, last 2030-03-17T17:46:40Z\n",
        "signed with        HMAC-SHA1 1,234 times, last 2030-03-17T17:46:40Z\n",
        "signed with        RSA-SHA256 1 time, last 2030-03-17T17:45:40Z\n"}) {
    CAPTURE(people.out);
    CHECK(has(people.out, line));
  }
  const Ran ran = shell.on_store({"client", "show", "K", "--json"});
  CHECK(!has(ran.out, "\"new\""));
  CHECK(!has(ran.out, "\"old\""));
  const auto record = object(ran.out);
  CHECK(
      tests::json::serialize(record.at("secrets")) ==
      R"([{"expires":null,"matched":0,"last_matched":null},)"
      R"({"expires":"2030-03-18T17:46:40Z","matched":1234,"last_matched":"2030-03-17T17:46:40Z"}])");
  CHECK(tests::json::serialize(record.at("rsa_keys")) ==
        R"([{"fingerprint":"65b474b96e2d93ce","bits":2048,"expires":null,)"
        R"("matched":1,"last_matched":"2030-03-17T17:45:40Z"},)"
        R"({"fingerprint":"050b1e0312a3e8c1","bits":2048,"expires":"2030-03-18T17:46:40Z",)"
        R"("matched":0,"last_matched":null}])");
  CHECK(record.at("matched") == 1235);
  CHECK(tests::json::serialize(record.at("methods")) ==
        R"({"HMAC-SHA1":{"matched":1234,"last_matched":"2030-03-17T17:46:40Z"},)"
        R"("RSA-SHA256":{"matched":1,"last_matched":"2030-03-17T17:45:40Z"}})");
}

TEST_CASE("counts that can't be read are left out, with a note") {
  Shell shell;
  REQUIRE(add_with_key(shell, kPublic, {"--secret", "S"}).code == 0);
  tests::fs::create_directory(shell.path("store/usage"));
  shell.write("store/usage/data.mdb", std::string(20'000, 'x'));
  const Ran people = shell.on_store({"client", "show", "K"});
  CHECK(people.code == 0);
  CHECK(has(people.err, "portcullis: note: "));
  CHECK(!has(people.out, "matched"));
  const Ran ran = shell.on_store({"client", "show", "K", "--json"});
  CHECK(ran.code == 0);
  CHECK(!has(ran.out, "matched"));
  CHECK(shell.on_store({"client", "remove", "K"}).code == 0);
}

TEST_CASE("a client that comes again after its removal has not been used") {
  Shell shell;
  const auto times = [&] {
    return object(shell.on_store({"client", "show", "K", "--json"}).out).at("matched").as_int64();
  };
  REQUIRE(add_with_key(shell, kPublic, {"--secret", "S"}).code == 0);
  count(shell, store::KeyKind::Secret, "S", 5, verify::Method::HmacSha1, tests::kNow);
  CHECK(times() == 5);
  CHECK(shell.on_store({"client", "remove", "K"}).code == 0);
  REQUIRE(add_with_key(shell, kPublic, {"--secret", "S"}).code == 0);
  CHECK(times() == 0);
}
