#pragma once

// A store with the client "K" with the secret "S", the user "alice", and her token "T" with "TS",
// and settings that go with it.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "conf/settings.h"
#include "store/credentials.h"
#include "store/ledger.h"
#include "store/sessions.h"
#include "store/usage.h"

namespace gateway::testing {

// Settings for a store in this folder and an upstream on this port.
conf::Settings settings_for(const std::filesystem::path& folder, std::uint16_t port);
conf::Route route(const std::string& path, conf::Auth auth);

// Makes and opens it.
std::unique_ptr<store::Credentials> open_store(const conf::Settings& settings);
std::unique_ptr<store::Sessions> open_sessions(const conf::Settings& settings);
std::unique_ptr<store::Ledger> open_ledger(const conf::Settings& settings, std::int64_t now);

std::unique_ptr<store::Usage> open_usage(const conf::Settings& settings);

}  // namespace gateway::testing
