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

std::optional<std::string> public_key_complaint(std::string_view pem) {
  if (pem.find("PRIVATE KEY-----") != pem.npos) {
    return "this is a private key: a client keeps it to itself, give its public key";
  }
  for (const std::string_view kind : {"PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"}) {
    const std::size_t begin = pem.find("-----BEGIN " + std::string(kind) + "-----");
    if (begin == pem.npos) continue;
    if (pem.find("-----END " + std::string(kind) + "-----", begin) != pem.npos) return {};
  }
  return "an RSA public key is PEM text from -----BEGIN PUBLIC KEY----- (or RSA PUBLIC KEY, or "
         "CERTIFICATE) to its END";
}

std::optional<std::string> client_complaint(const store::Client& client) {
  for (const std::string& uri : client.redirect_uris) {
    if (auto wrong = provider::redirect_complaint(uri)) return wrong;
  }
  for (const store::ClientKey& key : client.rsa_public_keys) {
    if (auto wrong = public_key_complaint(key.pem)) return wrong;
  }
  for (const std::string& realm : client.default_realms) {
    if (has(client.realms, realm)) continue;
    return "the default realm " + conf::quoted(realm) + " is not among the client's realms";
  }
  return store::complaint(client);
}

}  // namespace gateway::cli
