#pragma once

// Whom the load generator signs as: pairs of a client and one of its tokens, read from the JSON
// lines that `portcullis import` takes and `portcullis export` writes. Called at start, from one
// thread.

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "verify/result.h"
#include "verify/secret.h"

namespace bench {

struct Identity {
  std::string client;
  verify::Secret client_secret;
  std::string token;
  verify::Secret token_secret;
};

// Every token that can sign: enabled client with a shared secret, not revoked. The error names the
// line.
verify::Result<std::vector<Identity>, std::string> read_identities(std::istream& lines);
verify::Result<std::vector<Identity>, std::string> read_identities(const std::string& path);

// Writes `clients` clients and as many users, then `tokens` tokens for each client, all random.
void write_keys(std::ostream& out, std::size_t clients, std::size_t tokens);
verify::Result<verify::Done, std::string> write_keys(const std::string& path, std::size_t clients,
                                                     std::size_t tokens);

}  // namespace bench
