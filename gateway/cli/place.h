#pragma once

// Which store a command works on.

#include <memory>
#include <optional>
#include <string>

#include "conf/settings.h"
#include "gateway/cli/console.h"
#include "gateway/cli/error.h"
#include "store/credentials.h"

namespace gateway::cli {

struct Where {
  std::optional<std::string> store;   // the store's folder
  std::optional<std::string> config;  // or the file that names it
};

enum class Access : bool {
  Read,
  Write,  // makes a store that is missing
};

struct Place {
  std::string folder;  // the store's
  std::unique_ptr<store::Credentials> credentials;
  std::optional<conf::Settings> settings;  // with --config
};

// Every mistake goes to standard error, each with its place.
Outcome<conf::Settings> load_settings(const std::string& file, Console& console);

Outcome<Place> open_place(const Where& where, Access access, Console& console);

// Refuses the realms that a configuration does not declare; without one, all pass.
Outcome<Done> check_realms(const Place& place, const std::vector<std::string>& realms);

// The fewest bits that an RSA key may have which is to be stored: those of the configuration;
// without one those that are asked for, or 2048.
Outcome<int> least_rsa_bits(const Where& where, const std::optional<std::string>& asked,
                            Console& console);

// A new key, token or secret, of a length that the configuration asks for.
std::string new_name(const Place& place);

}  // namespace gateway::cli
