#include "conf/pattern.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

namespace {

conf::Pattern pattern(std::string_view text) {
  std::string why;
  auto parsed = conf::parse_pattern(text, why);
  CAPTURE(text);
  CAPTURE(why);
  REQUIRE(parsed);
  return *parsed;
}

std::mt19937 dice(20'07);

std::size_t roll(std::size_t sides) { return dice() % sides; }

// Few words and short paths, so that patterns and paths meet often.
std::string random_pattern() {
  const char* const kPieces[] = {"/a", "/b", "/{x}"};
  std::string text;
  for (std::size_t i = 0, n = roll(4); i < n; ++i) {
    const std::size_t piece = roll(3);
    text += piece < 2 ? kPieces[piece] : "/{x" + std::to_string(i) + "}";
  }
  const std::size_t end = roll(4);
  if (end == 0) return text + "/*";
  if (end == 1 || text.empty()) return text + "/";
  return text;
}

std::string random_path() {
  const char* const kPieces[] = {"/a", "/b", "/c", "/"};
  std::string path = kPieces[roll(4)];
  for (std::size_t i = 0, n = roll(4); i < n; ++i) path += kPieces[roll(4)];
  return path;
}

// Every path of up to four segments over the words that patterns use, and one that none uses.
std::vector<std::string> all_paths() {
  std::vector<std::string> paths = {""};
  std::vector<std::string> out;
  for (int length = 0; length < 4; ++length) {
    std::vector<std::string> longer;
    for (const std::string& path : paths) {
      for (const char* piece : {"/", "/a", "/b", "/c"}) longer.push_back(path + piece);
    }
    out.insert(out.end(), longer.begin(), longer.end());
    paths = std::move(longer);
  }
  return out;
}

}  // namespace

TEST_CASE("a pattern matches the paths that it describes, and no others") {
  struct Case {
    std::string pattern;
    std::string path;
    bool fits;
  };
  const Case cases[] = {
      {"/", "/", true},
      {"/", "/a", false},
      {"/", "", false},
      {"/", "//", false},
      {"/api/email", "/api/email", true},
      {"/api/email", "/api/email/", false},
      {"/api/email", "/api/Email", false},
      {"/api/email", "/api", false},
      {"/api/email", "api/email", false},
      {"/api/email", "/api/emails", false},
      {"/api/", "/api/", true},
      {"/api/", "/api", false},
      {"/users/{id}/mail", "/users/7/mail", true},
      {"/users/{id}/mail", "/users//mail", false},
      {"/users/{id}/mail", "/users/7/8/mail", false},
      {"/users/{id}/mail", "/users/7", false},
      {"/users/{id}", "/users/", false},
      {"/users/{id}", "/users/a%2Fb", true},
      {"/api/*", "/api/", true},
      {"/api/*", "/api/a", true},
      {"/api/*", "/api/a/b/", true},
      {"/api/*", "/api", false},
      {"/api/*", "/apis/a", false},
      {"/api/*", "/", false},
      {"/*", "/", true},
      {"/*", "/a/b", true},
      {"/*", "*", false},
      {"/*", "", false},
      {"/{x}/*", "/a/", true},
      {"/{x}/*", "/a", false},
      {"/{x}/*", "//a", false},
      {"/a%20b", "/a%20b", true},
      {"/a%20b", "/a b", false},
  };
  for (const auto& [text, path, fits] : cases) {
    CAPTURE(text);
    CAPTURE(path);
    CHECK(conf::matches(pattern(text), path) == fits);
  }
}

TEST_CASE("what is no pattern is refused with a reason") {
  const std::pair<std::string, std::string> cases[] = {
      {"", "it must begin with \"/\""},
      {"api", "it must begin with \"/\""},
      {"*", "it must begin with \"/\""},
      {"/a*", "'*' can only be the whole last segment, as in \"/api/*\""},
      {"/*/a", "'*' can only be the whole last segment, as in \"/api/*\""},
      {"/**", "'*' can only be the whole last segment, as in \"/api/*\""},
      {"/a/{x}b",
       "a capture is a whole segment with a name of letters, digits and '_', as in "
       "\"/users/{id}\""},
      {"/{}",
       "a capture is a whole segment with a name of letters, digits and '_', as in "
       "\"/users/{id}\""},
      {"/{a-b}",
       "a capture is a whole segment with a name of letters, digits and '_', as in "
       "\"/users/{id}\""},
      {"/{a",
       "a capture is a whole segment with a name of letters, digits and '_', as in "
       "\"/users/{id}\""},
      {"/{x}/{x}", "it captures \"x\" twice"},
      {"/a?b", "only the path decides: it can't hold '?' or '#'"},
      {"/a#b", "only the path decides: it can't hold '?' or '#'"},
      {"//", "an empty segment would never match"},
      {"/a//b", "an empty segment would never match"},
      {"//*", "an empty segment would never match"},
      {"/a/./b", "a dot segment would never match"},
      {"/a/..", "a dot segment would never match"},
      {"/a b", "what a path can't hold as it is must be percent-encoded"},
      {"/\xc3\xa9", "what a path can't hold as it is must be percent-encoded"},
      {"/a\\b", "what a path can't hold as it is must be percent-encoded"},
      {"/a%2", "what a path can't hold as it is must be percent-encoded"},
      {"/a%zz", "what a path can't hold as it is must be percent-encoded"},
  };
  for (const auto& [text, reason] : cases) {
    CAPTURE(text);
    std::string why;
    CHECK_FALSE(conf::parse_pattern(text, why));
    CHECK(why == reason);
  }
}

TEST_CASE("exact comes before captures, captures before '*', and a longer '*' before a shorter") {
  // Each comes before all that follow.
  const char* const kOrder[] = {"/a/b/c",     "/a/b/{y}",     "/a/{x}/c", "/a/{x}/{y}", "/{w}/b/c",
                                "/{w}/{x}/c", "/{w}/{x}/{y}", "/a/b/*",   "/a/{x}/*",   "/{w}/b/*",
                                "/{w}/{x}/*", "/a/*",         "/{w}/*",   "/*"};
  for (std::size_t i = 0; i < std::size(kOrder); ++i) {
    for (std::size_t j = 0; j < std::size(kOrder); ++j) {
      CAPTURE(kOrder[i]);
      CAPTURE(kOrder[j]);
      const int expected = i < j ? -1 : (i > j ? 1 : 0);
      CHECK(conf::compare(pattern(kOrder[i]), pattern(kOrder[j])) == expected);
      CHECK(conf::matches(pattern(kOrder[j]), "/a/b/c"));
    }
  }
}

TEST_CASE("patterns tie if some path fits both and neither is more exact") {
  struct Case {
    std::string a;
    std::string b;
    bool ties;
  };
  const Case cases[] = {
      {"/a", "/a", true},
      {"/a", "/b", false},
      {"/{x}", "/{y}", true},
      {"/a", "/{y}", false},
      {"/a/{x}", "/a/{y}", true},
      {"/a/{x}", "/b/{y}", false},
      {"/a/{x}/c", "/a/b/{y}", false},
      {"/a/*", "/a/*", true},
      {"/a/*", "/b/*", false},
      {"/{x}/*", "/{y}/*", true},
      {"/a/*", "/a/b/*", false},
      {"/a/*", "/a/", false},
      {"/a", "/a/", false},
      {"/{x}/a", "/{y}", false},
  };
  for (const auto& [a, b, ties] : cases) {
    CAPTURE(a);
    CAPTURE(b);
    CHECK(conf::tie(pattern(a), pattern(b)) == ties);
    CHECK(conf::tie(pattern(b), pattern(a)) == ties);
  }
}

TEST_CASE("compare is a strict weak order on any patterns") {
  for (int round = 0; round < 20'000; ++round) {
    const conf::Pattern a = pattern(random_pattern());
    const conf::Pattern b = pattern(random_pattern());
    const conf::Pattern c = pattern(random_pattern());
    CAPTURE(a.text);
    CAPTURE(b.text);
    CAPTURE(c.text);
    const int ab = conf::compare(a, b);
    const int bc = conf::compare(b, c);
    REQUIRE(conf::compare(a, a) == 0);
    REQUIRE(conf::compare(b, a) == -ab);
    if (ab <= 0 && bc <= 0) REQUIRE(conf::compare(a, c) == std::min(ab, bc));
  }
}

TEST_CASE("two patterns tie exactly if they are equal in order and share a path") {
  const std::vector<std::string> paths = all_paths();
  int ties = 0;
  for (int round = 0; round < 3'000; ++round) {
    const conf::Pattern a = pattern(random_pattern());
    const conf::Pattern b = pattern(random_pattern());
    CAPTURE(a.text);
    CAPTURE(b.text);
    bool shared = false;
    for (const std::string& path : paths) {
      shared = shared || (conf::matches(a, path) && conf::matches(b, path));
    }
    REQUIRE(conf::tie(a, b) == (shared && conf::compare(a, b) == 0));
    ties += conf::tie(a, b);
  }
  CHECK(ties > 100);
}

TEST_CASE("among patterns without ties one match is before all others") {
  for (int round = 0; round < 5'000; ++round) {
    std::vector<conf::Pattern> routes;
    for (int i = 0; i < 8; ++i) {
      conf::Pattern next = pattern(random_pattern());
      bool tied = false;
      for (const conf::Pattern& route : routes) tied = tied || conf::tie(route, next);
      if (!tied) routes.push_back(std::move(next));
    }
    const std::string path = random_path();
    CAPTURE(path);
    for (const conf::Pattern& a : routes) {
      for (const conf::Pattern& b : routes) {
        if (&a == &b || !conf::matches(a, path) || !conf::matches(b, path)) continue;
        CAPTURE(a.text);
        CAPTURE(b.text);
        REQUIRE(conf::compare(a, b) != 0);
      }
    }
  }
}
