#include "bench/verification.h"

#include <array>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/request_writer.h"
#include "conf/settings.h"
#include "gateway/auth/credential_cache.h"
#include "store/credentials.h"
#include "store/ledger.h"
#include "verify/base_string.h"
#include "verify/claim.h"
#include "verify/judge.h"

namespace bench {
namespace {

constexpr std::string_view kAuthority = "api.example.com";
constexpr std::string_view kTarget = "/api/items?page=2&per_page=50";
constexpr std::int64_t kStart = 1'700'000'000;  // Unix seconds
constexpr std::uint64_t kStoreSize = 64 << 20, kLedgerSize = 64 << 20;

std::vector<Identity> make_identities() {
  std::vector<Identity> out;
  for (std::size_t i = 0; i < Verification::kIdentities; ++i) {
    out.push_back({.client = verify::random_name(27),
                   .client_secret = verify::Secret(verify::random_name(27)),
                   .token = verify::random_name(27),
                   .token_secret = verify::Secret(verify::random_name(27))});
  }
  return out;
}

// The sentence of what went wrong; empty if all is stored.
std::string fill(store::Credentials& credentials, const std::vector<Identity>& identities) {
  using Mode = store::Credentials::Change::Mode;
  auto change = credentials.begin();
  if (!change) return change.error().sentence;
  auto done = change->put(store::User{.name = "alice"}, Mode::Insert);
  for (const Identity& identity : identities) {
    store::Client client{.key = identity.client, .name = "bench"};
    client.secrets.push_back({identity.client_secret, std::nullopt});
    client.realms = {"email"};
    const store::Token token{.client = identity.client,
                             .user = "alice",
                             .token = identity.token,
                             .secret = identity.token_secret,
                             .realms = {"email"}};
    if (done) done = change->put(client, Mode::Insert);
    if (done) done = change->put(token, Mode::Insert);
  }
  if (done) done = change->commit();
  return done ? std::string() : done.error().sentence;
}

// As if each had proven a request already. The sentence says what went wrong; empty: nothing.
std::string remember(gateway::auth::CredentialCache& finder,
                     const std::vector<Identity>& identities) {
  for (const Identity& identity : identities) {
    gateway::auth::CredentialCache::Found found = finder.look_up(identity.client, identity.token);
    if (!found) return found.error().sentence;
    finder.remember(*std::move(found));
  }
  return {};
}

std::string_view authorization_of(std::string_view head) {
  constexpr std::string_view kField = "\r\nAuthorization: ";
  const std::size_t start = head.find(kField) + kField.size();
  return head.substr(start, head.find("\r\n", start) - start);
}

}  // namespace

struct Verification::State {
  State(std::unique_ptr<store::Credentials> store, store::Credentials::Reader store_reader,
        std::unique_ptr<store::Ledger> replay_ledger, RequestWriter request_writer)
      : credentials(std::move(store)),
        ledger(std::move(replay_ledger)),
        keyer(ledger->keyer()),
        reader(std::move(store_reader)),
        finder(*credentials, reader, headers, nullptr),
        writer(std::move(request_writer)) {
    policy.methods.add(verify::Method::HmacSha1);
    policy.enforce_tls = false;
    policy.window_past_s = policy.window_future_s = kWindow;
  }

  // One request of the batch, and what was found out about it.
  struct Request {
    std::string authorization;
    verify::RequestView view;
    verify::Workspace workspace;
    std::optional<verify::Claim> claim;
    std::shared_ptr<const gateway::auth::Credential> credential;
    std::string_view base;
  };

  void view(Request& request) {
    request.view = {.method = "GET",
                    .scheme = "http",
                    .authority = kAuthority,
                    .path_prefix = {},
                    .target = kTarget,
                    .authorization = request.authorization,
                    .form = std::nullopt};
  }

  verify::Requirement requirement() const {
    return {.token = true, .realms = realms, .any_realm = false};
  }

  bool claim(Request& request) {
    auto claim = verify::read_claim(request.view, bounds, request.workspace);
    if (!claim) return false;
    request.claim = *claim;
    return !verify::admit(request.view, *claim, policy, requirement(), now, ledger->floor());
  }
  bool find_keys(Request& request) {
    const verify::Claim& claim = *request.claim;
    request.credential = finder.remembered(claim.client, claim.token.value_or(std::string_view()));
    return request.credential != nullptr;
  }
  bool base_string(Request& request) {
    request.base = verify::base_string(request.view, *request.claim, request.workspace);
    return !request.base.empty();
  }
  bool hmac(const Request& request) {
    const verify::SigningKey& key = request.credential->keys.keys.front();
    return key.hmac(verify::Hash::Sha1).sign(request.base).size == 20;
  }
  bool judge(Request& request) {
    return verify::judge(request.view, *request.claim, request.credential->keys, policy,
                         requirement(), now, request.workspace)
        .ok();
  }
  bool commit() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const verify::Claim& claim = *requests[i].claim;
      claims[i] = {keyer(claim.timestamp, claim.client, claim.token.value_or(std::string_view()),
                         claim.nonce)};
    }
    if (!ledger->claim(claims, now)) return false;
    for (const store::LedgerClaim& claim : claims) {
      if (claim.verdict != store::Verdict::Fresh) return false;
    }
    return true;
  }

  conf::Headers headers;
  std::unique_ptr<store::Credentials> credentials;
  std::unique_ptr<store::Ledger> ledger;
  store::Ledger::Keyer keyer;
  store::Credentials::Reader reader;
  gateway::auth::CredentialCache finder;
  RequestWriter writer;
  verify::Bounds bounds;
  verify::Policy policy;
  std::vector<std::string> realms = {"email"};
  std::int64_t now = kStart;
  std::uint64_t batches = 0;
  std::array<Request, kBatch> requests;
  std::array<store::LedgerClaim, kBatch> claims;
};

Verification::Verification(std::unique_ptr<State> state) : state_(std::move(state)) {}
Verification::~Verification() = default;

verify::Result<std::unique_ptr<Verification>, std::string> Verification::make(
    const std::filesystem::path& folder) {
  using verify::Failure;
  const std::vector<Identity> identities = make_identities();
  auto credentials = store::Credentials::open(
      {.path = folder, .map_size = kStoreSize, .create = true, .ledger_size = kLedgerSize});
  if (!credentials) return Failure(credentials.error().sentence);
  std::string sentence = fill(**credentials, identities);
  if (!sentence.empty()) return Failure(std::move(sentence));
  auto reader = (*credentials)->reader();
  if (!reader) return Failure(reader.error().sentence);
  auto ledger = store::Ledger::open({.path = folder,
                                     .size = kLedgerSize,
                                     .window_past_s = kWindow,
                                     .window_future_s = kWindow,
                                     .boot_id = {}},
                                    kStart);
  if (!ledger) return Failure(ledger.error().sentence);
  auto writer = RequestWriter::make(kAuthority, kTarget, identities);
  if (!writer) return Failure(writer.error());
  auto state = std::make_unique<State>(std::move(*credentials), std::move(*reader),
                                       std::move(*ledger), std::move(*writer));
  sentence = remember(state->finder, identities);
  if (!sentence.empty()) return Failure(std::move(sentence));
  return std::unique_ptr<Verification>(new Verification(std::move(state)));
}

void Verification::sign() {
  State& s = *state_;
  if (++s.batches % kPerSecond == 0) ++s.now;
  for (State::Request& request : s.requests) {
    request.authorization = authorization_of(s.writer.next(s.now));
    s.view(request);
  }
}

bool Verification::verify() {
  State& s = *state_;
  for (State::Request& request : s.requests) {
    if (!s.claim(request) || !s.find_keys(request) || !s.judge(request)) return false;
  }
  return s.commit();
}

bool Verification::take(Step step) {
  State& s = *state_;
  if (step == Step::Ledger) return s.commit();
  for (State::Request& request : s.requests) {
    const bool good = step == Step::Claim        ? s.claim(request)
                      : step == Step::Keys       ? s.find_keys(request)
                      : step == Step::BaseString ? s.base_string(request)
                      : step == Step::Hmac       ? s.hmac(request)
                                                 : s.judge(request);
    if (!good) return false;
  }
  return true;
}

bool Verification::refuses() {
  State& s = *state_;
  sign();
  if (!verify()) return false;
  if (s.commit() || s.claims[0].verdict != store::Verdict::Replayed) return false;
  sign();
  State::Request& request = s.requests[0];
  char& last = request.authorization[request.authorization.find("oauth_nonce=\"") + 13];
  last = last == 'x' ? 'y' : 'x';
  s.view(request);
  return s.claim(request) && s.find_keys(request) && !s.judge(request);
}

}  // namespace bench
