#include "gateway/cli/rules.h"

#include <algorithm>

#include "conf/quoting.h"
#include "gateway/provider/callback.h"

namespace gateway::cli {
namespace {

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Besides bytes below 0x20: DEL, U+0080 to U+009F, and the line and paragraph separators.
bool has_control(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const auto next = static_cast<unsigned char>(i + 1 < name.size() ? name[i + 1] : 0);
    if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next < 0xa0)) return true;
    if (name.substr(i, 3) == "\xe2\x80\xa8" || name.substr(i, 3) == "\xe2\x80\xa9") return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> name_error(std::string_view what, std::string_view name) {
  if (name.size() <= kMaxNameBytes && !has_control(name)) return std::nullopt;
  return std::string(what) + " has at most " + std::to_string(kMaxNameBytes) +
         " bytes of UTF-8, without line ends and other controls, not the " +
         std::to_string(name.size()) + " of " + conf::quoted(name);
}

std::optional<std::string> description_error(std::string_view description) {
  if (description.size() <= kMaxDescriptionBytes) return std::nullopt;
  return "a client's description has at most " + std::to_string(kMaxDescriptionBytes) +
         " bytes, not the " + std::to_string(description.size()) + " of " +
         conf::quoted(description);
}

std::optional<std::string> client_error(const store::Client& client) {
  for (const std::string& uri : client.redirect_uris) {
    if (auto wrong = provider::redirect_error(uri)) return wrong;
  }
  for (const std::string& realm : client.default_realms) {
    if (has(client.realms, realm)) continue;
    return "the default realm " + conf::quoted(realm) + " is not among the client's realms";
  }
  for (const auto& [name, value] : client.extra) {
    if (name.starts_with("oauth_")) {
      return "an extra field must not begin with \"oauth_\", as " + conf::quoted(name) + " does";
    }
  }
  return store::record_error(client);
}

}  // namespace gateway::cli
