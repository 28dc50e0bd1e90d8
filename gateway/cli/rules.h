#pragma once

// What a client's record must fulfil beyond lengths and characters before it is stored. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "store/records.h"

namespace gateway::cli {

// Each answers with the sentence that is wrong, or nothing.

// A PEM public key or certificate, and no private key.
std::optional<std::string> public_key_complaint(std::string_view pem);

// provider::redirect_complaint and this, default realms that the client may not ask for, and
// store::complaint.
std::optional<std::string> client_complaint(const store::Client& client);

}  // namespace gateway::cli
