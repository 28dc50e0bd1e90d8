#include "gateway/cli/rules.h"

#include <algorithm>
#include <array>

#include "conf/phrase.h"
#include "conf/url.h"

namespace gateway::cli {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool runs_in_a_browser(std::string_view scheme) {
  constexpr std::array<std::string_view, 8> kSchemes = {
      "javascript", "data", "vbscript", "blob", "file", "filesystem", "about", "view-source"};
  return std::find(kSchemes.begin(), kSchemes.end(), scheme) != kSchemes.end();
}

// An http or https URL; what follows its host and port begins a path.
bool has_host(std::string_view uri) {
  const auto url = conf::parse_url(uri);
  return url && (url->path.empty() || url->path.starts_with('/'));
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::optional<std::string> redirect_complaint(std::string_view uri) {
  const std::string shown = "the redirect URI " + conf::quoted(uri);
  if (uri == "oob") return shown + " is none: --allow-oob lets a client do without one";
  const std::size_t colon = uri.find(':');
  if (colon == uri.npos || !is_scheme(uri.substr(0, colon))) {
    return shown + " is not absolute: begin it with a scheme, as in https://app.example/callback";
  }
  const std::string scheme = lower(uri.substr(0, colon));
  if (runs_in_a_browser(scheme)) return shown + " must not have the scheme " + scheme;
  for (const char c : uri) {
    if (c <= ' ' || c > '~' || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos) {
      return shown + " has a byte that no URI has: percent-encode it";
    }
  }
  if (uri.find('#') != uri.npos) return shown + " must not have a fragment";
  if (uri.size() == colon + 1) return shown + " has nothing after its scheme";
  if ((scheme == "http" || scheme == "https") && !has_host(uri)) {
    return shown + " needs a host, and no user information, after " + scheme + "://";
  }
  return std::nullopt;
}

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
    if (auto wrong = redirect_complaint(uri)) return wrong;
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
