#include <sys/stat.h>

#include <thread>

#include "store/credentials.h"
#include "tests/store/support.h"

namespace store {

namespace fs = std::filesystem;

TEST_CASE("a backup is the credentials without the ledger, for its owner alone") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, a_client());
  put(*store, a_user());
  put(*store, a_token());
  fs::create_directory(dir / "empty");
  for (const char* name : {"missing", "empty"}) {
    CAPTURE(name);
    must(store->backup(dir / name));
    struct stat found {};
    REQUIRE(::stat((dir / name / "credentials/data.mdb").c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    CHECK_FALSE(fs::exists(dir / name / "ledger"));
    CHECK_FALSE(fs::exists(dir / name / "mark"));
    CredentialsOptions options = made_at(dir / name);
    options.create = false;
    const auto copy = must(Credentials::open(options));
    auto reader = must(copy->reader());
    const Found found_copy = must(reader.find("K", "T"));
    CHECK(found_copy.token == a_token());
    CHECK(found_copy.client == a_client());
    auto original = must(store->reader());
    CHECK(must(reader.find("x", {})).client == must(original.find("x", {})).client);
  }
}

TEST_CASE("a backup never goes into a folder with something in it") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  overwrite(dir / "mine", "x");
  CHECK(kind_of(store->backup(dir.path())) == Kind::Exists);
  CHECK(kind_of(store->backup(dir / "s")) == Kind::Exists);
  CHECK_FALSE(store->backup(dir / "mine").ok());
  CHECK(bytes_of(dir / "mine") == "x");
}

TEST_CASE("a backup taken while another thread writes is of one moment") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, a_client("A", "0"));
  put(*store, a_client("Z", "0"));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 1; !stop; ++i)
      change(*store, [&](auto& c) {
        for (const char* key : {"A", "Z"})
          must(c.put(a_client(key, std::to_string(i)), Credentials::Change::Mode::Replace));
      });
  });
  for (const char* name : {"1", "2", "3"}) must(store->backup(dir / name));
  stop = true;
  writer.join();
  for (const char* name : {"1", "2", "3"}) {
    auto reader = must(open_store(dir / name)->reader());
    CHECK(must(reader.client("A")).secrets == must(reader.client("Z")).secrets);
  }
}

TEST_CASE("a restored backup accepts nothing that may have been accepted before") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  must(store->backup(dir / "copy"));
  for (int i = 0; i < 2; ++i) open_store(dir / "copy");  // opening to write makes no ledger
  LedgerOptions options;
  options.path = dir / "copy";
  options.size = kMinLedgerSize;
  options.window_future_s = 70;
  const auto ledger = must(Ledger::open(options, 1000));
  CHECK(ledger->floor() == 1070);
  LedgerClaim claims[2];
  claims[0].key = ledger->keyer()(1070, "K", "T", "n");
  claims[1].key = ledger->keyer()(1071, "K", "T", "n");
  must(ledger->claim(claims, 1011));
  CHECK(claims[0].verdict == Verdict::TooOld);
  CHECK(claims[1].verdict == Verdict::Fresh);
}

}  // namespace store
