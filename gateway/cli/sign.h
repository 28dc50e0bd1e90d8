#pragma once

// portcullis sign: signs a request as a client would, to try a gate out.

#include <optional>
#include <string>

#include "gateway/cli/console.h"
#include "gateway/cli/place.h"
#include "gateway/net/clock.h"

namespace gateway::cli {

struct Sign {
  Where where;
  bool json = false;
  bool curl = false;
  std::string method, url;
  std::optional<std::string> client;       // from the store
  std::optional<std::string> key, secret;  // or given
  std::optional<std::string> token, token_secret;
  std::optional<std::string> private_key;  // a file, also as "@FILE"; "-": standard input
  std::optional<std::string> data;         // a form body, or "@FILE"
  std::optional<std::string> signature_method;
};

// Prints the Authorization field, or with `curl` a command to paste. Works on the store alone if a
// client is named.
Outcome<Done> sign(const Sign& options, Console& console, const net::Clock& clock);

// A URL as it goes onto the wire.
struct SplitUrl {
  std::string scheme;     // "http" or "https"
  std::string authority;  // as written
  std::string target;     // origin-form, byte for byte, at least "/"
};

// Nothing for what is no absolute http or https URL, has user information or a fragment, or bytes
// that no client can send.
std::optional<SplitUrl> split_url(const std::string& url);

}  // namespace gateway::cli
