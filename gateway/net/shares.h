#pragma once

// How much each address has of something that all clients share, so that none of them takes it all.
// Any thread.

#include <cstdint>
#include <map>
#include <mutex>

#include "conf/url.h"
#include "gateway/net/net.h"

namespace gateway::net {

// Of a socket's peer; an IPv4 one as the IPv6 address that maps it.
conf::IpAddress bytes_of(const asio::ip::address& address);

// Who comes over IPv4 to a socket of IPv6 is known by the IPv4 address, like everybody else.
asio::ip::address unmapped(const asio::ip::address& address);

// What counts as one address: an IPv4 address, or the /64 of an IPv6 one, which one customer has
// whole.
conf::IpAddress network_of(const conf::IpAddress& address);

class Shares {
 public:
  // False, and nothing taken, if that made it more than `most`.
  bool take(const conf::IpAddress& network, std::uint64_t amount, std::uint64_t most);
  void give_back(const conf::IpAddress& network, std::uint64_t amount);
  std::uint64_t taken(const conf::IpAddress& network) const;

 private:
  mutable std::mutex mutex_;
  std::map<conf::IpAddress, std::uint64_t> taken_;  // without those that have nothing
};

}  // namespace gateway::net
