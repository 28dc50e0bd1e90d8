#include "gateway/pages/texts.h"

#include <doctest/doctest.h>

using namespace gateway::pages;

TEST_CASE("a text is filled where its names are known, and left as it is elsewhere") {
  const Texts texts = Texts::defaults();
  CHECK(texts.text("consent", "title", {{"client", "{user} & co"}}) == "Let {user} & co in?");
  CHECK(texts.text("consent", "title", {}) == "Let {client} in?");
  CHECK(texts.text("consent", "no such key").empty());
  CHECK(texts.text("no such section", "title").empty());
}

TEST_CASE("a file of texts replaces what it names and keeps the rest") {
  const auto texts =
      Texts::defaults().with("[consent]\nallow = \"Zulassen\"\n[page]\nlang = \"de\"\n");
  REQUIRE(texts.ok());
  CHECK(texts->text("consent", "allow") == "Zulassen");
  CHECK(texts->text("consent", "deny") == "Deny");
  const auto umlauts = Texts::defaults().with("[consent]\ndeny = \"Übergehen {client}\"\n");
  REQUIRE(umlauts.ok());
  CHECK(umlauts->text("consent", "deny", {{"client", "é"}}) == "Übergehen é");
}

TEST_CASE("a text that there is not, or that is no text, is an error with its place") {
  const struct {
    const char* toml;
    const char* says;
  } kCases[] = {
      {"[consent]\nalow = \"x\"\n", "2:1: there is no text \"consent.alow\""},
      {"[consnt]\nallow = \"x\"\n", "there is no section \"consnt\""},
      {"consent = \"x\"\n", "there is no section \"consent\""},
      {"[consent]\nallow = 3\n", "2:9: consent.allow must be a string"},
      {"[consent\n", "1:"},
  };
  for (const auto& row : kCases) {
    CAPTURE(row.toml);
    const auto texts = Texts::defaults().with(row.toml);
    REQUIRE_FALSE(texts.ok());
    CHECK(texts.error().find(row.says) != std::string::npos);
  }
}
