// Any text taken for a dump of HTTP and for a curl command, and what is read from it explained: the
// base string is the gate's own, whatever is found is in order, and no secret is told.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/cli/request_text.h"
#include "verify/base_string.h"
#include "verify/explain.h"
#include "verify/explain_recipe.h"

namespace {

using gateway::cli::RequestText;
using namespace verify;

constexpr std::string_view kClientSecret = "fuzzed client+secret", kTokenSecret = "fuzzed/token";

void must(bool good) {
  if (!good) std::abort();
}

void check_base_string(const RequestView& request) {
  Workspace workspace;
  if (!read_claim(request, Bounds{}, workspace).ok()) return;
  QuirkSet quirks;
  for (const Quirk quirk : {Quirk::RawBodyHash, Quirk::QueryInForm, Quirk::CrlfFields}) {
    must(base_string(right_recipe(request, quirks)) ==
         build_base_string(request, workspace.state().parameters, quirks));
    quirks.add(quirk);
  }
}

void check_explanation(const Evidence& evidence, std::string_view input) {
  Keys keys;
  keys.client_known = keys.client_enabled = true;
  keys.token_known = keys.token_of_client = keys.user_enabled = true;
  KnownSecrets secrets;
  secrets.client.push_back({Secret(kClientSecret), std::nullopt});
  secrets.token = Secret(kTokenSecret);
  keys.keys.emplace_back(secrets.client[0].secret, secrets.token, std::nullopt);
  Rules rules;
  rules.most_work = 1'000'000;  // enough for all the code, and for no long search
  for (int i = 0; i < kMethodCount; ++i) rules.policy.methods.add(static_cast<Method>(i));
  const Explanation found = explain(evidence, keys, secrets, rules);
  const auto tells = [&](const std::string& sentence) {
    for (const std::string_view secret : {kClientSecret, kTokenSecret}) {
      if (input.find(secret) != input.npos) return;
      must(sentence.find(secret) == sentence.npos);
    }
    must(sentence.ends_with('.'));
  };
  for (const Finding& finding : found.findings) tells(finding.sentence);
  for (const NearMiss& miss : found.near_misses) {
    must(miss.signature_fits || evidence.base_string);
    for (const Edit& change : miss.changes) tells(change.sentence);
  }
  for (const std::string& remark : found.remarks) tells(remark);
  if (!found.difference) return;
  const std::string_view own = *evidence.base_string;
  const std::size_t at = found.difference->at;
  must(at <= own.size() && at <= found.base_string.size());
  must(own.substr(0, at) == std::string_view(found.base_string).substr(0, at));
}

void look_at(const RequestText& request, std::string_view input) {
  for (const std::string& remark : request.remarks) must(!remark.empty());
  Evidence evidence;
  evidence.request.method = request.method;
  evidence.request.scheme = "https";
  evidence.request.authority = request.value_or_empty("Host");
  evidence.request.target = request.target;
  if (const std::string* field = request.field("Authorization")) {
    evidence.request.authorization = *field;
  }
  if (is_form(request.value_or_empty("Content-Type"))) evidence.request.form = request.body;
  evidence.host = request.value_or_empty("Host");
  evidence.body = request.body;
  check_base_string(evidence.request);
  check_explanation(evidence, input);
  // The body once more, as the client's own base string.
  evidence.base_string = request.body;
  check_explanation(evidence, input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto request = gateway::cli::read_http(text)) look_at(*request, text);
  if (const auto request = gateway::cli::read_curl(text)) look_at(*request, text);
  return 0;
}
