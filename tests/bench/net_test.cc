#include "bench/net.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

TEST_CASE("a URL is taken apart into address, authority and path") {
  const struct {
    const char* url;
    const char* authority;
    const char* path;
    bool is_loopback;
  } cases[] = {
      {"http://127.0.0.1", "127.0.0.1", "/", true},
      {"http://127.0.0.1:8080/a/b?c=d", "127.0.0.1:8080", "/a/b?c=d", true},
      {"http://localhost:1?x", "localhost:1", "/?x", true},
      {"http://[::1]:65535/", "[::1]:65535", "/", true},
      {"http://[::1]", "[::1]", "/", true},
      {"http://127.255.255.255/", "127.255.255.255", "/", true},
      {"http://128.0.0.1/", "128.0.0.1", "/", false},
      {"http://[2001:db8::1]/", "[2001:db8::1]", "/", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.url);
    const auto target = bench::read_target(c.url);
    REQUIRE(target.ok());
    CHECK(target->authority == c.authority);
    CHECK(target->path == c.path);
    CHECK(target->is_loopback == c.is_loopback);
  }
}

TEST_CASE("a URL that can't be loaded is refused") {
  const char* const cases[] = {"",
                               "127.0.0.1",
                               "https://127.0.0.1",
                               "http://",
                               "http://example.com/",
                               "http://127.0.0.1:0/",
                               "http://127.0.0.1:65536/",
                               "http://127.0.0.1:80x/",
                               "http://127.0.0.1:/",
                               "http://[::1/",
                               "http://127.0.0.1/a b",
                               "http://127.0.0.1/\r\n",
                               "http://127.0.0.1/#x"};
  for (const char* url : cases) {
    CAPTURE(url);
    CHECK_FALSE(bench::read_target(url).ok());
  }
}

TEST_CASE("a target where nobody listens is named") {
  const bench::Fd listener = bench::listen_on_loopback(0);
  const auto target = [](const bench::Fd& socket) {
    return *bench::read_target("http://127.0.0.1:" + std::to_string(bench::port_of(socket)));
  };
  CHECK(bench::probe(target(listener), std::chrono::seconds(3)).ok());
  // Bound, so that nobody else gets the port, and not listening.
  const bench::Fd silent(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(silent.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const auto reachable = bench::probe(target(silent), std::chrono::seconds(3));
  REQUIRE_FALSE(reachable.ok());
  CHECK(reachable.error() == "nothing answers at 127.0.0.1:" +
                                 std::to_string(bench::port_of(silent)) + ": Connection refused");
}
