#pragma once

// One client connection from its first byte to its last: requests one after the other, and between
// them as little as possible: an idle connection holds no buffer.

#include <memory>

#include "gateway/exchange/worker.h"

namespace gateway::server {

net::Task<void> session(exchange::Worker& worker, std::unique_ptr<net::Stream> stream,
                        net::Tcp::endpoint peer);

}  // namespace gateway::server
