#pragma once

// What a client's record must fulfil beyond lengths and characters before it is stored. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "store/records.h"

namespace gateway::cli {

// Each answers with the sentence that is wrong, or nothing.

// provider::redirect_complaint, default realms that the client may not ask for, extra fields named
// like those of the protocol, and store::complaint. Keys are looked at where they come in alone, so
// that a stricter setting locks nobody out of a record.
std::optional<std::string> client_complaint(const store::Client& client);

}  // namespace gateway::cli
