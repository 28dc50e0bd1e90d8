#include "store/new_file.h"

#include <unistd.h>

#include <csignal>

#include "tests/store/support.h"

namespace store {

namespace {

namespace fs = std::filesystem;

using enum NewFile::Kind;
using enum NewFile::Taken;

NewFile made(const fs::path& folder, NewFile::Kind kind, std::string_view text) {
  NewFile file = must(NewFile::make(folder, kind));
  REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return file;
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a new file is under its name whole, for its owner alone, or not at all") {
  for (const NewFile::Kind kind : {Nameless, Temporary}) {
    const TempDir dir;
    const fs::path name = dir / "file";
    { made(dir.path(), kind, "half"); }
    CHECK(files_in(dir.path()) == 0);
    must(made(dir.path(), kind, "one").publish(name, Refuse));
    CHECK(bytes_of(name) == "one");
    CHECK(fs::status(name).permissions() == fs::perms(0600));
    CHECK(kind_of(made(dir.path(), kind, "two").publish(name, Refuse)) == Kind::Exists);
    CHECK(bytes_of(name) == "one");
    must(made(dir.path(), kind, "three").publish(name, Replace));
    CHECK(bytes_of(name) == "three");
    CHECK(files_in(dir.path()) == 1);
    CHECK_FALSE(NewFile::make(dir / "none", kind).ok());
    CHECK_FALSE(made(dir.path(), kind, "four").publish(dir / "none" / "file", Replace).ok());
    CHECK(files_in(dir.path()) == 1);
  }
}

TEST_CASE("a link in place of a new file is replaced or refused, and never followed") {
  for (const NewFile::Kind kind : {Nameless, Temporary}) {
    const TempDir dir;
    overwrite(dir / "victim", "precious");
    fs::create_symlink(dir / "victim", dir / "link");
    CHECK(kind_of(made(dir.path(), kind, "x").publish(dir / "link", Refuse)) == Kind::Exists);
    must(made(dir.path(), kind, "x").publish(dir / "link", Replace));
    CHECK_FALSE(fs::is_symlink(dir / "link"));
    CHECK(bytes_of(dir / "victim") == "precious");
  }
}

TEST_CASE("a signal that ends the program leaves nothing of a new file") {
  for (const NewFile::Kind kind : {Nameless, Temporary})
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
      const TempDir dir;
      Pipe ready;
      Child child([&] {
        std::signal(number, SIG_DFL);  // the test program has handlers of its own
        const NewFile file = made(dir.path(), kind, "secret");
        ready.send("x");
        ::raise(number);
        for (;;) ::pause();
        return 0;
      });
      REQUIRE(ready.receive(1) == "x");
      CHECK(child.wait() != 0);
      CHECK(files_in(dir.path()) == 0);
    }
}

TEST_CASE("a signal that is ignored lets a new file be, and handlers are as they were after it") {
  const TempDir dir;
  std::signal(SIGPIPE, SIG_IGN);
  NewFile file = made(dir.path(), Temporary, "text");
  ::raise(SIGPIPE);
  must(file.publish(dir / "file", Refuse));
  CHECK((std::signal(SIGPIPE, SIG_DFL) == SIG_IGN));
  CHECK((std::signal(SIGHUP, SIG_DFL) == SIG_DFL));
  CHECK(bytes_of(dir / "file") == "text");
}

}  // namespace store
