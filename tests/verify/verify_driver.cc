// The C++ side of oauthlib_agrees.py. Lines on standard input are tab-separated fields in hex, "-"
// for one that is absent; for each, a line on standard output.
//
//   verify_driver         judges: method, scheme, authority, path prefix, target, authorization,
//                         form, client secret, token secret, public key. Returns "accepted", the
//                         client and the token in hex, or "refused" and the reason.
//   verify_driver --sign  signs: the first five and the form, client, client secret, token, token
//                         secret, signature method, realm, timestamp, nonce, private key. Returns
//                         the value of the Authorization field in hex.

#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "verify/claim.h"
#include "verify/crypto.h"
#include "verify/judge.h"
#include "verify/rsa.h"
#include "verify/sign.h"

using namespace verify;

namespace {

using Fields = std::vector<std::optional<std::string>>;

std::string from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  }
  return out;
}

std::string to_hex(std::string_view text) {
  return verify::to_hex({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

Fields fields_of(std::string_view line) {
  Fields out;
  while (true) {
    const std::size_t tab = line.find('\t');
    const std::string_view field = line.substr(0, tab);
    out.push_back(field == "-" ? std::nullopt : std::optional(from_hex(field)));
    if (tab == std::string_view::npos) return out;
    line.remove_prefix(tab + 1);
  }
}

Secret secret_of(const std::optional<std::string>& field) { return Secret(field.value_or("")); }

RequestView view_of(const Fields& fields) {
  RequestView request;
  std::string_view* const views[] = {&request.method, &request.scheme, &request.authority,
                                     &request.path_prefix, &request.target};
  for (std::size_t i = 0; i < std::size(views); ++i) {
    if (fields[i]) *views[i] = *fields[i];
  }
  return request;
}

// Parsed once for each text.
const RsaKey& key_of(const std::string& pem) {
  static std::map<std::string, RsaKey> known;
  const auto found = known.find(pem);
  if (found != known.end()) return found->second;
  return known.emplace(pem, *RsaKey::parse(pem)).first->second;
}

// Times are out of question here: a request is judged in the second that it names.
std::string judged(const Fields& fields) {
  static Workspace workspace;
  static const std::string spare = unpaired_rsa_key(1024);
  const auto refused = [](const Rejection& reject) {
    return "refused\t" + std::string(name(reject.reason));
  };
  RequestView request = view_of(fields);
  if (fields[5]) request.authorization = *fields[5];
  if (fields[6]) request.form = *fields[6];
  const auto claim = read_claim(request, Bounds{.authorization_passed_on = true}, workspace);
  if (!claim.ok()) return refused(claim.error());
  Policy policy;
  policy.enforce_tls = false;
  policy.rsa_min_bits = RsaKey::kMinBits;
  for (int i = 0; i < kMethodCount; ++i) policy.methods.add(static_cast<Method>(i));
  const Requirement requirement{.token = false, .realms = {}, .any_realm = false};
  const std::int64_t now = claim->seconds();
  if (const auto reject = admit(request, *claim, policy, requirement, now, -1)) {
    return refused(*reject);
  }
  Keys keys;
  keys.client_known = keys.client_enabled = keys.token_known = keys.token_of_client = true;
  keys.user_enabled = true;
  keys.keys.emplace_back(secret_of(fields[7]), secret_of(fields[8]), std::nullopt);
  keys.rsa_keys.emplace_back(key_of(fields[9].value_or(spare)), std::nullopt);
  const auto verdict = judge(request, *claim, keys, policy, requirement, now, workspace);
  if (!verdict.ok()) return refused(verdict.error());
  return "accepted\t" + to_hex(claim->client) + '\t' + to_hex(claim->token.value_or("-"));
}

std::string signed_header(const Fields& fields) {
  RequestView request = view_of(fields);
  if (fields[5]) request.form = *fields[5];
  const auto method = method_from_name(fields[10].value_or(""));
  if (!method) return "-";
  const Signer signer{.client = fields[6].value_or(""),
                      .client_secret = secret_of(fields[7]),
                      .token = fields[8],
                      .token_secret = secret_of(fields[9]),
                      .method = *method,
                      .realm = fields[11].value_or(""),
                      .private_key = secret_of(fields[14])};
  const auto header = authorization_header(request, signer, std::stoll(fields[12].value_or("0")),
                                           fields[13].value_or(""));
  return header ? to_hex(*header) : "-";
}

}  // namespace

int main(int argc, char** argv) {
  const bool signs = argc == 2 && std::string_view(argv[1]) == "--sign";
  const std::size_t wanted = signs ? 15 : 10;
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const Fields fields = fields_of(line);
    if (fields.size() != wanted) {
      std::cerr << "expected " << wanted << " fields and not " << fields.size() << '\n';
      return 2;
    }
    std::cout << (signs ? signed_header(fields) : judged(fields)) << '\n';
  }
  return 0;
}
