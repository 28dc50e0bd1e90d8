// Judges requests that another program made: one a line on standard input, as tab-separated fields
// in hex (method, scheme, authority, path prefix, target, authorization, form, client secret, token
// secret; "-" for one that is absent), and for each a line on standard output: "accepted", the
// client and the token in hex, or "refused" and the reason.

#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "verify/claim.h"
#include "verify/crypto.h"
#include "verify/judge.h"

using namespace verify;

namespace {

std::string from_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return out;
}

std::string to_hex(std::string_view text) {
  return verify::to_hex({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

std::vector<std::optional<std::string>> fields_of(std::string_view line) {
  std::vector<std::optional<std::string>> out;
  while (true) {
    const std::size_t tab = line.find('\t');
    const std::string_view field = line.substr(0, tab);
    out.push_back(field == "-" ? std::nullopt : std::optional(from_hex(field)));
    if (tab == std::string_view::npos) return out;
    line.remove_prefix(tab + 1);
  }
}

// Times are out of question here: a request is judged in the second that it names.
std::string verdict(const RequestView& request, const Secret& client_secret,
                    const Secret& token_secret, Workspace& workspace) {
  const auto refused = [](const Reject& reject) {
    return "refused\t" + std::string(name(reject.reason));
  };
  const auto claim = read_claim(request, Bounds{}, workspace);
  if (!claim.ok()) return refused(claim.error());
  Policy policy;
  policy.enforce_tls = false;
  for (int i = 0; i < kMethodCount; ++i) policy.methods.add(static_cast<Method>(i));
  if (const auto reject = admit(request, *claim, policy, {}, claim->seconds(), 0))
    return refused(*reject);
  Keys keys;
  keys.client_known = keys.client_enabled = keys.token_known = keys.token_of_client = true;
  keys.user_enabled = true;
  keys.keys.emplace_back(client_secret, token_secret, std::nullopt);
  const Requirement requirement{.token = false, .realms = {}, .any_realm = false};
  const auto judged =
      judge(request, *claim, keys, policy, requirement, claim->timestamp, workspace);
  if (!judged.ok()) return refused(judged.error());
  return "accepted\t" + to_hex(claim->client) + '\t' + to_hex(claim->token.value_or("-"));
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  Workspace workspace;
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto fields = fields_of(line);
    if (fields.size() != 9) {
      std::cerr << "expected 9 fields and not " << fields.size() << '\n';
      return 2;
    }
    RequestView request;
    std::string_view* const views[] = {&request.method, &request.scheme, &request.authority,
                                       &request.path_prefix, &request.target};
    for (std::size_t i = 0; i < 5; ++i) {
      if (fields[i]) *views[i] = *fields[i];
    }
    if (fields[5]) request.authorization = *fields[5];
    if (fields[6]) request.form = *fields[6];
    std::cout << verdict(request, Secret(fields[7].value_or("")), Secret(fields[8].value_or("")),
                         workspace)
              << '\n';
  }
  return 0;
}
