// Any query and form (the input up to a line feed, and after it; but its first byte chooses) beside
// credentials in the header, in that query or in that form, with no quirk, one or all: the base
// string is what explain's recipe makes of the request, what is signed over it is accepted, and
// nothing else is.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "verify/base_string.h"
#include "verify/explain_recipe.h"
#include "verify/judge.h"
#include "verify/percent.h"

namespace {

using namespace verify;

void must(bool good) {
  if (!good) std::abort();
}

struct Message {
  std::string target, form, authorization;

  RequestView view() const {
    RequestView request{};
    request.method = "POST";
    request.scheme = "https";
    request.authority = "h";
    request.target = target;
    request.form = form;
    if (!authorization.empty()) request.authorization = authorization;
    return request;
  }
};

constexpr std::string_view kPairs =
    "oauth_consumer_key=k&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1&oauth_nonce=n"
    "&oauth_signature=";
constexpr std::string_view kField =
    R"(OAuth oauth_consumer_key="k",oauth_signature_method="HMAC-SHA1",oauth_timestamp="1",)"
    R"(oauth_nonce="n",oauth_signature=")";

Message with_credentials(std::string_view query, std::string_view form, Source source,
                         std::string_view signature) {
  Message out{"/?" + std::string(query), std::string(form), ""};
  const std::string encoded = percent_encode(signature);
  if (source == Source::Header) {
    out.authorization = std::string(kField) + encoded + '"';
  } else {
    (source == Source::Query ? out.target : out.form) += '&' + std::string(kPairs) + encoded;
  }
  return out;
}

Keys keys_with(QuirkSet quirks) {
  Keys keys;
  keys.client_known = keys.client_enabled = true;
  keys.token_known = keys.token_of_client = keys.user_enabled = true;
  keys.quirks = quirks;
  keys.keys.emplace_back(Secret(std::string_view("c/s")), Secret(std::string_view("t s")),
                         std::nullopt);
  return keys;
}

// None of the quirks, each one, and all.
const std::vector<Keys>& all_keys() {
  static const std::vector<Keys> keys = [] {
    std::vector<Keys> out = {keys_with({})};
    QuirkSet all;
    for (int i = 0; i < kQuirkCount; ++i) {
      QuirkSet one;
      one.add(static_cast<Quirk>(i));
      all.add(static_cast<Quirk>(i));
      out.push_back(keys_with(one));
    }
    out.push_back(keys_with(all));
    return out;
  }();
  return keys;
}

bool accepts(const Message& message, const Keys& keys) {
  static Workspace workspace;
  const RequestView request = message.view();
  const auto claim = read_claim(request, Bounds{.parameters = 50}, workspace);
  must(claim.ok());
  Policy policy;
  policy.methods.add(Method::HmacSha1);
  Requirement requirement;
  requirement.token = false;
  return judge(request, *claim, keys, policy, requirement, 1, workspace).ok();
}

void check(std::string_view query, std::string_view form, Source source, const Keys& keys) {
  static Workspace workspace;
  const Message unsigned_message = with_credentials(query, form, source, "");
  const RequestView request = unsigned_message.view();
  if (!read_claim(request, Bounds{.parameters = 50}, workspace).ok()) return;
  Parameters& parameters = workspace.state().parameters;
  const std::string plain(build_base_string(request, parameters));
  const std::string base(build_base_string(request, parameters, keys.quirks));
  must(base == base_string(right_recipe(request, keys.quirks)));
  const bool odd_key = keys.quirks.has(Quirk::UnencodedKey);
  const HmacKey& key =
      keys.keys[0].hmac(Hash::Sha1, odd_key ? Spelling::AsTheyAre : Spelling::Encoded);
  const auto message = [&](std::string_view text) {
    return with_credentials(query, form, source, to_base64(key.sign(text).view()));
  };
  const Message good = message(base);
  must(accepts(good, keys));
  must(accepts(message(plain), keys));
  must(accepts(good, all_keys()[0]) == (!odd_key && base == plain));
  must(!accepts(message(base + '&'), keys));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr Source kSources[] = {Source::Header, Source::Query, Source::Form};
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t line = text.find('\n');
  const std::string_view query = text.substr(0, line);
  const std::string_view form = line == text.npos ? std::string_view() : text.substr(line + 1);
  check(query, form, kSources[data[0] % 3], all_keys()[data[0] / 3 % all_keys().size()]);
  return 0;
}
