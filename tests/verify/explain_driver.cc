// Explains requests, one a line: method, scheme, authority, target, Authorization, form and other
// body, divided by tabs and percent-encoded; "-" is what is not there. Returns for each "right",
// "nothing", or the names of the changes that were found.
//
// usage: explain_driver CLIENT-SECRET TOKEN-SECRET < requests

// Nothing of doctest is needed here, and what includes it is.
#define DOCTEST_CONFIG_DISABLE
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "tests/verify/explain.h"
#include "verify/percent.h"

namespace {

using namespace verify;

std::optional<std::string> read(const std::string& field) {
  if (field == "-") return std::nullopt;
  std::string out;
  if (!percent_decode(field, out)) std::abort();
  return out;
}

std::string answer(const std::vector<std::string>& fields, const Secret& client,
                   const Secret& token) {
  testing::Request request{.method = fields[0],
                           .scheme = fields[1],
                           .authority = fields[2],
                           .target = read(fields[3]).value_or("/"),
                           .authorization = read(fields[4]),
                           .form = read(fields[5])};
  const std::string body = read(fields[6]).value_or("");
  Evidence evidence{.request = request.view(), .host = fields[2], .body = body};
  if (request.form) evidence.body = *request.form;
  Workspace workspace;
  const auto claim = read_claim(evidence.request, Bounds{}, workspace);
  if (!claim.ok()) return "unreadable";
  const bool has_token = claim->has_token();
  Keys keys = testing::good_keys(client.reveal(), has_token ? token.reveal() : "");
  keys.token_known = has_token;
  KnownSecrets secrets{.client = {{client, std::nullopt}}, .token = {}};
  if (has_token) secrets.token = token;
  Rules rules = testing::usual_rules();
  rules.most_work = kMaxWork;
  return testing::named(explain(evidence, keys, secrets, rules));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const verify::Secret client(std::string_view{argv[1]}), token(std::string_view{argv[2]});
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<std::string> fields(1);
    for (const char c : line) {
      if (c == '\t') {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    if (fields.size() != 7) return 2;
    std::cout << answer(fields, client, token) << std::endl;
  }
  return 0;
}
