#pragma once

// One client connection from its first byte to its last: requests one after the other, and between
// them as little as possible: an idle connection holds no buffer.

#include <memory>

#include "gateway/worker.h"

namespace gateway {

Task<void> session(Worker& worker, std::unique_ptr<Stream> stream, Tcp::endpoint peer);

}  // namespace gateway
