#pragma once

// What a client's record must fulfil beyond lengths and characters before it is stored. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "store/records.h"

namespace gateway::cli {

// Each returns with the sentence that is wrong, or nothing.

// A name that is given to a client or user from now on: at most 255 bytes, on one line, without
// controls. And what is said of a client: at most 1024 bytes. Records that were stored under other
// rules are read, shown and changed all the same. `what` begins the sentence.
inline constexpr std::size_t kMaxNameBytes = 255;
inline constexpr std::size_t kMaxDescriptionBytes = 1024;
inline constexpr std::string_view kClientName = "a client's name", kUserName = "a user's name";
std::optional<std::string> name_error(std::string_view what, std::string_view name);
std::optional<std::string> description_error(std::string_view description);

// provider::redirect_error, default realms that the client may not ask for, extra fields named
// like those of the protocol, and store::complaint. Keys are looked at where they come in alone, so
// that a stricter setting locks nobody out of a record.
std::optional<std::string> client_error(const store::Client& client);

}  // namespace gateway::cli
