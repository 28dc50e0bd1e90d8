#pragma once

// The addresses that the provider has for itself. Pure.

#include <string_view>
#include <vector>

#include "conf/settings.h"

namespace conf {

struct ProviderPath {
  std::string_view key;  // "oauth.authorize_path"
  std::string_view path;
};

// All of them; views into the settings. oauth.error_uri may be a URL elsewhere.
std::vector<ProviderPath> provider_paths(const Settings& settings);

}  // namespace conf
