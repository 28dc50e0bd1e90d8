#include "gateway/pages/sealed.h"

#include <doctest/doctest.h>

#include "gateway/pages/pages.h"

using namespace gateway::pages;

namespace {

const std::string kLre = "\xe2\x80\xaa", kRle = "\xe2\x80\xab", kPdf = "\xe2\x80\xac",
                  kLro = "\xe2\x80\xad", kRlo = "\xe2\x80\xae", kLri = "\xe2\x81\xa6",
                  kRli = "\xe2\x81\xa7", kFsi = "\xe2\x81\xa8", kPdi = "\xe2\x81\xa9",
                  kLs = "\xe2\x80\xa8", kPs = "\xe2\x80\xa9", kRlm = "\xe2\x80\x8f";

}  // namespace

TEST_CASE("what a text opens ends with it, and what it didn't open it can't close") {
  struct Case {
    std::string text, sealed;
  };
  const Case cases[] = {
      {"", ""},
      {"Photo printer", "Photo printer"},
      {"J\xc3\xbcrgen \xe2\x80\x9cx\xe2\x80\x9d \xf0\x9f\x94\x91",
       "J\xc3\xbcrgen \xe2\x80\x9cx\xe2\x80\x9d \xf0\x9f\x94\x91"},
      {kRlo + "abc", kRlo + "abc" + kPdf},
      {kLro + "a" + kPdf + "b", kLro + "a" + kPdf + "b"},
      {kLre + kRle + "a", kLre + kRle + "a" + kPdf + kPdf},
      {kRli + "a" + kRlo + "b", kRli + "a" + kRlo + "b" + kPdf + kPdi},
      {kPdi + "a" + kPdf + "b", "ab"},
      {kPdi + kPdi + kRlo + "a", kRlo + "a" + kPdf},
      {kFsi + "a" + kPdi + kPdi + "b", kFsi + "a" + kPdi + "b"},
      {kLri + kRlo + "a" + kPdi + "b", kLri + kRlo + "a" + kPdf + kPdi + "b"},
      {kRlo + kLri + "a" + kPdf + "b", kRlo + kLri + "ab" + kPdi + kPdf},
      {kRlo + "a" + kPs + "b" + kLs, kRlo + "a b " + kPdf},
      {"\xe2\x80", "\xe2\x80"},
      {"\xe2", "\xe2"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.text);
    CHECK(sealed(one.text) == one.sealed);
    CHECK(sealed(one.sealed) == one.sealed);
    CHECK(isolated(one.text) == kFsi + one.sealed + kPdi);
  }
}

TEST_CASE("what runs from right to left may turn a sentence, and other scripts may not") {
  for (const std::string& text :
       {std::string("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"), std::string("a \xd8\xb9 b"), kRlo, kPdi,
        kRlm, kPs, std::string("\xe0\xa1\x80"), std::string("\xef\xad\x90"),
        std::string("\xf0\x90\xa4\x80"), std::string("\xf0\x9e\xa4\x80")}) {
    CAPTURE(text);
    CHECK(may_turn(text));
  }
  for (const char* text :
       {"", "App (x)!", "J\xc3\xbcrgen", "\xd0\x90\xd0\xb1", "\xe4\xb8\xad",
        "\xe2\x80\x9cx\xe2\x80\x9d", "\xe2\x80\x93", "\xf0\x9f\x94\x91", "\xe0\xa4\x95"}) {
    CAPTURE(text);
    CHECK_FALSE(may_turn(text));
  }
}

TEST_CASE("whatever a client or a user is called, the page's own words keep their direction") {
  const Pages pages = Pages::defaults();
  const std::string name = kPdi + kRlo + "evil" + kPdi;
  const std::string inside = kRlo + "evil" + kPdf, object = kFsi + inside + kPdi;
  const Frame frame{.style_nonce = "n", .user = name, .sign_out_url = "/out"};
  const auto has = [](const std::string& page, const std::string& text) {
    CAPTURE(text);
    CHECK(page.find(text) != page.npos);
  };
  const std::string consent = pages.consent(frame, {.action = "/a",
                                                    .csrf = "c",
                                                    .oauth_token = "t",
                                                    .client = name,
                                                    .description = name,
                                                    .host = name,
                                                    .realms = {{"email", name}}});
  has(consent, "<title>Let " + object + " in?</title>");
  has(consent, "<h1>Let " + object + " in?</h1>");
  has(consent, object + " asks to use this service in your name.");
  has(consent, "you go back to " + object + ".");
  has(consent, "<bdi>" + inside + "</bdi></p>");
  has(consent, "<bdi>" + inside + "</bdi></span>");
  has(consent, "Signed in as " + object + ".");
  has(pages.sign_in(frame, {.client = name}), object + " wants to use this service");
  has(pages.code(frame, name, "1"), "Type this code into " + object + ":");
  const std::string grants =
      pages.grants(frame, "/g", {{.client = name, .key = "k", .realms = {{"r", name}}}}, name);
  has(grants, "<h2><bdi>" + inside + "</bdi></h2>");
  has(grants, "<li><bdi>" + inside + "</bdi></li>");
  has(grants, "aria-label=\"Revoke access of " + object + "\"");
  has(grants, object + " can no longer act in your name.");
  has(pages.sign_out(frame, "/o", "c"), "You are signed in as " + object + ".");
  for (const std::string& page : {consent, grants}) {
    CHECK(page.find(name) == page.npos);
  }
}
