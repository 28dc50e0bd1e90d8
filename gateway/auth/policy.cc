#include "gateway/auth/policy.h"

#include <chrono>

namespace gateway::auth {
namespace {

verify::MethodSet methods_of(const std::vector<std::string>& names) {
  verify::MethodSet methods;
  for (const std::string& name : names) {
    if (auto method = verify::method_from_name(name)) methods.add(*method);
  }
  return methods;
}

}  // namespace

verify::Requirement requirement_of(const conf::Route& route) {
  verify::Requirement requirement{.token = route.auth != conf::Auth::Client,
                                  .realms = route.realms,
                                  .any_realm = route.any_realm,
                                  .methods = methods_of(route.signature_methods),
                                  .schemes = route.accept_schemes,
                                  .quirks = {},
                                  .header_realm = route.header_realm};
  for (const std::string& name : route.quirks) {
    if (auto quirk = verify::quirk_from_name(name)) requirement.quirks.add(*quirk);
  }
  return requirement;
}

verify::Bounds bounds_of(const conf::Route& route, const conf::Limits& limits) {
  const conf::Places& places = route.credentials;
  return {.parameters = limits.parameters,
          .credentials = {places.header, places.query, places.form},
          .authorization_passed_on = route.pass_authorization};
}

verify::Bounds provider_bounds(const conf::Settings& settings) {
  return {.parameters = settings.limits.parameters,
          .authorization_passed_on = true,  // it ends here
          .split_callback_and_verifier = settings.oauth.split_parameters};
}

verify::Policy policy_of(const conf::OAuth& oauth) {
  verify::Policy policy;
  policy.methods = methods_of(oauth.signature_methods);
  policy.rsa_min_bits = static_cast<int>(oauth.rsa_min_bits);
  policy.enforce_tls = oauth.enforce_tls;
  policy.window_past_s = std::chrono::floor<std::chrono::seconds>(oauth.window_past).count();
  policy.window_future_s = std::chrono::floor<std::chrono::seconds>(oauth.window_future).count();
  return policy;
}

std::int64_t ledger_window(conf::Milliseconds window) {
  return std::chrono::ceil<std::chrono::seconds>(window).count();
}

}  // namespace gateway::auth
