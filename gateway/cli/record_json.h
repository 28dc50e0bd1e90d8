#pragma once

// Clients, users and tokens as JSON: one object each, with the fields that import reads. Pure.

#include <string>
#include <string_view>
#include <variant>

#include "gateway/net/json.h"
#include "store/records.h"
#include "verify/result.h"

namespace gateway::cli {

enum class Secrets : bool {
  Hidden,  // for people and scripts that look: secrets and password hashes are left out
  Shown,   // for export, and for what was just made
};

json::object to_json(const store::Client& client, Secrets secrets);
json::object to_json(const store::User& user, Secrets secrets);
json::object to_json(const store::Token& token, Secrets secrets);

using Record = std::variant<store::Client, store::User, store::Token>;

// One line of an import, checked as far as that goes without a store: RSA keys can be used and have
// so many bits. A "password" is hashed, which takes tens of milliseconds. Fails with a sentence
// that names the field.
verify::Result<Record, std::string> read_record(std::string_view line, int min_rsa_bits);

std::string_view name(store::CallbackMatch match);
std::optional<store::CallbackMatch> callback_match_from_name(std::string_view name);

}  // namespace gateway::cli
