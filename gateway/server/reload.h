#pragma once

// A changed configuration comes into effect while the gate runs. One thread.

#include <memory>
#include <string>

#include "gateway/server/server.h"

namespace gateway::server {

// Throws std::runtime_error with one sentence for what the settings ask for and this version lacks.
void refuse_what_is_not_in_effect(const conf::Settings& settings);

// Reads the file again, and has the server adopt what it says: all of it but what takes a restart,
// or, with any mistake in it, nothing. The log says which. Returns the gate that is in effect then.
std::shared_ptr<const exchange::RuntimeConfig> reload(
    const std::string& file, const std::shared_ptr<const exchange::RuntimeConfig>& running,
    Server& server);

}  // namespace gateway::server
