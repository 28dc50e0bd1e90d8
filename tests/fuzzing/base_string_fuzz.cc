// Any target and form (the input up to a line feed, and after it): the base string has the shape
// that RFC 5849 section 3.4.1 gives it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verify/claim.h"
#include "verify/judge.h"
#include "verify/percent.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verify;
  static Workspace workspace;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  RequestView request{};
  request.method = "POST";
  request.scheme = "https";
  request.authority = "Example.com:443";
  request.target = text.substr(0, line);
  if (line != std::string_view::npos) request.form = text.substr(line + 1);
  request.authorization = R"(OAuth oauth_consumer_key="k", oauth_signature_method="HMAC-SHA1", )"
                          R"(oauth_timestamp="1", oauth_nonce="n", oauth_signature="")";
  const auto claim = read_claim(request, Bounds{}, workspace);
  if (!claim.ok()) return 0;
  const std::string_view base = base_string(request, *claim, workspace);
  const bool clean = std::all_of(base.begin(), base.end(),
                                 [](char c) { return is_unreserved(c) || c == '%' || c == '&'; });
  if (!clean || std::count(base.begin(), base.end(), '&') != 2) std::abort();
  if (!base.starts_with("POST&https%3A%2F%2Fexample.com%2F")) {
    if (!request.target.empty() && request.target[0] == '/') std::abort();
  }
  if (base.find("oauth_nonce%3Dn") == std::string_view::npos) std::abort();
  return 0;
}
