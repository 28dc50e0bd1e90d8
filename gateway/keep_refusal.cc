// A refused request of a client we know, put aside for `portcullis explain --id`.

#include "gateway/exchange.h"
#include "gateway/kept_request.h"
#include "gateway/refusal_keeper.h"

namespace gateway {
namespace {

// Why that URL was taken for the signed one.
std::string_view url_reason(const Exchange& x) {
  if (!x.gate.settings.listen.external_url.empty()) return "listen.external_url";
  const Forwarded& said = x.forwarded;
  if (!said.scheme.empty() || !said.authority.empty()) return "what a trusted proxy said";
  return "Host and the connection";
}

store::KeptBody body_of(const Exchange& x) {
  if (x.body_held) return store::KeptBody::Held;
  return x.request.framing == Framing::None ? store::KeptBody::None : store::KeptBody::Passing;
}

}  // namespace

void keep_refusal(const Exchange& x) {
  RefusalKeeper* keeper = x.gate.refusal_keeper;
  if (keeper == nullptr || !x.known_method || !keeper->admit(std::chrono::steady_clock::now())) {
    return;
  }
  const bool form = x.body_held && verify::is_form(x.request.content_type);
  const std::string_view held = x.body_held ? x.scratch.held.in_memory() : std::string_view();
  KeptRequest kept = kept_request(x.request,
                                  {.body = held.substr(0, store::kRefusalBytes),
                                   .form = form,
                                   .plaintext = *x.known_method == verify::Method::Plaintext},
                                  store::kRefusalBytes);
  keeper->keep({.request_id = std::string(std::string_view(x.request_id)),
                .time = x.gate.clock.unix_seconds(),
                .reason = std::string(x.reason),
                .detail = x.detail,
                .scheme = x.external->scheme,
                .authority = x.external->authority,
                .path_prefix = x.external->path_prefix,
                .url_reason = std::string(url_reason(x)),
                .body = body_of(x),
                .truncated = kept.truncated || x.scratch.held.on_disk() > 0 ||
                             held.size() > store::kRefusalBytes,
                .signed_removed = kept.signed_removed,
                .request = std::move(kept.dump)});
}

}  // namespace gateway
