#include "gateway/exchange/keep_refusal.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gateway/log/kept_request.h"
#include "gateway/log/refusal_keeper.h"
#include "verify/pairs.h"
#include "verify/percent.h"

namespace gateway::exchange {
namespace {

// Why that URL was taken for the signed one.
std::string_view url_reason(const Exchange& x) {
  if (!x.config.settings.listen.external_url.empty()) return "listen.external_url";
  const routing::Forwarded& said = x.forwarded;
  if (!said.scheme.empty() || !said.authority.empty()) return "what a trusted proxy said";
  return "Host and the connection";
}

store::KeptBody body_of(const Exchange& x) {
  if (x.body_held) return store::KeptBody::Held;
  return x.request.framing == http::Framing::None ? store::KeptBody::None
                                                  : store::KeptBody::Passing;
}

// A backend that fails, or the application that is asked who is signed in, says nothing of the
// request.
bool is_of_request(reply::RefusalKind fault) {
  using enum reply::RefusalKind;
  return fault != UpstreamUnreachable && fault != UpstreamBroken && fault != UpstreamTimeout &&
         fault != SignInUnavailable;
}

// What a request says about itself, however little of it can be read.
class Naming {
 public:
  explicit Naming(const Exchange& x) {
    if (x.request.has_authorization) header(x.request.authorization);
    const std::string_view target = x.request.target;
    pairs(target.substr(std::min(target.find('?'), target.size())));
    if (x.form_held()) {
      pairs(x.scratch.held.in_memory().substr(0, store::kRefusalBytes));
    }
  }

  std::vector<std::string> clients;
  // The signature may be the secrets themselves: unless all methods that are named are others.
  bool plaintext() const { return methods_ == 0 || plain_; }

 private:
  inline static constexpr std::size_t kMostClients = 4;

  void header(std::string_view field) {
    auto all = verify::HeaderPairs::of(field);
    verify::Pair pair;
    while (all && all->next(pair) == verify::Step::Pair) take(pair, verify::Plus::Literal);
  }

  void pairs(std::string_view text) {
    if (text.starts_with('?')) text.remove_prefix(1);
    verify::FormPairs all(text);
    verify::Pair pair;
    while (all.next(pair)) take(pair, verify::Plus::Space);
  }

  void take(const verify::Pair& pair, verify::Plus plus) {
    if (pair.name.text.find_first_of("oO%") != 0) return;
    const std::string name = decoded(pair.name.text, plus);
    if (name == "oauth_consumer_key" && clients.size() < kMostClients) {
      std::string client = decoded(pair.value.text, plus);
      if (!client.empty()) clients.push_back(std::move(client));
    } else if (name == "oauth_signature_method") {
      ++methods_;
      const auto method = verify::method_from_name(decoded(pair.value.text, plus));
      plain_ = plain_ || !method || *method == verify::Method::Plaintext;
    }
  }

  static std::string decoded(std::string_view text, verify::Plus plus) {
    std::string out;
    const bool good = plus == verify::Plus::Space ? verify::form_decode(text, out)
                                                  : verify::percent_decode(text, out);
    return good ? out : std::string(text);
  }

  std::size_t methods_ = 0;
  bool plain_ = false;
};

store::KeptRefusal kept_refusal(const Exchange& x, bool plaintext) {
  const std::string_view held = x.body_held ? x.scratch.held.in_memory() : std::string_view();
  log::KeptRequest kept = log::kept_request(
      x.request,
      {.body = held.substr(0, store::kRefusalBytes), .form = x.form_held(), .plaintext = plaintext},
      store::kRefusalBytes);
  store::KeptRefusal out{.request_id = std::string(std::string_view(x.request_id)),
                         .time = x.config.clock.unix_seconds(),
                         .reason = std::string(x.reason),
                         .detail = x.detail,
                         .body = body_of(x),
                         .truncated = kept.truncated || x.scratch.held.on_disk() > 0 ||
                                      held.size() > store::kRefusalBytes,
                         .signed_removed = kept.signed_removed,
                         .request = std::move(kept.dump)};
  if (x.external == nullptr) return out;
  out.scheme = x.external->scheme;
  out.authority = x.external->authority;
  out.path_prefix = x.external->path_prefix;
  out.url_reason = url_reason(x);
  return out;
}

}  // namespace

void keep_refusal(const Exchange& x, reply::RefusalKind fault) {
  log::RefusalKeeper* keeper = x.config.refusal_keeper;
  if (keeper == nullptr || !x.head_read || !is_of_request(fault)) return;
  const auto now = std::chrono::steady_clock::now();
  if (x.known_method) {
    if (!keeper->admit(now)) return;
    keeper->keep(kept_refusal(x, *x.known_method == verify::Method::Plaintext));
    return;
  }
  Naming naming(x);
  if (naming.clients.empty() || !keeper->admit(now, log::RefusalKeeper::Client::Named)) return;
  keeper->keep_if_known(kept_refusal(x, naming.plaintext()), std::move(naming.clients));
}

}  // namespace gateway::exchange
