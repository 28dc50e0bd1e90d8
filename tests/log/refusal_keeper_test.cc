#include "gateway/log/refusal_keeper.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "tests/support/fixed_clock.h"
#include "tests/support/stores.h"
#include "tests/support/temp_folder.h"

// How many refusals are kept, and that whatever becomes of them stops nothing.

namespace {

using gateway::log::Log;
using gateway::log::RefusalKeeper;
using gateway::testing::TempFolder;
using std::chrono::milliseconds;

store::KeptRefusal a_refusal(const std::string& id) {
  store::KeptRefusal out;
  out.request_id = id;
  out.reason = "nonce_used";
  return out;
}

bool found(const TempFolder& folder, const std::string& id) {
  return store::find_refusal(folder.path(), id).ok();
}

conf::Log to_file(const TempFolder& folder) {
  conf::Log settings;
  settings.file = folder.path() / "log";
  return settings;
}

std::string logged(const TempFolder& folder) {
  std::ifstream in(folder.path() / "log");
  return {std::istreambuf_iterator<char>(in), {}};
}

int admitted(RefusalKeeper& keeper, RefusalKeeper::Time now, int asked) {
  int count = 0;
  for (int i = 0; i < asked; ++i) count += keeper.admit(now) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a burst is kept, then ten a second, and never more than a burst at once") {
  const TempFolder folder;
  Log log(to_file(folder));
  RefusalKeeper keeper(folder.path(), 1, log);
  const RefusalKeeper::Time start = std::chrono::steady_clock::now();
  constexpr int kBurst = RefusalKeeper::kBurst;
  CHECK(admitted(keeper, start, kBurst + 1) == kBurst);
  CHECK(admitted(keeper, start + milliseconds(99), 1) == 0);
  CHECK(admitted(keeper, start + milliseconds(100), 2) == 1);
  CHECK(admitted(keeper, start + milliseconds(1100), kBurst) == RefusalKeeper::kPerSecond);
  CHECK(admitted(keeper, start + std::chrono::hours(1), 2 * kBurst) == kBurst);
}

TEST_CASE("with a count of 0 nothing is kept and no file made, until there is one") {
  const TempFolder folder;
  Log log(to_file(folder));
  {
    RefusalKeeper keeper(folder.path(), 0, log);
    CHECK_FALSE(keeper.admit(std::chrono::steady_clock::now()));
    keeper.keep(a_refusal("a"));
  }
  CHECK_FALSE(std::filesystem::exists(folder.path() / "refusals"));
  {
    RefusalKeeper keeper(folder.path(), 0, log);
    keeper.set_count(2);
    CHECK(keeper.admit(std::chrono::steady_clock::now()));
    keeper.keep(a_refusal("b"));
  }
  CHECK(found(folder, "b"));
}

TEST_CASE("what waits when the gate ends is written, and the oldest goes for one too many") {
  const TempFolder folder;
  Log log(to_file(folder));
  {
    RefusalKeeper keeper(folder.path(), 3, log);
    for (const char* id : {"a", "b", "c", "d"}) keeper.keep(a_refusal(id));
  }
  CHECK_FALSE(found(folder, "a"));
  for (const char* id : {"b", "c", "d"}) CHECK(found(folder, id));
  {
    RefusalKeeper keeper(folder.path(), 3, log);
    keeper.set_count(1);
  }
  CHECK_FALSE(found(folder, "c"));
  CHECK(found(folder, "d"));
}

TEST_CASE("a file that can't be used is said once, and nothing else happens") {
  const TempFolder folder;
  std::filesystem::create_directory(folder.path() / "refusals");
  {
    Log log(to_file(folder));
    RefusalKeeper keeper(folder.path(), 3, log);
    for (const char* id : {"a", "b"}) keeper.keep(a_refusal(id));
  }
  const std::string text = logged(folder);
  CHECK(text.find("refusals are not kept") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}
