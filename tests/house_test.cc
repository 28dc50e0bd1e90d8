// Every file keeps the rules of the house, and each rule finds the tree that breaks it.

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/house_rules.h"
#include "tests/source_dir.h"

namespace {

namespace fs = std::filesystem;
using tests::Lines;

// A tree of files, gone with the object.
class Tree {
 public:
  Tree(const std::string& name, const std::string& text) {
    std::string pattern = (fs::temp_directory_path() / "house-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    top_ = pattern;
    add(name, text);
  }
  ~Tree() { fs::remove_all(top_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  void add(const std::string& name, const std::string& text) {
    fs::create_directories((top_ / name).parent_path());
    std::ofstream(top_ / name, std::ios::binary) << text;
  }
  Lines violations() const { return tests::violations(top_); }

 private:
  fs::path top_;
};

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("every file of the house keeps its rules") {
  const Lines found = tests::violations(tests::source_dir());
  for (const std::string& violation : found) MESSAGE(violation);
  CHECK(found.empty());
}

TEST_CASE("every door that the table names exists") {
  for (const tests::Door& door : tests::kDoors) {
    for (const std::string_view file : door.files) {
      CAPTURE(file);
      CHECK(fs::exists(tests::source_dir() / file));
    }
  }
}

TEST_CASE("the arrows between rooms lead to rooms before them, hence in no circle") {
  for (std::size_t i = 0; i < tests::kRooms.size(); ++i) {
    for (const std::string_view used : tests::kRooms[i].may_use) {
      CAPTURE(used);
      const auto end = tests::kRooms.begin() + static_cast<std::ptrdiff_t>(i);
      const bool before = std::any_of(tests::kRooms.begin(), end, [used](const tests::Room& room) {
        return room.name == used;
      });
      CHECK(before);
    }
  }
}

TEST_CASE("every folder of the gateway with sources is a room, and every room is a folder") {
  for (const auto& entry : fs::directory_iterator(tests::source_dir() / "gateway")) {
    if (!fs::exists(entry.path() / "CMakeLists.txt")) continue;
    const std::string file = "gateway/" + entry.path().filename().string() + "/a.cc";
    CAPTURE(file);
    REQUIRE(tests::room_of(file) != nullptr);
    CHECK(tests::room_of(file)->name != "gateway");
  }
  for (const tests::Room& room : tests::kRooms) {
    CAPTURE(room.name);
    CHECK(fs::exists(tests::source_dir() / room.name));
  }
}

TEST_CASE("each rule finds the file that breaks it, once and at its line") {
  struct Case {
    std::string file, text, expected;
  };
  const std::string two = "void f() {\n  g(co_await a(), co_await b());\n}\n";
  const std::array cases{
      Case{"verify/a.cc", "#include \"store/env.h\"\n",
           "verify/a.cc:1: includes store/env.h against the arrows"},
      Case{"conf/a.cc", "\n#include \"verify/result.h\"\n",
           "conf/a.cc:2: includes verify/result.h against the arrows"},
      Case{"store/a.cc", "#include \"gateway/net/net.h\"\n",
           "store/a.cc:1: includes gateway/net/net.h against the arrows"},
      Case{"gateway/a.cc", "#include \"tests/a.h\"\n",
           "gateway/a.cc:1: includes tests/a.h against the arrows"},
      Case{"gateway/a.cc", "#include \"net.h\"\n",
           "gateway/a.cc:1: includes net.h against the arrows"},
      Case{"gateway/a.cc", "#include <lmdb.h>\n", "gateway/a.cc:1: is not the door of <lmdb.h>"},
      Case{"gateway/net/net.h", "#pragma once\n#include <boost/asio/ssl.hpp>\n",
           "gateway/net/net.h:2: is not the door of <boost/asio/ssl.hpp>"},
      Case{"store/a.cc", "#include <openssl/evp.h>\n",
           "store/a.cc:1: is not the door of <openssl/evp.h>"},
      Case{"gateway/a.cc", "#include <curl/curl.h>\n",
           "gateway/a.cc:1: includes <curl/curl.h>, which has no door"},
      Case{"gateway/a.cc", "#include <doctest/doctest.h>\n",
           "gateway/a.cc:1: is not the door of <doctest/doctest.h>"},
      Case{"conf/a.h", "// says\nint a();\n", "conf/a.h:1: does not begin with #pragma once"},
      Case{"conf/a.cc", "int a;\n\tint b;\n", "conf/a.cc:2: has a tab"},
      Case{"conf/a.toml", "a = 1 \n", "conf/a.toml:1: ends in white space"},
      Case{"tests/run",
           "# TO"
           "DO later\n",
           "tests/run:1: says TO"
           "DO"},
      Case{"conf/a.cc",
           "// see DESIGN"
           ".md\n",
           "conf/a.cc:1: says DESIGN"
           ".md"},
      Case{"conf/a.cc", repeated("\n", 401), "conf/a.cc:401: is longer than 400 lines"},
      Case{"conf/a.cc", "int f() {\n" + repeated("  g();\n", 59) + "}\n",
           "conf/a.cc:1: begins a function of more than 60 lines"},
      Case{"gateway/a.cc", two, "gateway/a.cc:2: has two co_await in one statement"},
      Case{"gateway/a.cc", "x = a ? co_await b() : c;\n", "gateway/a.cc:1: has co_await in ?:"},
      Case{"gateway/a.cc", "x = a ? b : co_await c();\n", "gateway/a.cc:1: has co_await in ?:"},
      Case{"gateway/a.cc", "\nx = Y{co_await c()};\n", "gateway/a.cc:2: has co_await in braces"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text.substr(0, 80));
    const Lines found = Tree(c.file, c.text).violations();
    REQUIRE(found.size() == 1);
    CHECK(found[0] == c.expected);
  }
}

TEST_CASE("what keeps the rules is not found fault with, up to the very bound") {
  struct Case {
    std::string file, text;
  };
  const std::array cases{
      Case{"store/env.cc",
           "#include <lmdb.h>\n#include <sys/stat.h>\n#include <vector>\n#include "
           "\"verify/result.h\"\n"},
      Case{"conf/a.h", "// What it is.\n\n#pragma once\nint a();\n"},
      Case{"conf/a.cc", repeated("\n", 400)},
      Case{"conf/a.cc", "int f() {\n" + repeated("  g();\n", 58) + "}\n"},
      Case{"conf/a.cc", "const std::vector<int> kTable{\n" + repeated("    f(1),\n", 90) + "};\n"},
      Case{"gateway/a.cc",
           "void f() {\n  co_await a();\n  co_await b();\n  if (x) { co_await c(); }\n}\n"},
      Case{"gateway/a.cc",
           "// a ? co_await b : {co_await c}\nauto s = \"? co_await {co_await\";\n"},
      Case{"gateway/a.cc",
           "switch (a) {\n  case std::size_t{1}: co_await b();\n}\nx = co_await a();\n"},
      Case{"conf/a.cc", "auto n = 1'000;\nchar q = '\"';\nauto r = R\"(\"//)\";\nint x;\n"},
      Case{"build/a.cc", "#include <lmdb.h>\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text.substr(0, 80));
    CHECK(Tree(c.file, c.text).violations() == Lines{});
  }
}

TEST_CASE("two types of one name in one program are found, whatever kind of type they are") {
  struct Case {
    std::string first, second, found;
  };
  const std::string count = "namespace store {\nstruct Count {\n  int a;\n};\n}\n";
  const std::array cases{
      Case{count, count, "store::Count"},
      Case{count, "namespace store {\nenum class Count : int { A };\n}\n", "store::Count"},
      Case{count, "namespace store {\nclass Count final : public Base {};\n}\n", "store::Count"},
      Case{count, "namespace store {\ntemplate <class T>\nstruct Count {};\n}\n", "store::Count"},
      Case{"struct A::B {};\n", "union A::B {};\n", "A::B"},
      Case{"namespace a::b {\nstruct C {};\n}\n", "namespace a::b {\nstruct C {};\n}\n", "a::b::C"},
      Case{count, "namespace store {\nnamespace {\nstruct Count {};\n}\n}\n", ""},
      Case{count, "namespace store {\nstruct Other {\n  struct Count {};\n};\n}\n", ""},
      Case{count, "namespace store {\nvoid f() {\n  struct Count {};\n}\n}\n", ""},
      Case{count, "namespace gateway {\nstruct Count {};\n}\n", ""},
      Case{count, "namespace store {\nstruct Count;\nenum class E { Count };\n}\n", ""},
      Case{"struct A<int> {};\n", "struct A<char> {};\n", ""},
      Case{"struct stat a {\n}, b{};\n", "struct stat a {\n}, b{};\n", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.second);
    for (const char* other : {"store/b.cc", "tests/store/b.cc"}) {
      Tree tree("store/a.cc", c.first);
      tree.add(other, c.second);
      const Lines found = tree.violations();
      REQUIRE(found.size() == (c.found.empty() ? 0u : 1u));
      if (!c.found.empty()) CHECK(found[0].find("defines " + c.found + ", as ") != found[0].npos);
    }
    Tree apart("tests/store/a.cc", c.first);
    apart.add("tests/gateway/b.cc", c.second);
    CHECK(apart.violations().empty());
  }
}
