#pragma once

// The options of curl that explain knows, and what they say about a request. Pure.

#include <optional>
#include <string_view>

namespace gateway::cli {

// What an option says about the request; Value: nothing, but it has a value; Flag: nothing.
enum class Says {
  Method,
  Field,
  Data,  // line ends cut from files, else as it is
  DataEncoded,
  UrlQuery,
  Next,
  Json,
  Get,
  Head,
  Url,
  Target,
  User,
  Part,
  Upload,
  Value,
  Flag
};

// Nothing for an option that is not known.
std::optional<Says> look_up(std::string_view name);
bool has_value(Says says);

}  // namespace gateway::cli
