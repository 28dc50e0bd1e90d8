#include <fcntl.h>

#include <thread>

#include "store/credentials.h"
#include "store/env.h"
#include "tests/store/support.h"

// Several processes at one store. A child uses nothing that its parent had open.

namespace store {

namespace {
using Mode = Credentials::Change::Mode;
}

TEST_CASE("what another process commits holds for the very next find") {
  const TempDir dir;
  { open_store(dir / "s"); }
  Pipe go, done;
  Child child([&] {
    done.close_reader();
    const auto store = open_store(dir / "s");
    for (char step = '1'; go.receive(1) == std::string(1, step); ++step) {
      if (step == '1') put(*store, a_client());
      if (step == '2') change(*store, [](auto& c) { must(c.remove_client("K")); });
      if (step == '3') return 0;
      done.send("x");
    }
    return 1;
  });
  done.close_writer();
  const auto store = open_store(dir / "s");
  auto reader = must(store->reader());
  const Found before = must(reader.find("K", {}));
  CHECK_FALSE(before.client_known);
  CHECK(before.txn == store->last_txn());
  go.send("1");
  CHECK(done.receive(1) == "x");
  CHECK(store->last_txn() != before.txn);
  const Found added = must(reader.find("K", {}));
  CHECK(added.client_known);
  CHECK(added.txn == store->last_txn());
  go.send("2");
  CHECK(done.receive(1) == "x");
  CHECK(store->last_txn() != added.txn);
  CHECK_FALSE(must(reader.find("K", {})).client_known);
  go.send("3");
  CHECK(child.wait() == 0);
}

TEST_CASE("processes that make one store at once all end up with the same") {
  const TempDir dir;
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 6; ++i)
    children.push_back(std::make_unique<Child>([&dir, i] {
      put(*open_store(dir / "s"), a_client("K" + std::to_string(i)));
      return 0;
    }));
  for (const auto& child : children) CHECK(child->wait() == 0);
  int clients = 0;
  must(must(open_store(dir / "s")->reader()).each_client([&](const Client&) {
    return ++clients > 0;
  }));
  CHECK(clients == 6);
}

TEST_CASE("writers in several processes take turns and lose nothing") {
  const TempDir dir;
  { put(*open_store(dir / "s"), a_client("K", "0")); }
  const auto count_up = [&dir] {
    const auto store = open_store(dir / "s");
    for (int i = 0; i < 25; ++i)
      change(*store, [](auto& c) {
        const int n = std::stoi(std::string(must(c.client("K")).secrets[0].secret.reveal()));
        must(c.put(a_client("K", std::to_string(n + 1)), Mode::Replace));
      });
    return 0;
  };
  Child a(count_up), b(count_up), c(count_up);
  CHECK(a.wait() == 0);
  CHECK(b.wait() == 0);
  CHECK(c.wait() == 0);
  CHECK(must(must(open_store(dir / "s")->reader()).client("K")).secrets[0].secret.reveal() == "75");
}

TEST_CASE("a writer killed in the middle of a change leaves nothing of it and no lock") {
  const TempDir dir;
  { open_store(dir / "s"); }
  Pipe ready;
  Child child([&] {
    const auto store = open_store(dir / "s");
    auto change = must(store->begin());
    must(change.put(a_client("half"), Mode::Insert));
    ready.send("x");
    for (;;) ::pause();
    return 0;
  });
  CHECK(ready.receive(1) == "x");
  const auto store = open_store(dir / "s");
  child.kill();
  put(*store, a_client("after"));
  auto reader = must(store->reader());
  CHECK(kind_of(reader.client("half")) == Kind::NotFound);
  CHECK(must(reader.client("after")) == a_client("after"));
}

TEST_CASE("a reader killed in the middle of a snapshot doesn't make the file grow") {
  const TempDir dir;
  { put(*open_store(dir / "s"), a_client()); }
  Pipe ready;
  Child child([&] {
    const auto store = open_store(dir / "s");
    auto reader = must(store->reader());
    must(reader.each_client([&](const Client&) {
      ready.send("x");
      for (;;) ::pause();
      return true;
    }));
    return 0;
  });
  CHECK(ready.receive(1) == "x");
  const auto store = open_store(dir / "s");
  child.kill();
  const auto data = dir / "s/credentials/data.mdb";
  for (int i = 0; i < 20; ++i) put(*store, a_client("K", std::string(200, 's')));
  const auto size = std::filesystem::file_size(data);
  for (int i = 0; i < 60; ++i) put(*store, a_client("K", std::string(200, 's')));
  CHECK(std::filesystem::file_size(data) == size);
}

TEST_CASE("opening clears away readers that were killed, while others have the store open") {
  const TempDir dir;
  { put(*open_store(dir / "s"), a_client()); }
  Pipe ready;
  const auto hold = [&](const std::function<void()>& in_snapshot) {
    const auto store = open_store(dir / "s");
    auto reader = must(store->reader());
    must(reader.each_client([&](const Client&) { return in_snapshot(), true; }));
    ready.send("x");
    for (;;) ::pause();
    return 0;
  };
  Child idle([&] { return hold([] {}); });
  CHECK(ready.receive(1) == "x");
  Child killed([&] { return hold([&] { ready.send("x"), ::pause(); }); });
  CHECK(ready.receive(1) == "x");
  killed.kill();
  const auto store = open_store(dir / "s");
  EnvOptions how;  // to write without Credentials::begin(), which would clear them too
  how.folder = dir / "s/credentials";
  const std::shared_ptr<Env> env = *Env::open(how);
  const auto size_after = [&](int commits) {
    for (int i = 0; i < commits; ++i) {
      auto txn = must(WriteTxn::begin(env));
      must(txn->put(*must(open_table(*txn, "clients")), "K", std::string(200, 's')));
      must(txn->commit());
    }
    return std::filesystem::file_size(dir / "s/credentials/data.mdb");
  };
  const auto size = size_after(20);
  CHECK(size_after(60) == size);
}

TEST_CASE("a child that opens the store anew after a fork is another process to it") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, a_client("before"));
  Pipe ready;
  Child child([&] {
    const auto own = open_store(dir / "s");
    put(*own, a_client("child"));
    auto reader = must(own->reader());
    must(reader.each_client([&](const Client&) { return ready.send("x"), ::pause(), true; }));
    return 0;
  });
  CHECK(ready.receive(1) == "x");
  child.kill();
  // What it held goes with it, which it doesn't if it counts as this process.
  const auto size_after = [&](int commits) {
    for (int i = 0; i < commits; ++i) put(*store, a_client("K", std::string(200, 's')));
    return std::filesystem::file_size(dir / "s/credentials/data.mdb");
  };
  const auto size = size_after(20);
  CHECK(size_after(60) == size);
  auto reader = must(store->reader());
  for (const char* key : {"before", "child", "K"}) CHECK(reader.client(key).ok());
}

TEST_CASE("a store that grew beyond this process's address space says so") {
  const TempDir dir;
  { open_store(dir / "s"); }
  Pipe go;
  Child child([&] {
    go.receive(1);
    const auto store = open_store(dir / "s");
    change(*store, [](auto& c) {
      for (int i = 0; i < 40; ++i) {
        Client client = a_client("K" + std::to_string(i));
        client.description = std::string(100000, 'd');
        must(c.put(client, Mode::Insert));
      }
    });
    return 0;
  });
  CredentialsOptions options = made_at(dir / "s");
  options.map_size = 1 << 20;
  const auto store = must(Credentials::open(options));
  auto reader = must(store->reader());
  must(reader.find("K", {}));
  go.send("x");
  REQUIRE(child.wait() == 0);
  const auto found = reader.find("K0", {});
  CHECK(kind_of(found) == Kind::Unavailable);
  CHECK(found.error().sentence.find("restart") != std::string::npos);
  CHECK(kind_of(store->begin()) == Kind::Unavailable);
}

TEST_CASE(
    "a process that follows adopts what others made of a store, and keeps within the gate's map") {
  const TempDir dir;
  { open_store(dir / "s"); }
  const auto grow = [&](int from, int count) {
    return Child([&dir, from, count] {
             set_map_role(MapRole::Following);
             const auto store = open_store(dir / "s");
             auto c = must(store->begin());
             for (int i = from; i < from + count; ++i) {
               Client client = a_client("K" + std::to_string(i));
               client.description = std::string(100000, 'd');
               const auto put = c.put(client, Mode::Insert);
               if (!put) return put.error().kind == Error::Kind::Full ? 2 : 3;
             }
             return c.commit().ok() ? 0 : 4;
           })
        .wait();
  };
  CredentialsOptions options = made_at(dir / "s");
  options.map_size = 2 << 20;
  {
    set_map_role(MapRole::Following);
    const auto store = must(Credentials::open(options));
    set_map_role(MapRole::Fixed);
    auto reader = must(store->reader());
    REQUIRE(grow(0, 40) == 0);
    CHECK(must(reader.find("K0", {})).client_known);
    REQUIRE(grow(40, 100) == 0);
    change(*store, [](auto& c) { must(c.put(a_client("mine"), Mode::Insert)); });
    CHECK(must(reader.find("mine", {})).client_known);
  }
  set_map_role(MapRole::Served);
  const auto gate = must(Credentials::open(options));  // larger than its map
  set_map_role(MapRole::Fixed);
  auto reader = must(gate->reader());
  CHECK(must(reader.find("K139", {})).client_known);
  CHECK(grow(200, 10) == 0);
  CHECK(grow(300, 1000) == 2);
  CHECK(must(reader.find("K209", {})).client_known);
  CHECK_FALSE(must(reader.find("K300", {})).client_known);
  change(*gate, [](auto& c) { must(c.put(a_client("still"), Mode::Insert)); });
}

}  // namespace store
