#include "gateway/cli/rules.h"

#include <algorithm>

#include "conf/phrase.h"
#include "gateway/provider/callback.h"

namespace gateway::cli {
namespace {

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::optional<std::string> client_complaint(const store::Client& client) {
  for (const std::string& uri : client.redirect_uris) {
    if (auto wrong = provider::redirect_complaint(uri)) return wrong;
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
  return store::complaint(client);
}

}  // namespace gateway::cli
