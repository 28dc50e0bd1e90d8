#include "store/ledger_shares.h"

#include <algorithm>

namespace store {

LedgerShares::LedgerShares() : cells_(kRows * kCells) {}

std::uint64_t LedgerShares::held(ClientTag client) const {
  const auto [a, b] = places(client);
  return std::min(cells_[a].held, cells_[b].held);
}

std::int64_t LedgerShares::oldest(ClientTag client) const {
  const auto [a, b] = places(client);
  return std::max(cells_[a].oldest, cells_[b].oldest);
}

void LedgerShares::add(ClientTag client, std::int64_t timestamp) {
  for (const std::size_t place : places(client)) {
    Cell& cell = cells_[place];
    cell.oldest = cell.held == 0 ? timestamp : std::min(cell.oldest, timestamp);
    ++cell.held;
  }
  changes_.push_back({client, timestamp, true});
}

void LedgerShares::remove(ClientTag client, std::int64_t timestamp) {
  for (const std::size_t place : places(client)) {
    cells_[place].oldest = timestamp;  // those that are left are as old or newer
    --cells_[place].held;
  }
  changes_.push_back({client, timestamp, false});
}

void LedgerShares::undo() {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    for (const std::size_t place : places(change->client)) {
      Cell& cell = cells_[place];
      if (change->added) {
        --cell.held;
      } else {
        ++cell.held;
        cell.oldest = std::min(cell.oldest, change->timestamp);
      }
    }
  }
  changes_.clear();
}

}  // namespace store
