#include "gateway/exchange/connection.h"

#include <utility>

#include "gateway/exchange/worker.h"
#include "gateway/net/shares.h"

namespace gateway::exchange {

Connection::Connection(Worker& worker, std::unique_ptr<net::Stream> stream,
                       const net::Tcp::endpoint& peer)
    : net::Deadline(worker.deadlines()),
      worker_(worker),
      generation_(worker.generation_),
      stream_(std::move(stream)),
      peer_(net::unmapped(peer.address()).to_string()),
      address_size_(peer_.size()),
      peer_ip_(net::bytes_of(peer.address())),
      index_(worker.connections_.size()) {
  peer_ += ':';
  peer_ += std::to_string(peer.port());
  worker_.connections_.push_back(this);
}

Connection::~Connection() {
  Connection* last = worker_.connections_.back();
  worker_.connections_[index_] = last;
  last->index_ = index_;
  worker_.connections_.pop_back();
  worker_.process_.connection_shares.give_back(net::network_of(peer_ip_), 1);
  if (made_room_) worker_.process_.ending.fetch_sub(1);
  worker_.process_.connections.fetch_sub(1);
}

void Connection::make_room() {
  made_room_ = true;
  worker_.process_.ending.fetch_add(1);
  stream_->close(true);
}

void Connection::renew_generation() {
  if (generation_ == worker_.generation_) return;
  generation_ = worker_.generation_;
  authority = {};
}

std::string_view Connection::peer_address() const {
  return std::string_view(peer_).substr(0, address_size_);
}

}  // namespace gateway::exchange
