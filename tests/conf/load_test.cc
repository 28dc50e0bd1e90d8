#include "conf/load.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "conf/review.h"
#include "tests/conf/mistakes.h"
#include "tests/source_dir.h"

namespace {

namespace fs = std::filesystem;

// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "portcullis-conf-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  std::string at(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::vector<conf::Error> mistakes(const conf::Loaded& loaded) {
  const auto* found = std::get_if<std::vector<conf::Error>>(&loaded);
  return found ? *found : std::vector<conf::Error>{};
}

bool is_default(const conf::Loaded& loaded) {
  const auto* settings = std::get_if<conf::Settings>(&loaded);
  return settings && *settings == conf::Settings{};
}

}  // namespace

TEST_CASE("an empty file is the defaults") {
  for (const std::string text :
       {"", "\n", "# nothing\r\n", "\xef\xbb\xbf", "\xef\xbb\xbf# \u00e9", "[listen]\n"}) {
    CAPTURE(text);
    CHECK(settings_of(text) == conf::Settings{});
  }
}

TEST_CASE("every mistake of a file is reported, in the order of the file") {
  check_mistakes(
      {{R"([timeouts]
idle = 5
[[route]]
path = "a"
[log]
levle = "info"
[nowhere]
x = 1
)",
        {"2:8: timeouts.idle must be a duration above zero such as \"500ms\", \"60s\" or "
         "\"10m\", not 5",
         "3:1: route.upstream is missing",
         "4:8: route.path \"a\" is no path pattern: it must begin with \"/\"",
         "6:1: unknown key \"levle\" in log; did you mean \"level\"?",
         "7:2: unknown key \"nowhere\""}}});
}

TEST_CASE("an unknown key is reported with the nearest one that exists") {
  check_mistakes({
      {"[[routes]]", {"1:3: unknown key \"routes\"; did you mean \"route\"?"}},
      {"[oauth]\nenforce_ssl = true",
       {"2:1: unknown key \"enforce_ssl\" in oauth; did you mean \"enforce_tls\"?"}},
      {"[listen]\nlisten.x = 1", {"2:1: unknown key \"listen\" in listen"}},
      {"\"\\u001b\\u0007\" = 1", {"1:1: unknown key \"\\x1b\\x07\""}},
      {"\"\u00e9\" = 1", {"1:1: unknown key \"\\xc3\\xa9\""}},
      {"x = {y = {z = {}}}", {"1:1: unknown key \"x\""}},
  });
  const std::string longest(81, 'x');
  CHECK(mistakes_of(longest + " = 1") ==
        std::vector<std::string>{"1:1: unknown key \"" + longest.substr(1) + "...\""});
  CHECK(mistakes_of(longest.substr(1) + " = 1") ==
        std::vector<std::string>{"1:1: unknown key \"" + longest.substr(1) + "\""});
}

TEST_CASE("what is not TOML is reported where that shows") {
  const std::pair<std::string, std::string> cases[] = {
      {"[$", "1:2: not TOML: "},
      {"[listen\naddress = 1", "1:8: not TOML: "},
      {"[listen]\naddress =", "2:10: not TOML: "},
      {"[listen]\nthreads = 1\nthreads = 2", "3:11: not TOML: "},
      {"a = \"b", "1:7: not TOML: "},
      {"a = 'b\n'", "1:7: not TOML: "},
      {"\u00e9 = 1", "1:1: a character that can only stand in"},
      {"a = 1\nb = \"\x80\"", "2:6: a byte that is not UTF-8: \\x80"},
  };
  for (const auto& [text, begin] : cases) {
    CAPTURE(text);
    const std::vector<std::string> found = mistakes_of(text);
    REQUIRE(found.size() == 1);
    CHECK(found[0].substr(0, std::string(begin).size()) == begin);
  }
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(
      mistakes_of("x = \"\u00e9\u00e9\u00e9\"\n[log]\n\"\u00e9\".a = 1") ==
      std::vector<std::string>{"1:1: unknown key \"x\"", "3:1: unknown key \"\\xc3\\xa9\" in log"});
  CHECK(mistakes_of("log = { file = \"\u00e9\u00e9\u00e9\", x = 1 }") ==
        std::vector<std::string>{"1:23: unknown key \"x\" in log"});
}

TEST_CASE("what is nested deeper than any key is an unknown key, not a fault") {
  std::string text = "x = ";
  for (int i = 0; i < 200; ++i) text += "{a=[";
  for (int i = 0; i < 200; ++i) text += "]}";
  CHECK(mistakes_of(text).size() == 1);
  text = "log" + std::string(64, '.');
  std::string dotted = "[log";
  for (int i = 0; i < 64; ++i) dotted += ".a";
  CHECK(mistakes_of(dotted + "]").size() == 1);
}

TEST_CASE("a file is loaded as its text is") {
  const Folder folder;
  CHECK(is_default(conf::load_file(folder.write("empty", ""))));
  const conf::Loaded loaded = conf::load_file(folder.write("x", "\nx = 1"));
  REQUIRE(mistakes(loaded).size() == 1);
  CHECK(conf::to_string("x", mistakes(loaded)[0]) == "x:2:1: unknown key \"x\"");
}

TEST_CASE("a file that cannot be read is a mistake without place") {
  const Folder folder;
  const auto missing = mistakes(conf::load_file(folder.at("missing")));
  REQUIRE(missing.size() == 1);
  CHECK(conf::to_string("missing", missing[0]) ==
        "missing: can't read the file: No such file or directory");
  const auto directory = mistakes(conf::load_file(folder.at("")));
  REQUIRE(directory.size() == 1);
  CHECK(conf::to_string("d", directory[0]) == "d: can't read the file: Is a directory");
}

TEST_CASE("a file of 1 MiB is read, a larger one is not") {
  const Folder folder;
  const std::string text((1 << 20) - 1, '#');
  CHECK(is_default(conf::load_file(folder.write("full", text + "\n"))));
  const auto larger = mistakes(conf::load_file(folder.write("larger", text + "#\n")));
  REQUIRE(larger.size() == 1);
  CHECK(larger[0].sentence == "the file is larger than 1 MiB");
}

TEST_CASE("the name of a file cannot steer the terminal") {
  CHECK(conf::to_string("a\x1b[2J\n", {{1, 2}, "s"}) == "a\\x1b[2J\\x0a:1:2: s");
}

TEST_CASE("the seeds of the fuzzer give a verdict that can be printed") {
  int seeds = 0;
  for (const auto& entry :
       fs::directory_iterator(tests::source_dir() / "tests/fuzzing/seeds/conf")) {
    CAPTURE(entry.path().string());
    ++seeds;
    const conf::Loaded loaded = conf::load_file(entry.path());
    if (const auto* settings = std::get_if<conf::Settings>(&loaded)) {
      conf::warnings(*settings);
      conf::not_yet_in_effect(*settings);
      continue;
    }
    CHECK_FALSE(mistakes(loaded).empty());
    for (const conf::Error& mistake : mistakes(loaded)) {
      CHECK(mistake.where.line > 0);
      CHECK(mistake.where.column > 0);
      for (const char c : mistake.sentence) CHECK((c >= ' ' && c <= '~'));
    }
  }
  CHECK(seeds > 0);
}
