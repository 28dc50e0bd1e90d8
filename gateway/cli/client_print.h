#pragma once

// How clients are shown. No secret is, but for the one handed over.

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "gateway/cli/console.h"
#include "gateway/net/json.h"
#include "store/records.h"
#include "store/usage.h"

namespace gateway::cli {

void print(const json::object& record, std::ostream& out);  // on a line of its own

// How often a client's secrets and keys made signatures that were accepted.
struct KeyUses {
  store::ClientUsage client;
  std::vector<store::Count> secrets, rsa_keys;  // in the order of the client's
};

// Nothing where the counts can't be read; then a note says why.
std::optional<KeyUses> read_uses(const std::string& folder, const store::Client& client,
                                 Console& console);

// When the client is gone; a note says why if it can't be done.
void forget_uses(const std::string& folder, const std::string& client, Console& console);

// All that is known of the client, for people and as JSON.
void print_client(const store::Client& client, const std::optional<KeyUses>& uses,
                  std::ostream& out);
json::object shown(const store::Client& client, const std::optional<KeyUses>& uses);

// The key and the newest secret: once, when it was made.
void print_credentials(const store::Client& client, std::ostream& out);

// What tells a public key from others: the first 16 hex digits of the SHA-256 of its DER, as in
// `openssl pkey -pubin -outform der | sha256sum`, or for a certificate
// `openssl x509 -outform der | sha256sum`.
std::string fingerprint(std::string_view pem);

json::object to_json(const store::Count& count);  // {"matched":N,"last_matched":T or null}

// "never", or "1,234 times, last 2030-01-31T12:00:00Z".
std::string times_text(const store::Count& count);

}  // namespace gateway::cli
