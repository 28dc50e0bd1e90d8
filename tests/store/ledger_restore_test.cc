#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <thread>

#include "tests/store/ledger_support.h"

// Older files put back over a store whose gate has stopped. The files stay the same ones, so their
// identity tells nothing.

namespace store {

namespace {

namespace fs = std::filesystem;

enum class Way { Preserving, Plain, Replaced };  // cp -a, cp and rsync: in place or by renaming

void put_back(const fs::path& from, const fs::path& to, Way way) {
  struct stat found {};
  REQUIRE(::stat(from.c_str(), &found) == 0);
  if (way == Way::Replaced) {
    fs::copy_file(from, to.string() + ".new");
    fs::rename(to.string() + ".new", to);
  } else {
    overwrite(to, bytes_of(from));
  }
  if (way == Way::Plain) return;
  const timespec times[2] = {found.st_atim, found.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, to.c_str(), times, 0) == 0);
}

struct Case {
  std::vector<const char*> files;
  Way way;
  bool copied_open;  // the copy was taken while the gate ran
  bool closed;       // the last stop was clean
  bool rebooted;     // before the files were put back
};

// What was accepted after the copy was taken is not accepted again.
void check(const Case& one) {
  CAPTURE(one.files[0]);
  CAPTURE(one.files.size());
  CAPTURE(static_cast<int>(one.way));
  CAPTURE(one.copied_open);
  CAPTURE(one.closed);
  CAPTURE(one.rebooted);
  LedgerDir dir;
  const fs::path copy = dir.path().parent_path() / "copy";
  const auto take_copy = [&] { fs::copy(dir.path(), copy, fs::copy_options::recursive); };
  {
    auto ledger = dir.open(1000);
    REQUIRE(claim(*ledger, 1000, "before") == Verdict::Fresh);
    if (!one.copied_open) {
      must(ledger->close());
      ledger.reset();
      take_copy();
      ledger = dir.open(1000);
    } else {
      take_copy();
    }
    // The kernel's clock has ticked.
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    REQUIRE(claim(*ledger, 1001, "n") == Verdict::Fresh);
    REQUIRE(claim(*ledger, 1001, "m") == Verdict::Fresh);
    if (one.closed) must(ledger->close());
  }
  if (one.rebooted) dir.reboot();
  for (const char* name : one.files) put_back(copy / name, dir.path() / name, one.way);
  const auto ledger = dir.open(1001);
  CHECK(claim(*ledger, 1000, "before") != Verdict::Fresh);
  CHECK(claim(*ledger, 1001, "n") != Verdict::Fresh);
  CHECK(claim(*ledger, 1001, "m") != Verdict::Fresh);
  CHECK(claim(*ledger, 1071, "later") == Verdict::Fresh);
}

constexpr const char* kData = "ledger/data.mdb";

}  // namespace

TEST_CASE("a store put back over one that had stopped accepts nothing twice, in whatever way") {
  for (const Way way : {Way::Preserving, Way::Plain, Way::Replaced})
    for (const bool copied_open : {false, true})
      for (const bool closed : {false, true})
        for (const bool rebooted : {false, true})
          for (const auto& files : std::vector<std::vector<const char*>>{{kData, "mark", "pulse"},
                                                                         {kData, "mark"},
                                                                         {kData, "pulse"},
                                                                         {"mark", "pulse"},
                                                                         {"mark"},
                                                                         {kData},
                                                                         {"pulse"},
                                                                         {"credentials/data.mdb"}})
            check({files, way, copied_open, closed, rebooted});
}

TEST_CASE("files of a closed store that were given to another owner count as put back") {
  for (const char* name : {"mark", kData}) {
    CAPTURE(name);
    LedgerDir dir;
    {
      const auto ledger = dir.open(1000);
      REQUIRE(claim(*ledger, 1000, "n") == Verdict::Fresh);
      must(ledger->close());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    REQUIRE(::chown((dir.path() / name).c_str(), ::geteuid(), ::getegid()) == 0);
    const auto ledger = dir.open(1000);
    CHECK(ledger->floor() == (std::string(name) == "mark" ? 1060 : ledger->mark()));
    CHECK(ledger->floor() >= 1000);
    CHECK(ledger->entries() == 0);
  }
}

TEST_CASE("a pulse that is missing, cut short, a copy or odd costs an open ledger its trust only") {
  for (int round = 0; round < 4; ++round)
    for (const bool closed : {false, true}) {
      CAPTURE(round);
      CAPTURE(closed);
      LedgerDir dir;
      const fs::path pulse = dir.path() / "pulse";
      {
        const auto ledger = dir.open(1000);
        REQUIRE(claim(*ledger, 1000, "n") == Verdict::Fresh);
        if (closed) must(ledger->close());
      }
      if (round == 0) fs::remove(pulse);
      if (round == 1) fs::resize_file(pulse, 5);
      if (round == 2) put_back(pulse, pulse, Way::Replaced);
      if (round == 3) overwrite(pulse, std::string(4096, 'x'));
      const auto ledger = dir.open(1000);
      CHECK(claim(*ledger, 1000, "n") == (closed ? Verdict::Replayed : Verdict::TooOld));
      CHECK(ledger->floor() == (closed ? 0 : ledger->mark()));
    }
}

}  // namespace store
