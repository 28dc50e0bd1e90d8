// portcullis explain: what is told of a request.

#include "gateway/cli/explain.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/cli/explain_desk.h"

using tests::base;
using tests::Desk;
using tests::dump;
using tests::field;
using tests::has;
using tests::kClientSecret;
using tests::kKey;
using tests::kOwn;
using tests::object;
using tests::Ran;
using tests::text;
using tests::Words;

TEST_CASE("a right signature is said to be right, with exit status 0") {
  Desk desk;
  const std::string signed_base = base("https://api.example.com/x");
  const Ran ran = desk.http(dump("/x", field(signed_base)), desk.external());
  CAPTURE(ran.err);
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out.starts_with("The signature is right, and nothing seen here would refuse"));
  CHECK(has(ran.out, "GET https://api.example.com/x\n"));
  CHECK(has(ran.out, "because listen.external_url has it for this Host"));
  CHECK(has(ran.out, "/* (line "));
  CHECK(has(ran.out, "K (Shop)"));
  CHECK(has(ran.out, "of alice"));
  CHECK(has(ran.out, "\n" + signed_base + "\n"));
}

TEST_CASE("a near miss is told first, with what to change and both base strings") {
  Desk desk;
  const std::string signed_base = base("http://api.example.com/x");
  const Ran ran = desk.http(dump("/x", field(signed_base)), desk.external());
  CHECK(ran.code == 0);
  CHECK(ran.out.starts_with(
      "The signature does not match, and this is why:\n  - The URL was signed with http://"));
  CHECK(has(ran.out, base("https://api.example.com/x") + "\nand as the client signed it:\n" +
                         signed_base + "\n"));
}

TEST_CASE("without a cause the exit status is 1, and with equal base strings the secret is it") {
  Desk desk;
  const std::string signed_base = base("https://api.example.com/x");
  const std::string request = dump("/x", field(signed_base, "another&secret"));
  const Ran none = desk.http(request, desk.external());
  CHECK(none.code == 1);
  CHECK(has(none.out, "no usual cause was found"));
  CHECK(none.err.empty());
  const std::string own = desk.write("base.txt", signed_base + "\n").string();
  const Ran same = desk.http(request, desk.external(), {"--base-string", own});
  CHECK(same.code == 0);
  CHECK(has(same.out, "the base strings are the same"));
}

TEST_CASE("the first byte that differs from the client's base string is pointed at") {
  Desk desk;
  const std::string client = base("https://api.example.com/x", "a%3D12%26" + kOwn);
  const std::string own = desk.write("base.txt", "\"" + client + "\"\r\n").string();
  const Ran ran =
      desk.http(dump("/x?a=13", field(client)), desk.external(), {"--base-string", own});
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "The signature is right for the base string given"));
  CHECK(has(ran.out, "The value of the parameter \"a\" is written in another way."));
  const std::size_t here = ran.out.find("  here    "), arrow = ran.out.find("^\n");
  REQUIRE(here != ran.out.npos);
  REQUIRE(arrow != ran.out.npos);
  const std::size_t column = arrow - ran.out.rfind('\n', arrow);
  CHECK(ran.out[here - 1 + column] == '3');
}

TEST_CASE("reasons besides the signature are told with it, and alone where it is right") {
  Desk desk;
  const std::string config =
      desk.external("https://api.example.com", "path = \"/*\"\nrealms = [\"address\"]\n");
  const std::string good = dump("/x", field(base("https://api.example.com/x")));
  const Ran right = desk.http(good, config);
  CHECK(right.code == 0);
  CHECK(right.out.starts_with("The signature is right, but the request is refused:\n"));
  CHECK(has(right.out, "Missing: address. Held: email."));
  desk.on_store({"token", "revoke", "T"});
  const Ran wrong = desk.http(dump("/x", field(base("http://api.example.com/x"))), config);
  CHECK(has(wrong.out, "Besides, the request is refused for this:\n"));
  CHECK(has(wrong.out, "The token has been revoked."));
  desk.on_store({"client", "remove", "K"});
  const Ran unknown = desk.http(good, config);
  CHECK(unknown.code == 0);
  CHECK(unknown.out.starts_with("The request is refused before its signature counts:\n"));
  CHECK(has(unknown.out, "\"K\" is not in the store"));
}

TEST_CASE("what the gate refuses without looking at the signature is told") {
  Desk desk;
  const std::string config =
      desk.external("https://api.example.com", "path = \"/api/*\"\nmethods = [\"GET\"]\n");
  const auto refused = [&](const std::string& target, const std::string& method,
                           const std::string& host) {
    std::string request = dump(target, field(base("https://api.example.com/x")), "", method);
    request.replace(request.find("api.example.com"), 15, host);
    return desk.http(request, config).out;
  };
  CHECK(has(refused("/other", "GET", "api.example.com"), "404"));
  CHECK(has(refused("/api/x", "PUT", "api.example.com"), "405"));
  CHECK(has(refused("/api/x", "PUT", "api.example.com"), "allow GET, HEAD"));
  CHECK(has(refused("/api/../x", "GET", "api.example.com"), "400"));
  CHECK(has(refused("/api/%zz", "GET", "api.example.com"), "400"));
  CHECK(has(refused("/api/x", "GET", "other.example.com"), "421"));
  CHECK_FALSE(has(refused("/api/x", "GET", "api.example.com"), "The gate answers"));
}

TEST_CASE("the time of a request is its Date, and else only guessed") {
  Desk desk;
  desk.clock.now += 3600;
  const std::string authorization = field(base("https://api.example.com/x"));
  const Ran guessed = desk.http(dump("/x", authorization), desk.external());
  CHECK(has(guessed.out, "Remarks:\n  - oauth_timestamp is 3600 seconds before the time now"));
  CHECK(guessed.out.starts_with("The signature is right, and nothing"));
  const Ran fresh = desk.http(dump("/x", authorization, "Date: Sun, 17 Mar 2030 17:46:50 GMT\r\n"),
                              desk.external());
  CHECK_FALSE(has(fresh.out, "seconds before"));
  const Ran late = desk.http(dump("/x", authorization, "Date: Sun, 17 Mar 2030 17:48:00 GMT\r\n"),
                             desk.external());
  CHECK(has(late.out, "oauth_timestamp is 80 seconds before the time of the request"));
  CHECK(late.out.starts_with("The signature is right, but the request is refused:\n"));
}

TEST_CASE("forms, JSON bodies and override fields are looked at") {
  Desk desk;
  const std::string config = desk.external();
  const std::string url = "https://api.example.com/x";
  const std::string form = "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n";
  const std::string with_a = "a%3D1%26" + kOwn;
  CHECK(desk.http(dump("/x", field(base(url, with_a, "POST")), form, "POST") + "a=1", config)
            .out.starts_with("The signature is right"));
  CHECK(has(desk.http(dump("/x", field(base(url, kOwn, "POST")), form, "POST") + "a=1", config).out,
            "The form body was not signed"));
  const std::string json = "Content-Type: application/json\r\n";
  CHECK(has(
      desk.http(dump("/x", field(base(url, with_a, "POST")), json, "POST") + "{\"a\":1}", config)
          .out,
      "members of the JSON body"));
  CHECK(has(desk.http(dump("/x", field(base(url, kOwn, "PATCH")),
                           "X-HTTP-Method-Override: PATCH\r\n", "POST"),
                      config)
                .out,
            "override field"));
}

TEST_CASE("quirks of the route count") {
  Desk desk;
  const std::string authorization =
      field(base("https://api.example.com/x", kOwn), "client+secret&token/secret");
  const Ran without = desk.http(dump("/x", authorization), desk.external());
  CHECK(has(without.out, "set the quirk unencoded_key"));
  const Ran with = desk.http(
      dump("/x", authorization),
      desk.external("https://api.example.com", "path = \"/*\"\nquirks = [\"unencoded_key\"]\n"));
  CAPTURE(with.err);
  CHECK(with.out.starts_with("The signature is right"));
}

TEST_CASE("a PLAINTEXT signature is never shown, right or wrong") {
  Desk desk;
  const auto said = [&](const std::string& signature) {
    return desk
        .by_store("--http", dump("/x",
                                 "OAuth oauth_consumer_key=\"K\", oauth_token=\"T\", "
                                 "oauth_signature_method=\"PLAINTEXT\", oauth_signature=\"" +
                                     verify::percent_encode(signature) + "\""))
        .out;
  };
  CHECK(said(kKey).starts_with("The signature is right"));
  const std::string raw = said("client+secret&token/secret");
  CHECK(has(raw, "percent-encode each"));
  CHECK_FALSE(has(said("unheard+of&secret"), "unheard"));
}

TEST_CASE("a secret that a client sends as a parameter is not shown") {
  Desk desk;
  const Ran ran = desk.http(dump("/x?leak=" + verify::percent_encode(kClientSecret),
                                 field(base("https://api.example.com/x"))),
                            desk.external());
  CHECK(has(ran.out, "leak%3D[secret]"));
}

TEST_CASE("JSON has the same facts") {
  Desk desk;
  const std::string signed_base = base("http://api.example.com/x");
  const std::string own = desk.write("base.txt", signed_base).string();
  const Ran ran =
      desk.http(dump("/x", field(signed_base)), desk.external(), {"--base-string", own, "--json"});
  CHECK(ran.code == 0);
  const auto all = object(ran.out);
  CHECK(text(all.at("signature")) == "wrong");
  CHECK(all.at("cause_found").as_bool());
  const auto& miss = all.at("near_misses").as_array().at(0).as_object();
  CHECK(text(miss.at("changes").as_array().at(0).as_object().at("name")) == "http");
  CHECK(text(miss.at("base_string")) == signed_base);
  CHECK(miss.at("signature_fits").as_bool());
  CHECK(all.at("reasons").as_array().empty());
  CHECK(text(all.at("url")) == "https://api.example.com/x");
  CHECK(has(text(all.at("because")), "external_url"));
  CHECK(has(text(all.at("route")), "/*"));
  CHECK(text(all.at("client")) == "K");
  CHECK(text(all.at("user")) == "alice");
  CHECK(text(all.at("signature_method")) == "HMAC-SHA1");
  CHECK(text(all.at("base_string")) == base("https://api.example.com/x"));
  CHECK_FALSE(all.at("same_base_string").as_bool());
  CHECK(all.at("difference").as_object().at("byte").as_int64() == 9);
  CHECK(text(all.at("difference").as_object().at("part")) == "URL");
  CHECK(all.at("remarks").as_array().empty());
}

TEST_CASE("a mistake on the command line is one, and so is a file that can't be read") {
  Desk desk;
  const std::string config = desk.external();
  const std::string file = desk.write("request.txt", dump("/x", "OAuth")).string();
  const Words wrong[] = {
      {"explain", "--config", config},
      {"explain", "--http", file, "--curl", file, "--config", config},
      {"explain", "--http", file},
      {"explain", "--http", file, "--config", config, "--store", "s"},
      {"explain", "--http", "-", "--base-string", "-", "--config", config},
      {"explain", "request.txt", "--config", config},
  };
  for (const Words& words : wrong) CHECK(desk.run(words).code == 2);
  CHECK(desk.run({"explain", "--http", file + "x", "--config", config}).code == 1);
  const Ran garbage = desk.run({"explain", "--http", "-", "--config", config}, "hello\n");
  CHECK(garbage.code == 1);
  CHECK(has(garbage.err, "can't be read"));
  const Ran none = desk.run({"explain", "--curl", "-", "--config", config}, "wget x\n");
  CHECK(none.code == 1);
  CHECK(has(none.err, "no curl command"));
}
