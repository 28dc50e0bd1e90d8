#pragma once

// A client's connection. For the thread of its worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "conf/url.h"
#include "gateway/exchange/generation.h"
#include "gateway/net/deadline.h"
#include "gateway/net/net.h"
#include "gateway/net/stream.h"
#include "gateway/routing/authority.h"

namespace gateway::exchange {

class Worker;

// A client's connection, known to its worker so that it can be ended.
class Connection final : public net::Deadline {
 public:
  Connection(Worker& worker, std::unique_ptr<net::Stream> stream, const net::Tcp::endpoint& peer);
  ~Connection() override;

  net::Stream& stream() { return *stream_; }
  Generation& generation() { return *generation_; }
  // The worker's present generation, for the next request.
  void renew_generation();
  const std::string& peer() const { return peer_; }  // address:port
  std::string_view peer_address() const;
  const conf::IpAddress& peer_ip() const { return peer_ip_; }

  // Ends it for others' sake, whatever it waits for.
  void make_room();
  bool made_room() const { return made_room_; }

  bool waiting = false;  // for the first byte of a request
  bool proven = false;   // who sent the present request
  std::uint64_t requests = 0;
  routing::ResolvedAuthority authority;  // by the settings of the generation

 private:
  friend class Worker;
  void expire() override { stream_->cancel(); }
  Worker& worker_;
  std::shared_ptr<Generation> generation_;
  std::unique_ptr<net::Stream> stream_;
  std::string peer_;
  std::size_t address_size_;
  bool made_room_ = false;
  conf::IpAddress peer_ip_;
  std::size_t index_ = 0;  // in the worker's list
};

}  // namespace gateway::exchange
