// What a stranger could learn from how long a refusal takes: counted, not timed. Store reads and
// verifications are the same for every kind of refusal.

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/auth/credential_cache.h"
#include "tests/server/world.h"
#include "tests/verify/rsa_keys.h"
#include "verify/sign.h"

namespace {

std::size_t hashes_finished = 0;
std::size_t rsa_verifications = 0;

}  // namespace

// The linker puts the second of each pair where verify calls libcrypto's function (--wrap).
extern "C" int __real_SHA1_Final(unsigned char* out, void* context);
extern "C" int __wrap_SHA1_Final(unsigned char* out, void* context) {
  ++hashes_finished;
  return __real_SHA1_Final(out, context);
}
extern "C" int __real_SHA256_Final(unsigned char* out, void* context);
extern "C" int __wrap_SHA256_Final(unsigned char* out, void* context) {
  ++hashes_finished;
  return __real_SHA256_Final(out, context);
}
extern "C" int __real_SHA512_Final(unsigned char* out, void* context);
extern "C" int __wrap_SHA512_Final(unsigned char* out, void* context) {
  ++hashes_finished;
  return __real_SHA512_Final(out, context);
}
extern "C" int __real_RSA_verify(int type, const unsigned char* digest, unsigned digest_size,
                                 const unsigned char* signature, unsigned size, void* key);
extern "C" int __wrap_RSA_verify(int type, const unsigned char* digest, unsigned digest_size,
                                 const unsigned char* signature, unsigned size, void* key) {
  ++rsa_verifications;
  return __real_RSA_verify(type, digest, digest_size, signature, size, key);
}

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;
using namespace verify::testing;
using Change = store::Credentials::Change;

namespace {

verify::Secret secret(std::string_view bytes) { return verify::Secret(bytes); }

store::Client client(const std::string& key) {
  store::Client out;
  out.key = key;
  out.secrets.push_back({secret("right"), std::nullopt});
  out.rsa_public_keys.push_back({kPublic, std::nullopt});
  return out;
}

void put_token(Change& change, const std::string& name, const std::string& of,
               const std::string& user, bool revoked, std::optional<std::int64_t> expires) {
  store::Token token;
  token.token = name;
  token.client = of;
  token.user = user;
  token.secret = secret("token secret");
  token.revoked = revoked;
  token.expires = expires;
  REQUIRE(change.put(token, Change::Mode::Insert).ok());
}

// Clients that differ in what they have of secrets and keys, and tokens in what is wrong with them.
void fill(store::Credentials& credentials) {
  auto change = credentials.begin();
  REQUIRE(change.ok());
  const auto put = [&](const store::Client& one) {
    REQUIRE(change->put(one, Change::Mode::Insert).ok());
  };
  put(client("usual"));
  store::Client rotating = client("rotating");
  rotating.secrets.insert(rotating.secrets.begin(), {secret("newer"), std::nullopt});
  rotating.rsa_public_keys.insert(rotating.rsa_public_keys.begin(), {kOtherPublic, std::nullopt});
  put(rotating);
  store::Client expired = client("expired");
  expired.secrets[0].expires = expired.rsa_public_keys[0].expires = 1;
  put(expired);
  store::Client no_secret = client("no-secret"), no_key = client("no-key");
  no_secret.secrets.clear();
  put(no_secret);
  no_key.rsa_public_keys.clear();
  put(no_key);
  store::Client damaged = client("damaged");
  damaged.rsa_public_keys[0].pem = "no key at all";
  put(damaged);
  store::Client odd = client("odd");
  odd.secrets[0].secret = secret("a secret / with a space");
  odd.quirks = {"unencoded_key", "raw_body_hash", "query_in_form", "crlf_fields", "milliseconds"};
  odd.header_realm = "x";
  odd.signature_methods = {"RSA-SHA1"};
  put(odd);
  store::Client disabled = client("disabled");
  disabled.enabled = false;
  put(disabled);
  store::User off;
  off.name = "off";
  off.enabled = false;
  REQUIRE(change->put(off, Change::Mode::Insert).ok());
  for (const std::string of :
       {"usual", "rotating", "expired", "no-secret", "no-key", "damaged", "odd", "disabled"}) {
    put_token(*change, of + "-token", of, "alice", false, std::nullopt);
  }
  put_token(*change, "revoked", "usual", "alice", true, std::nullopt);
  put_token(*change, "ended", "usual", "alice", false, 1);
  put_token(*change, "user-off", "usual", "off", false, std::nullopt);
  REQUIRE(change->commit().ok());
}

struct Attempt {
  std::string client, token;
  bool right_signature;  // were it not for something else, the request would be accepted
};

struct Counted {
  std::uint64_t reads = 0;
  std::size_t hashes = 0, verifications = 0;
  friend bool operator==(const Counted&, const Counted&) = default;
};

class Oracle {
 public:
  Oracle() { fill(*credentials_); }

  // What the refusal of this request costs.
  Counted cost(const Attempt& attempt, verify::Method method, std::string_view form) {
    verify::RequestView view{.method = "POST",
                             .scheme = "https",
                             .authority = "gate",
                             .path_prefix = "",
                             .target = "/?course=1",
                             .authorization = std::nullopt,
                             .form = form};
    const verify::Signer signer{
        .client = attempt.client,
        .client_secret = secret(attempt.right_signature ? "right" : "wrong"),
        .token = attempt.token,
        .token_secret = secret("token secret"),
        .method = method,
        .realm = "",
        .private_key = secret(attempt.right_signature ? kPrivate : kShortPrivate)};
    const auto header = verify::authorization_header(view, signer, 1000, "n");
    REQUIRE(header.ok());
    view.authorization = *header;
    verify::Workspace workspace;
    const auto claim = verify::read_claim(view, verify::Bounds{}, workspace);
    REQUIRE(claim.ok());
    verify::Policy policy;
    policy.methods.add(method);

    Counted counted;
    const std::uint64_t reads_before = reader_.reads();
    const auto found = reader_.find(claim->client, claim->token);
    REQUIRE(found.ok());
    counted.reads = reader_.reads() - reads_before;
    const auto known = auth::prepare(*found, credentials_->dummy_client(), attempt.client,
                                     attempt.token, settings_.headers, nullptr);
    const std::size_t hashes_before = hashes_finished, rsa_before = rsa_verifications;
    const auto verdict =
        verify::judge(view, *claim, known->keys, policy, verify::Requirement{}, 1000, workspace);
    CHECK_FALSE(verdict.ok());
    counted.hashes = hashes_finished - hashes_before;
    counted.verifications = rsa_verifications - rsa_before;
    return counted;
  }

 private:
  TempFolder folder_;
  conf::Settings settings_ = settings_for(folder_.path(), 1);
  std::unique_ptr<store::Credentials> credentials_ = open_store(settings_);
  store::Credentials::Reader reader_ = std::move(*credentials_->reader());
};

}  // namespace

TEST_CASE("every refusal costs as many reads and verifications as that of an unknown client") {
  std::vector<Attempt> kinds{{"nobody", "usual-token", true},
                             {"usual", "unknown", true},
                             {"usual", "unknown", false},
                             {"usual", "rotating-token", true},
                             {"disabled", "disabled-token", true},
                             {"usual", "revoked", true},
                             {"usual", "ended", true},
                             {"usual", "user-off", true},
                             {"usual", "user-off", false},
                             {"expired", "expired-token", true}};
  for (const std::string one :
       {"usual", "rotating", "expired", "no-secret", "no-key", "damaged", "odd", "disabled"}) {
    kinds.push_back({one, one + "-token", false});
  }
  // Forms that quirks read in no other way, and in four ways.
  const std::pair<std::string_view, std::size_t> forms[] = {{"text=1", 1},
                                                            {"course=1&text=a%0D%0Ab", 4}};
  Oracle oracle;
  for (const auto& [form, readings] : forms) {
    CAPTURE(form);
    for (int i = 0; i < verify::kMethodCount; ++i) {
      const auto method = static_cast<verify::Method>(i);
      CAPTURE(verify::name(method));
      const Counted unknown = oracle.cost({"nobody", "nothing", false}, method, form);
      CHECK(unknown.reads == 3);
      CHECK(unknown.verifications == (verify::is_rsa(method) ? readings * verify::kKeysTried : 0));
      CHECK(unknown.hashes > 0);
      for (const Attempt& attempt : kinds) {
        CAPTURE(attempt.client);
        CAPTURE(attempt.token);
        CHECK(oracle.cost(attempt, method, form) == unknown);
      }
    }
  }
}
