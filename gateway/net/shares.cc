#include "gateway/net/shares.h"

#include <algorithm>

namespace gateway::net {

conf::IpAddress bytes_of(const asio::ip::address& address) {
  return address.is_v6()
             ? address.to_v6().to_bytes()
             : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

asio::ip::address unmapped(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

conf::IpAddress network_of(const conf::IpAddress& address) {
  constexpr std::uint8_t kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(std::begin(kMapped), std::end(kMapped), address.begin())) return address;
  conf::IpAddress network{};
  std::copy_n(address.begin(), 8, network.begin());
  return network;
}

bool Shares::take(const conf::IpAddress& network, std::uint64_t amount, std::uint64_t most) {
  const std::lock_guard lock(mutex_);
  const auto [entry, fresh] = taken_.try_emplace(network, 0);
  if (entry->second <= most && amount <= most - entry->second) {
    entry->second += amount;
    return true;
  }
  if (entry->second == 0) taken_.erase(entry);
  return false;
}

void Shares::give_back(const conf::IpAddress& network, std::uint64_t amount) {
  const std::lock_guard lock(mutex_);
  const auto entry = taken_.find(network);
  if (entry == taken_.end()) return;
  entry->second -= std::min(amount, entry->second);
  if (entry->second == 0) taken_.erase(entry);
}

std::uint64_t Shares::taken(const conf::IpAddress& network) const {
  const std::lock_guard lock(mutex_);
  const auto entry = taken_.find(network);
  return entry == taken_.end() ? 0 : entry->second;
}

}  // namespace gateway::net
