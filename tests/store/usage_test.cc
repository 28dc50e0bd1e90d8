// How often what was used.

#include "store/usage.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "store/env.h"
#include "tests/store/support.h"

namespace store {
namespace {

using verify::Method;

std::unique_ptr<Usage> made(const std::filesystem::path& path) {
  std::string note;
  auto usage = must(Usage::open_or_make(path, note));
  CHECK(note == "");
  return usage;
}

KeyUse use(const Usage& usage, std::string client, std::string_view secret, std::uint64_t times,
           std::int64_t last, Method method = Method::HmacSha1) {
  KeyUse out;
  out.client = std::move(client);
  out.key = usage.key_id(out.client, KeyKind::Secret, secret);
  out.times[static_cast<std::size_t>(method)] = times;
  out.last = last;
  return out;
}

}  // namespace

TEST_CASE("what was never used has zeros, and a store where nothing was counted has no counts") {
  const TempDir dir;
  CHECK(kind_of(Usage::open(dir.path())) == Kind::NotFound);
  CHECK_FALSE(std::filesystem::exists(dir / "usage"));
  const auto usage = made(dir.path());
  const ClientUsage none = must(usage->client("K"));
  CHECK(none.all == Count{});
  CHECK(none.keys.empty());
  CHECK(must(usage->route("r")) == Count{});
  CHECK(must(Usage::open(dir.path())) != nullptr);
}

TEST_CASE("counts are made with the store's modes, for its owner alone") {
  const TempDir dir;
  const auto usage = made(dir.path());
  struct stat status {};
  REQUIRE(::stat((dir / "usage").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777u) == 0700);
  for (const char* name : {"usage/data.mdb", "usage/lock.mdb"}) {
    REQUIRE(::stat((dir / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777u) == 0600);
  }
}

TEST_CASE("uses add up by client, key and method, and the latest time stays") {
  const TempDir dir;
  auto usage = made(dir.path());
  must(usage->add(std::vector{use(*usage, "K", "new", 3, 100), use(*usage, "K", "old", 1, 90),
                              use(*usage, "L", "new", 7, 50, Method::Plaintext)},
                  {}));
  must(usage->add(std::vector{use(*usage, "K", "new", 2, 80, Method::HmacSha256)}, {}));
  usage.reset();
  usage = must(Usage::open(dir.path()));
  const ClientUsage k = must(usage->client("K"));
  CHECK(k.all == Count{6, 100});
  CHECK(k.methods[static_cast<std::size_t>(Method::HmacSha1)] == Count{4, 100});
  CHECK(k.methods[static_cast<std::size_t>(Method::HmacSha256)] == Count{2, 80});
  CHECK(k.methods[static_cast<std::size_t>(Method::Plaintext)] == Count{});
  CHECK(k.of(usage->key_id("K", KeyKind::Secret, "new")) == Count{5, 100});
  CHECK(k.of(usage->key_id("K", KeyKind::Secret, "old")) == Count{1, 90});
  CHECK(k.of(usage->key_id("L", KeyKind::Secret, "new")) == Count{});
  CHECK(must(usage->client("L")).all == Count{7, 50});
  must(usage->forget("K"));
  CHECK(must(usage->client("K")).all == Count{});
  CHECK(must(usage->client("L")).all == Count{7, 50});
}

TEST_CASE("routes are counted under names of any length") {
  const TempDir dir;
  const auto usage = made(dir.path());
  const std::string longest(5000, 'r'), other = longest + "r";
  must(usage->add({}, std::vector{RouteUse{longest, {2, 10}}, RouteUse{"", {1, 5}}}));
  must(usage->add({}, std::vector{RouteUse{longest, {1, 7}}}));
  CHECK(must(usage->route(longest)) == Count{3, 10});
  CHECK(must(usage->route("")) == Count{1, 5});
  CHECK(must(usage->route(other)) == Count{});
}

TEST_CASE("an id tells secrets, keys, clients and stores apart, and has nothing of the secret") {
  const TempDir dir, elsewhere;
  const auto usage = made(dir.path()), other = made(elsewhere.path());
  const KeyId id = usage->key_id("K", KeyKind::Secret, "S");
  CHECK(usage->key_id("K", KeyKind::Secret, "S") == id);
  CHECK(must(Usage::open(dir.path()))->key_id("K", KeyKind::Secret, "S") == id);
  CHECK(usage->key_id("K", KeyKind::RsaKey, "S") != id);
  CHECK(usage->key_id("K", KeyKind::Secret, "T") != id);
  CHECK(usage->key_id("L", KeyKind::Secret, "S") != id);
  CHECK(other->key_id("K", KeyKind::Secret, "S") != id);
  const std::string secret = "a secret that must not be found";
  must(usage->add(std::vector{use(*usage, "K", secret, 1, 1)}, {}));
  CHECK(bytes_of(dir / "usage" / "data.mdb").find(secret) == std::string::npos);
}

TEST_CASE("of a client's keys the last used are remembered, and its total keeps them all") {
  const TempDir dir;
  const auto usage = made(dir.path());
  const auto used = [&](std::size_t i) {
    return must(usage->client("K")).of(usage->key_id("K", KeyKind::Secret, std::to_string(i)));
  };
  for (std::size_t i = 0; i <= kKeysCounted; ++i) {
    if (i == kKeysCounted) CHECK(used(0).times == 1);  // so far all of them
    const auto time = static_cast<std::int64_t>(100 + i);
    must(usage->add(std::vector{use(*usage, "K", std::to_string(i), 1, time)}, {}));
  }
  CHECK(used(0) == Count{});
  for (std::size_t i = 1; i <= kKeysCounted; ++i) CHECK(used(i).times == 1);
  CHECK(must(usage->client("K")).keys.size() == kKeysCounted);
  CHECK(must(usage->client("K")).all.times == kKeysCounted + 1);
}

TEST_CASE("counting leaves the number of the store's last transaction alone") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const std::uint64_t before = store->last_txn();
  const auto usage = made(dir.path());
  must(usage->add(std::vector{use(*usage, "K", "S", 1, 1)}, {}));
  CHECK(store->last_txn() == before);
}

TEST_CASE("damaged counts are set aside with a sentence, and begin anew") {
  struct Case {
    const char* what;
    void (*harm)(const std::filesystem::path& file);
  };
  const Case cases[] = {
      {"no environment", [](const auto& file) { overwrite(file, std::string(20000, 'x')); }},
      {"cut short",
       [](const auto& file) {
         std::filesystem::resize_file(file, std::filesystem::file_size(file) - 4096);
       }},
      {"no counts",
       [](const auto& file) {
         std::filesystem::remove(file);
         EnvOptions how;
         how.folder = file.parent_path();
         how.like = how.folder;
         how.map_size = 1 << 20;
         how.tables = 1;
         const auto txn = must(WriteTxn::begin(*Env::open(how)));
         const Table meta = must(txn->make_table("meta", WriteTxn::Duplicates::No));
         must(txn->put(meta, "layout", "\x01"));
         must(txn->commit());
       }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const TempDir dir;
    const auto file = dir / "usage" / "data.mdb";
    for (int i = 0; i < 2; ++i) {  // the second time in place of the first
      {
        const auto usage = made(dir.path());
        must(usage->add(std::vector{use(*usage, "K", "S", 1, 1)}, {}));
      }
      c.harm(file);
      CHECK(kind_of(Usage::open(dir.path())) == Kind::Unavailable);
      std::string note;
      const auto usage = must(Usage::open_or_make(dir.path(), note));
      CHECK(note.find("usage.damaged") != std::string::npos);
      CHECK(std::filesystem::exists(dir / "usage.damaged" / "data.mdb"));
      CHECK(must(usage->client("K")).all == Count{});
    }
  }
}

TEST_CASE("counts of a newer layout are refused and not touched") {
  const TempDir dir;
  made(dir.path());
  {
    EnvOptions how;
    how.folder = dir / "usage";
    how.like = how.folder;
    how.map_size = 1 << 20;
    how.tables = 3;
    const auto env = *Env::open(how);
    const auto txn = must(WriteTxn::begin(env));
    const Table meta = must(txn->make_table("meta", WriteTxn::Duplicates::No));
    must(txn->put(meta, "layout", "\x02"));
    must(txn->commit());
  }
  std::string note;
  CHECK(kind_of(Usage::open_or_make(dir.path(), note)) == Kind::Newer);
  CHECK(kind_of(Usage::open(dir.path())) == Kind::Newer);
  CHECK_FALSE(std::filesystem::exists(dir / "usage.damaged"));
}

TEST_CASE("another process reads what this one counts, and counts beside it") {
  const TempDir dir;
  const auto usage = made(dir.path());
  must(usage->add(std::vector{use(*usage, "K", "S", 1, 1)}, {}));
  Child child([&] {
    const auto own = must(Usage::open(dir.path()));
    if (must(own->client("K")).all.times != 1) return 1;
    must(own->add(std::vector{use(*own, "K", "S", 2, 2)}, {}));
    return 0;
  });
  CHECK(child.wait() == 0);
  CHECK(must(usage->client("K")).all == Count{3, 2});
}

}  // namespace store
