#pragma once

// portcullis client: who may sign requests.

#include <optional>
#include <string>
#include <vector>

#include "gateway/cli/console.h"
#include "gateway/cli/place.h"
#include "gateway/net/clock.h"
#include "store/records.h"

namespace gateway::cli {

// What can be said about a client on the command line. A list that is given replaces the one
// stored; one empty word alone empties it.
struct ClientFields {
  std::optional<std::string> name, description;
  std::optional<std::string> secret;  // see read_secret
  std::optional<std::vector<std::string>> redirect_uris, realms, default_realms;
  std::optional<std::vector<std::string>> rsa_public_keys;  // files
  std::optional<std::vector<std::string>> signature_methods;
  std::optional<std::vector<std::string>> extra;  // NAME=VALUE
  std::optional<bool> allow_oob, renewable, same_token;
  std::optional<std::string> callback_match;
  std::optional<std::string> reply_realms;  // yes, no or default
  std::optional<std::vector<std::string>> quirks;
  std::optional<std::string> header_realm;
  std::optional<std::string> rsa_min_bits;  // see least_rsa_bits
};

struct ClientAdd {
  Where where;
  bool json = false;
  std::string name;
  std::optional<std::string> key;
  ClientFields fields;
};

struct ClientUpdate {
  Where where;
  bool json = false;
  std::string key;
  ClientFields fields;
};

struct ClientNamed {
  Where where;
  bool json = false;
  std::string key;
};

struct ClientList {
  Where where;
  bool json = false;
};

struct ClientRotate {
  Where where;
  bool json = false;
  std::string key;
  std::optional<std::string> secret;
  std::optional<std::string> rsa_public_key;  // a file; then the secrets stay unless one is given
  std::optional<std::string> rsa_min_bits;
  std::optional<std::string> keep;  // how long the old one holds; a day if absent
};

Outcome<Done> client_add(const ClientAdd& options, Console& console);
Outcome<Done> client_list(const ClientList& options, Console& console);
Outcome<Done> client_show(const ClientNamed& options, Console& console);
Outcome<Done> client_update(const ClientUpdate& options, Console& console);
Outcome<Done> client_rotate(const ClientRotate& options, Console& console, const net::Clock& clock);
Outcome<Done> client_disable(const ClientNamed& options, Console& console);
Outcome<Done> client_enable(const ClientNamed& options, Console& console);
Outcome<Done> client_remove(const ClientNamed& options, Console& console);

// Puts a new secret or key before the others. The newest of the old ones that still holds ends at
// `end` at the latest, or at once where that isn't after `now`; all that are older go. Pure.
void rotate(std::vector<store::ClientSecret>& secrets, verify::Secret fresh, std::int64_t now,
            std::int64_t end);
void rotate(std::vector<store::ClientKey>& keys, std::string fresh, std::int64_t now,
            std::int64_t end);

// Reads standard input and the files that the fields name, so that nothing waits for them later:
// the secret and the keys then stand for themselves.
Outcome<ClientFields> resolve(ClientFields fields, const Where& where, Console& console);

// The PEM text in a file, if it is a key that can be used.
Outcome<std::string> read_public_key(const std::string& file, int min_bits);

// Writes resolved fields into the client. Pure.
Outcome<Done> apply(const ClientFields& fields, store::Client& client);

bool empty(const ClientFields& fields);

}  // namespace gateway::cli
