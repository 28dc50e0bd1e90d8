#include "gateway/exchange/body_hash.h"

#include <array>
#include <span>

#include "gateway/exchange/read_request.h"

namespace gateway::exchange {
namespace {

// The hash of the signature method, or SHA-1, which some clients send with every method. The size
// shows which it is.
std::optional<verify::Hash> hash_of_size(std::size_t size, verify::Method method) {
  using enum verify::Hash;
  const std::optional<verify::Hash> own = verify::hash_of(method);
  if (size == 20) return Sha1;
  if (size == 32 && own == Sha256) return Sha256;
  if (size == 64 && own == Sha512) return Sha512;
  return std::nullopt;
}

bool has_unread_body(const Exchange& x) {
  const bool empty = x.request.framing == http::Framing::Length && x.request.length == 0;
  return !x.request_read && !empty;
}

// How long the signature can still be accepted: a body that takes longer is held in vain.
net::Duration time_left(const Exchange& x, const verify::Claim& claim) {
  if (!claim.has_nonce()) return net::Duration::max();  // it bears no time
  const std::int64_t last = claim.seconds() + x.config.policy.window_past_s;
  return std::chrono::seconds(last + 1 - x.config.clock.unix_seconds());
}

}  // namespace

RefusalPtr check_hash_is_due(const Exchange& x, const verify::Claim& claim) {
  constexpr const char* kName = "oauth_body_hash";
  if (claim.body_hash) {
    // An empty one is no different from no body at all.
    if (!x.form_held() || x.scratch.held.size() == 0) return nullptr;
    return rejected({verify::Reason::BodyHashOfForm, kName});
  }
  const bool required = x.route != nullptr && x.route->body_hash == conf::BodyHash::Required;
  if (!required || !has_unread_body(x)) return nullptr;
  return rejected({verify::Reason::BodyHashAbsent, kName});
}

net::Task<RefusalPtr> check_body_hash(Exchange& x, const verify::Claim& claim) {
  std::array<unsigned char, 64> claimed{};
  const std::size_t size = verify::from_base64(*claim.body_hash, claimed).value_or(0);
  const std::optional<verify::Hash> hash = hash_of_size(size, claim.method);
  if (!hash) {
    co_return rejected({verify::Reason::BodyHashMismatch,
                        "no hash that goes with " + std::string(verify::name(claim.method))});
  }
  verify::Digester digester(*hash);
  if (!x.request_read) {
    const net::Duration most = time_left(x, claim);
    RefusalPtr stopped = co_await hold_hashed_body(x, digester, most);
    if (stopped) co_return stopped;
  }
  const verify::Digest made = digester.finish();
  const auto wanted = std::span<const unsigned char>(claimed).first(size);
  if (verify::equal_in_constant_time(made.view(), wanted)) co_return nullptr;
  co_return rejected(verify::Reason::BodyHashMismatch);
}

}  // namespace gateway::exchange
