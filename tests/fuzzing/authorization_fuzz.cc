// Any bytes as an Authorization field: read, judged, never accepted, and read the same way twice.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verify/claim.h"
#include "verify/judge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verify;
  static Workspace workspace, other;
  static const Keys keys = [] {
    Keys out;
    out.client_known = out.client_enabled = true;
    out.keys.emplace_back(Secret(std::string_view("cs")), Secret(), std::nullopt);
    out.rsa_keys.emplace_back(*RsaKey::parse(unpaired_rsa_key(1024)), std::nullopt);
    return out;
  }();
  RequestView request{};
  request.method = "GET";
  request.scheme = "https";
  request.authority = "h";
  request.target = "/?a=b";
  request.authorization = std::string_view(reinterpret_cast<const char*>(data), size);
  const auto claim = read_claim(request, Bounds{.parameters = 50}, workspace);
  if (claim.ok() != read_claim(request, Bounds{.parameters = 50}, other).ok()) std::abort();
  if (!claim.ok()) return 0;
  if (claim->client.empty() || claim->client.size() > 255 || claim->timestamp < 0) std::abort();
  Policy policy;
  for (int i = 0; i < kMethodCount; ++i) policy.methods.add(static_cast<Method>(i));
  if (judge(request, *claim, keys, policy, Requirement{}, 0, workspace).ok()) std::abort();
  return 0;
}
