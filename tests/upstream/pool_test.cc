// Connections to backends: how they are made, kept and dropped.

#include "gateway/upstream/pool.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/net/loose.h"
#include "tests/net/origin.h"

using namespace gateway;
using namespace gateway::upstream;
using namespace gateway::testing;
using namespace std::chrono_literals;

namespace {

conf::Url server_at(std::uint16_t port, const std::string& host = "127.0.0.1") {
  conf::Url url;
  url.scheme = "http";
  url.host = host;
  url.port = port;
  return url;
}

// A listener whose queue is full: the kernel leaves further connections unanswered.
class Deaf {
 public:
  Deaf() : listening_(listening_socket(port, 0)) {
    for (int& fd : waiting_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(port);
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      void* raw = &to;
      static_cast<void>(::connect(fd, static_cast<sockaddr*>(raw), sizeof(to)));
    }
  }
  ~Deaf() {
    for (int fd : waiting_) ::close(fd);
    ::close(listening_);
  }
  Deaf(const Deaf&) = delete;
  Deaf& operator=(const Deaf&) = delete;
  std::uint16_t port = 0;

 private:
  int listening_;
  int waiting_[4];
};

// Takes connections, and says nothing.
struct Other {
  Other() : listening(listening_socket(port)) {}
  ~Other() { ::close(listening); }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;
  int accepted() const {
    const int peer = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK);
    if (peer >= 0) ::close(peer);
    return peer;
  }
  std::uint16_t port = 0;
  int listening;
};

const std::string kUnreachable = "unreachable";

struct Pool {
  explicit Pool(std::vector<conf::Url> servers)
      : upstream{"api", std::move(servers), {}},
        pool(context.get_executor(), deadlines, upstream, 300ms) {}

  // "" or why not.
  std::string connect(UpstreamLease& lease) {
    auto got = outcome_of(context, pool.connect(),
                          [this] { deadlines.sweep(std::chrono::steady_clock::now()); });
    if (!got->ok()) return kUnreachable + (got->error().kind == ErrorKind::Unreachable ? "" : "?");
    lease = std::move(**got);
    return "";
  }
  std::string connect() {
    UpstreamLease lease;
    return connect(lease);
  }

  asio::io_context context;
  net::Deadlines deadlines;
  conf::Upstream upstream;
  UpstreamPool pool;
};

}  // namespace

TEST_CASE("a server that answers is connected, by address or by name") {
  const Other other;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    CAPTURE(host);
    Pool pool({server_at(other.port, host)});
    UpstreamLease lease;
    CHECK(pool.connect(lease) == "");
    REQUIRE(lease);
    CHECK(lease->still_idle());
  }
}

TEST_CASE("a server that refuses, is deaf, or has no address is unreachable") {
  const DeadPort dead;
  CHECK(Pool({server_at(dead.port)}).connect() == kUnreachable);
  CHECK(Pool({server_at(1, "[::1]")}).connect() == kUnreachable);
  Deaf deaf;
  CHECK(Pool({server_at(deaf.port)}).connect() == kUnreachable);
}

TEST_CASE("the next server is tried when one can't be reached, and each has its turn") {
  const Other first, second;
  const DeadPort dead;
  Pool pool({server_at(dead.port), server_at(first.port), server_at(second.port)});
  std::vector<UpstreamLease> leases(4);
  for (UpstreamLease& lease : leases) CHECK(pool.connect(lease) == "");
  for (const Other* server : {&first, &second}) CHECK(server->accepted() >= 0);
}

TEST_CASE("what was released is taken again, the last one first") {
  const Other other;
  Pool pool({server_at(other.port)});
  CHECK(pool.pool.take() == nullptr);
  UpstreamLease a, b;
  pool.connect(a);
  pool.connect(b);
  const UpstreamConnection* first = a.get();
  const UpstreamConnection* second = b.get();
  pool.pool.release(std::move(a));
  pool.pool.release(std::move(b));
  const UpstreamLease again = pool.pool.take();
  CHECK(again.get() == second);
  CHECK(pool.pool.take().get() == first);
  CHECK(pool.pool.take() == nullptr);
}

TEST_CASE("a connection that was closed, or on which something came, is not taken") {
  std::uint16_t port = 0;
  const int listening = listening_socket(port);
  Pool pool({server_at(port)});
  for (const bool speaks : {false, true}) {
    CAPTURE(speaks);
    UpstreamLease lease;
    CHECK(pool.connect(lease) == "");
    const int peer = ::accept(listening, nullptr, nullptr);
    REQUIRE(peer >= 0);
    pool.pool.release(std::move(lease));
    if (speaks) {
      REQUIRE(::send(peer, "x", 1, 0) == 1);
    } else {
      ::close(peer);
    }
    CHECK(pool.pool.take() == nullptr);
    if (speaks) ::close(peer);
  }
  ::close(listening);
}

TEST_CASE("tidying drops what was closed and what has been idle for long") {
  const Other other;
  Pool pool({server_at(other.port)});
  UpstreamLease lease;
  pool.connect(lease);
  pool.pool.release(std::move(lease));
  pool.pool.tidy();
  lease = pool.pool.take();
  REQUIRE(lease);
  pool.pool.release(std::move(lease));
  net::Deadlines& deadlines = pool.deadlines;
  const net::TimePoint now = deadlines.now();
  deadlines.sweep(now + 61s);
  pool.pool.tidy();
  CHECK(pool.pool.take() == nullptr);
  deadlines.sweep(now);
}
