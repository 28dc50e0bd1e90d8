#include <atomic>
#include <thread>

#include "store/request_tokens.h"
#include "tests/store/flow_support.h"

// Many threads and processes take the same step at once, or are killed in it.

namespace store {

namespace {

// How many of so many threads at one store get Done.
int winners(const std::filesystem::path& path, int threads,
            const std::function<bool(Credentials&, int)>& attempt) {
  const auto store = open_store(path);
  std::atomic<int> won = 0, ready = 0;
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i)
    all.emplace_back([&, i] {
      ++ready;
      while (ready < threads) std::this_thread::yield();
      if (attempt(*store, i)) ++won;
    });
  for (std::thread& one : all) one.join();
  return won;
}

int total_of_processes(const std::filesystem::path& path,
                       const std::function<bool(Credentials&, const std::string&)>& attempt) {
  std::vector<std::unique_ptr<Child>> children;
  for (int p = 0; p < 4; ++p)
    children.push_back(std::make_unique<Child>([&, p] {
      return winners(path, 64, [&](Credentials& store, int i) {
        return attempt(store, std::to_string(p) + "-" + std::to_string(i));
      });
    }));
  int total = 0;
  for (const auto& child : children) total += child->wait();
  return total;
}

}  // namespace

TEST_CASE("of 64 threads in each of four processes with one verifier, one gets a token") {
  const TempDir dir;
  {
    const auto store = open_store(dir / "s");
    put(*store, flow_client());
    put(*store, a_user());
    must_flow(issue_request_token(*store, issuing()));
    must_flow(decide(*store, a_yes()));
  }
  CHECK(total_of_processes(dir / "s", [](Credentials& store, const std::string& name) {
          const auto done = exchange(store, exchanging(name));
          return done && *done;
        }) == 1);
  int tokens = 0;
  must(
      must(open_store(dir / "s")->reader()).each_token([&](const Token&) { return ++tokens > 0; }));
  CHECK(tokens == 1);
}

TEST_CASE("of as many renewals of one token, one is made") {
  const TempDir dir;
  {
    const auto store = open_store(dir / "s");
    Client client = flow_client();
    client.renewable = true;
    put(*store, client);
    put(*store, a_user());
    Token token = a_token();
    token.session_handle = verify::Secret(std::string_view("H"));
    put(*store, token);
  }
  CHECK(total_of_processes(dir / "s", [](Credentials& store, const std::string& name) {
          const auto done = renew(store, renewing("T", name));
          return done && *done;
        }) == 1);
}

TEST_CASE("of as many guesses at a verifier, five are heard") {
  const TempDir dir;
  {
    const auto store = open_store(dir / "s");
    put(*store, flow_client());
    put(*store, a_user());
    must_flow(issue_request_token(*store, issuing()));
    must_flow(decide(*store, a_yes()));
  }
  CHECK(total_of_processes(dir / "s", [](Credentials& store, const std::string& name) {
          TokenExchange guess = exchanging(name);
          guess.verifier = verify::Secret(name);
          const auto done = exchange(store, guess);
          return done && !*done && done->error() == FlowProblem::VerifierWrong;
        }) == static_cast<int>(kMaxWrongVerifiers));
}

TEST_CASE("a process killed while it exchanges leaves the token spent and made, or neither") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, flow_client());
  put(*store, a_user());
  for (int round = 0; round < 4; ++round) {
    Pipe ready;
    Child child([&] {
      const auto own = open_store(dir / "s");
      ready.send("x");
      for (int i = 0;; ++i) {
        const std::string name = std::to_string(round) + "-" + std::to_string(i);
        must_flow(issue_request_token(*own, issuing(a_request("R" + name))));
        must_flow(decide(*own, a_yes("R" + name)));
        must_flow(exchange(*own, exchanging("T" + name, "R" + name)));
        ready.send("x");
      }
      return 0;
    });
    CHECK(ready.receive(4 + static_cast<std::size_t>(round)).size() > 3);
    child.kill();
    auto reader = must(store->reader());
    for (int i = 0;; ++i) {
      const std::string name = std::to_string(round) + "-" + std::to_string(i);
      const auto request = reader.request_token("R" + name);
      if (!request) break;
      CHECK((request->state == RequestState::Spent) == reader.token("T" + name).ok());
    }
  }
}

}  // namespace store
