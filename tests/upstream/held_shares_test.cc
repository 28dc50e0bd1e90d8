// What one address may have of what all share.

#include "gateway/net/shares.h"

#include <doctest/doctest.h>

#include "gateway/upstream/held_body.h"

using namespace gateway;
using namespace gateway::net;
using namespace gateway::upstream;

namespace {

conf::IpAddress address(const char* text) { return conf::parse_ip(text).value(); }
conf::IpAddress network(const char* text) { return network_of(address(text)); }

}  // namespace

TEST_CASE("an IPv4 address counts by itself and an IPv6 address by its /64") {
  CHECK(network("192.0.2.1") == address("192.0.2.1"));
  CHECK(network("192.0.2.1") == network("::ffff:192.0.2.1"));
  CHECK(network("192.0.2.1") != network("192.0.2.2"));
  CHECK(network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  CHECK(network("2001:db8:1:2::1") != network("2001:db8:1:3::1"));
  CHECK(network("::1") == address("::"));
}

TEST_CASE("an address may take as much as the bound says, whatever others have") {
  Shares shares;
  const auto a = network("192.0.2.1"), b = network("192.0.2.2");
  CHECK(shares.take(a, 60, 100));
  CHECK(shares.take(a, 40, 100));
  CHECK_FALSE(shares.take(a, 1, 100));
  CHECK(shares.take(b, 100, 100));
  CHECK_FALSE(shares.take(b, ~std::uint64_t{0}, 100));
  CHECK(shares.taken(a) == 100);
  shares.give_back(a, 1);
  CHECK(shares.take(a, 1, 100));
  CHECK_FALSE(shares.take(a, 0, 99));  // the bound is lower now
  shares.give_back(a, 1000);
  CHECK(shares.taken(a) == 0);
  shares.give_back(a, 1);
  CHECK(shares.taken(a) == 0);
}

TEST_CASE("a share is so many percent, and one body of the largest kind always fits") {
  conf::Limits limits;
  CHECK(upstream::memory_share(limits) == (256u << 20) / 10);
  CHECK(upstream::disk_share(limits) == (1u << 30) / 10);
  limits.address_share = 1;
  CHECK(upstream::memory_share(limits) == (256u << 20) / 100);
  CHECK(upstream::disk_share(limits) == limits.hashed_body_bytes);
  limits.form_bytes = 4 << 20;
  CHECK(upstream::memory_share(limits) == (4u << 20) + upstream::HeldBody::kStep);
  limits.address_share = 100;
  limits.forms_bytes = limits.hashed_bodies_bytes = ~std::uint64_t{0};
  CHECK(upstream::memory_share(limits) == ~std::uint64_t{0});
  CHECK(upstream::disk_share(limits) == ~std::uint64_t{0});
}

TEST_CASE("a body that is refused or let go leaves nothing on its address") {
  conf::Settings settings;
  settings.limits.form_bytes = 1000;
  settings.limits.forms_bytes = 1500 + upstream::HeldBody::kStep;
  const auto a = network("192.0.2.1"), b = network("2001:db8::1");
  upstream::Holdings all;
  const std::string bytes(1000, 'x');
  upstream::HeldBody one(all), two(all);
  one.begin(settings, a);
  CHECK_FALSE(one.append(bytes));
  CHECK(all.memory_shares.taken(a) == 1000);
  all.memory.take(upstream::HeldBody::kStep, ~std::uint64_t{0});  // as others do
  two.begin(settings, b);
  CHECK(two.append(bytes));  // all of it is in use
  CHECK(all.memory_shares.taken(b) == 0);
  all.memory.give_back(upstream::HeldBody::kStep);
  CHECK_FALSE(two.append(bytes.substr(0, 500)));
  CHECK(all.memory_shares.taken(b) == 500);
  one.release();
  two.release();
  CHECK(all.memory_shares.taken(a) + all.memory_shares.taken(b) == 0);
  upstream::HeldBody nobodys(all);
  nobodys.begin(settings);
  CHECK_FALSE(nobodys.append(bytes));
  CHECK(all.memory.taken() == 1000);
}
