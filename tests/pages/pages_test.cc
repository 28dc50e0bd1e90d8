#include "gateway/pages/pages.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

using namespace gateway::pages;
namespace fs = std::filesystem;

const Frame kFrame{.style_nonce = "NONCE", .user = "al<ice", .sign_out_url = "/oauth/sign_out"};

bool has(const std::string& page, std::string_view part) { return page.find(part) != page.npos; }

std::size_t count(const std::string& page, std::string_view part) {
  std::size_t out = 0;
  for (std::size_t at = 0; (at = page.find(part, at)) != page.npos; at += part.size()) ++out;
  return out;
}

class Folder {
 public:
  Folder() {
    std::string name = fs::temp_directory_path() / "pages-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }
  std::string path() const { return path_; }

 private:
  fs::path path_;
};

Consent consent() {
  return {.action = "/oauth/authorize",
          .csrf = "CSRF",
          .oauth_token = "TOKEN",
          .client = "Shop <script>",
          .description = "Sells \"things\"",
          .host = "shop.example",
          .realms = {{"email", "Read your mail address"}, {"address", ""}}};
}

}  // namespace

TEST_CASE("the consent page names client, host, user and realms, all escaped") {
  const std::string page = Pages::defaults().consent(kFrame, consent());
  for (const std::string_view part :
       {"Shop &lt;script&gt;", "Sells &quot;things&quot;", "shop.example", "al&lt;ice",
        "Read your mail address", "name=\"realm\" value=\"email\" checked",
        "name=\"realm\" value=\"address\" checked", "name=\"oauth_token\" value=\"TOKEN\"",
        "name=\"csrf\" value=\"CSRF\"", "name=\"confirm\" value=\"yes\">Allow<",
        "name=\"confirm\" value=\"no\">Deny<", "href=\"/oauth/sign_out\"", "<!DOCTYPE html>",
        "nonce=\"NONCE\""}) {
    CAPTURE(part);
    CHECK(has(page, part));
  }
  CHECK_FALSE(has(page, "<script"));
  CHECK(count(page, "<form") == 1);
  CHECK_FALSE(has(page, "verif"));
  CHECK_FALSE(has(page, "{{"));
}

TEST_CASE("a consent without realms has no boxes, and one without callback speaks of a code") {
  Consent asked = consent();
  asked.realms.clear();
  asked.host = {};
  const std::string page = Pages::defaults().consent(kFrame, asked);
  CHECK_FALSE(has(page, "checkbox"));
  CHECK_FALSE(has(page, "fieldset>"));
  CHECK(has(page, "a code to type in"));
}

TEST_CASE("the sign-in page has the fields that password managers know, and says what went wrong") {
  SignIn asked{.action = "/oauth/sign_in",
               .csrf = "C",
               .next = "/oauth/authorize?oauth_token=T",
               .client = "Shop",
               .username = "bob\"",
               .seconds = "30"};
  const Frame nobody{.style_nonce = "N"};
  const Pages pages = Pages::defaults();
  const std::string first = pages.sign_in(nobody, asked);
  CHECK(has(first, "name=\"username\" value=\"bob&quot;\" autocomplete=\"username\""));
  CHECK(has(first, "name=\"password\" type=\"password\" autocomplete=\"current-password\""));
  CHECK(has(first, "<label for=\"username\">"));
  CHECK(has(first, "Shop wants to use"));
  CHECK_FALSE(has(first, "role=\"alert\""));
  CHECK_FALSE(has(first, "Signed in as"));
  asked.problem = SignIn::Problem::Throttled;
  CHECK(has(pages.sign_in(nobody, asked), "Wait 30 seconds"));
  asked.problem = SignIn::Problem::Failed;
  CHECK(has(pages.sign_in(nobody, asked), "role=\"alert\""));
}

TEST_CASE("the code stands in the one element that scripts look for") {
  const std::string page = Pages::defaults().code(kFrame, "Shop", "123-456");
  CHECK(has(page, "id=\"oauth_verifier\">123-456</code>"));
  CHECK(count(page, "verif") == 1);
}

TEST_CASE(
    "an error page says a known word's sentence, and of any other that something went wrong") {
  const Pages pages = Pages::defaults();
  CHECK(has(pages.error(kFrame, "denied", "R1"), "Access was denied."));
  CHECK(has(pages.error(kFrame, "denied", "R1"), "Request R1"));
  for (const std::string_view odd : {"", "no_such", "<script>alert(1)</script>", "unknown"}) {
    const std::string page = pages.error(kFrame, odd, "");
    CHECK(has(page, "Something went wrong."));
    CHECK_FALSE(has(page, "<script"));
    CHECK_FALSE(has(page, "Request "));
  }
}

TEST_CASE("the page of grants has a form for each, and says what was taken away") {
  const Pages pages = Pages::defaults();
  const std::vector<Grant> grants{
      {"Shop & Co", "K1", "C1", {{"email", "Read your <mail> address"}, {"address", ""}}},
      {"Bank", "K2", "C2", {}}};
  const std::string page = pages.grants(kFrame, "/oauth/grants", grants, "Old <app>");
  CHECK(count(page, "<form method=\"post\" action=\"/oauth/grants\"") == 2);
  CHECK(has(page, "Shop &amp; Co"));
  CHECK(has(page, "<li><bdi>Read your &lt;mail&gt; address</bdi></li>"));
  CHECK(has(page, "<li><bdi>address</bdi></li>"));
  CHECK(has(page, "It may use what this service offers"));
  CHECK(has(page, "Old &lt;app&gt; can no longer"));
  CHECK(has(page, "aria-label=\"Revoke access of Bank\""));
  CHECK(has(pages.grants(kFrame, "/g", {}, ""), "No application can use"));
}

TEST_CASE("signing out asks first, and then says so") {
  const Pages pages = Pages::defaults();
  const std::string page = pages.sign_out(kFrame, "/oauth/sign_out", "C");
  CHECK(has(page, "You are signed in as al&lt;ice."));
  CHECK(count(page, "/oauth/sign_out") == 1);
  CHECK(has(pages.signed_out({.style_nonce = "N"}), "You are signed out here"));
}

TEST_CASE("an operator's template and texts take the place of ours") {
  const Folder folder;
  folder.write("error.mustache", "<h1>Oh no</h1><p>{{problem}}</p>");
  folder.write("notes.txt", "{{{not a template}}}");
  const std::string texts = folder.write("texts.toml", "[errors]\ndenied = \"Nein <b>\"\n");
  const auto pages = Pages::load(folder.path(), texts);
  REQUIRE(pages.ok());
  CHECK(pages->error(kFrame, "denied", "R") == "<h1>Oh no</h1><p>Nein &lt;b&gt;</p>");
  CHECK(has(pages->signed_out(kFrame), "<!DOCTYPE html>"));
}

TEST_CASE("an operator's template that leaks, or lacks what others rely on, is refused by name") {
  const struct {
    const char* name;
    const char* text;
    const char* says;
  } kCases[] = {
      {"error.mustache", "{{{problem}}}", "unescaped"},
      {"error.mustache", "nothing", "lacks {{problem}}"},
      {"head.mustache", "{{#open}}", "head.mustache"},
      {"sign_in.mustache", "{{action}}{{csrf}}{{next}}name=\"username\"", "name=\"password\""},
      {"code.mustache", "<code>{{code}}</code>", "id=\"oauth_verifier\""},
      {"consent.mustache", "{{action}}{{csrf}}{{oauth_token}}", "name=\"realm\""},
  };
  for (const auto& row : kCases) {
    const Folder folder;
    folder.write(row.name, row.text);
    const auto pages = Pages::load(folder.path(), "");
    REQUIRE_FALSE(pages.ok());
    CAPTURE(pages.error());
    CHECK(has(pages.error(), row.says));
    CHECK(has(pages.error(), row.name));
  }
  CHECK_FALSE(Pages::load("/nowhere/at/all", "").ok());
  CHECK_FALSE(Pages::load("", "/nowhere/at/all").ok());
}

TEST_CASE(
    "the policy of a page lets nothing in but its own style and nothing out but its own forms") {
  CHECK(content_security_policy("N", "") ==
        "default-src 'none'; style-src 'nonce-N'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'");
  CHECK(content_security_policy("N", "https://app.example:8443") ==
        "default-src 'none'; style-src 'nonce-N'; img-src 'self'; form-action 'self' "
        "https://app.example:8443; frame-ancestors 'none'; base-uri 'none'");
}
