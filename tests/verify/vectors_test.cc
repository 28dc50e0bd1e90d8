// Requests that specifications and services publish, from tests/vectors: each block there names the
// document, has the request, its secrets or public key, and the base string. Of each request the
// base string is that one, the signature is accepted, and no byte can be another.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/source_dir.h"
#include "tests/verify/support.h"
#include "verify/base_string.h"
#include "verify/rsa.h"

using namespace verify;
using namespace verify::testing;

namespace {

const std::filesystem::path kFolder = tests::source_dir() / "tests/vectors";

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Vector {
  std::string document;
  std::map<std::string, std::string> fields;

  const std::string& field(const std::string& name) const {
    static const std::string none;
    const auto found = fields.find(name);
    return found == fields.end() ? none : found->second;
  }

  Request request() const {
    const std::string& url = field("url");
    const std::size_t authority = url.find("://") + 3;
    const std::size_t target = url.find('/', authority);
    Request out{.method = field("method"),
                .scheme = url.substr(0, authority - 3),
                .authority = url.substr(authority, target - authority),
                .target = url.substr(target)};
    if (fields.contains("authorization")) out.authorization = field("authorization");
    if (fields.contains("form")) out.form = field("form");
    return out;
  }

  Keys keys() const {
    Keys out = good_keys(field("client_secret"), field("token_secret"));
    if (fields.contains("public_key")) {
      auto key = RsaKey::parse(contents_of(kFolder / field("public_key")));
      REQUIRE(key.ok());
      out.rsa_keys.clear();
      out.rsa_keys.emplace_back(*key, std::nullopt);
    }
    if (const auto quirk = quirk_from_name(field("quirk"))) out.quirks.add(*quirk);
    return out;
  }
};

std::vector<Vector> read_vectors() {
  std::vector<Vector> out;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".txt") continue;
    std::istringstream text(contents_of(entry.path()) + "\n\n");
    Vector vector;
    for (std::string line; std::getline(text, line);) {
      if (line.empty()) {
        if (!vector.fields.empty()) out.push_back(vector);
        vector = Vector{};
      } else if (line[0] == '#') {
        vector.document += line.substr(1);
      } else {
        const std::size_t colon = line.find(": ");
        REQUIRE(colon != std::string::npos);
        vector.fields[line.substr(0, colon)] = line.substr(colon + 2);
      }
    }
  }
  return out;
}

// Judged in the second that it names.
std::optional<Reason> judged_now(const Request& request, const Keys& keys) {
  Policy policy;
  policy.enforce_tls = false;
  policy.rsa_min_bits = RsaKey::kMinBits;
  for (int i = 0; i < kMethodCount; ++i) policy.methods.add(static_cast<Method>(i));
  Workspace workspace;
  const auto claim = read_claim(request.view(), Bounds{}, workspace);
  if (!claim.ok()) return claim.error().reason;
  const Requirement requirement{.token = false, .realms = {}, .any_realm = false};
  if (const auto reject =
          admit(request.view(), *claim, policy, requirement, claim->seconds(), -1)) {
    return reject->reason;
  }
  const auto verdict =
      judge(request.view(), *claim, keys, policy, requirement, claim->seconds(), workspace);
  return verdict.ok() ? std::nullopt : std::optional(verdict.error().reason);
}

std::string base_string_of(const Request& request, const Keys& keys) {
  Parameters parameters;
  if (parameters.read(request.view(), Bounds{})) return "unreadable";
  return std::string(build_base_string(request.view(), parameters, keys.quirks));
}

// PLAINTEXT signs its secrets alone, and nothing the header's realm.
bool is_signed(const std::string& text, std::size_t at, bool plaintext) {
  const auto within = [&](std::string_view name, std::string_view ends) {
    const std::size_t start = text.find(name);
    if (start == std::string::npos) return false;
    const std::size_t value = start + name.size();
    const std::size_t end = std::min(text.find_first_of(ends, value), text.size());
    return at >= value && at < end;
  };
  if (plaintext) return within("oauth_signature=\"", "\"") || within("oauth_signature=", "&\"");
  return !within("realm=\"", "\"");
}

// How many bytes were changed, one at a time.
std::size_t change_each_byte(const Request& request, std::string& text, const Keys& keys,
                             bool plaintext) {
  std::size_t changed = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_signed(text, at, plaintext)) continue;
    const char byte = text[at];
    text[at] = static_cast<char>(byte ^ 1);
    CAPTURE(text);
    CHECK(judged_now(request, keys).has_value());
    text[at] = byte;
    ++changed;
  }
  return changed;
}

}  // namespace

TEST_CASE("what specifications and services publish is accepted, and nothing a byte away from it") {
  const std::vector<Vector> vectors = read_vectors();
  CHECK(vectors.size() >= 30);
  for (const Vector& vector : vectors) {
    CAPTURE(vector.document);
    Request request = vector.request();
    const Keys keys = vector.keys();
    CHECK(base_string_of(request, keys) == vector.field("base"));
    CHECK(judged_now(request, keys) == std::nullopt);

    const bool plaintext = vector.field("base").find("%3DPLAINTEXT") != std::string::npos;
    std::size_t changed = change_each_byte(request, request.target, keys, plaintext);
    if (request.authorization) {
      changed += change_each_byte(request, *request.authorization, keys, plaintext);
    }
    if (request.form) changed += change_each_byte(request, *request.form, keys, plaintext);
    CHECK(changed > 5);
    if (plaintext) continue;
    CHECK(change_each_byte(request, request.authority, keys, false) > 5);
    CHECK(change_each_byte(request, request.method, keys, false) > 2);
  }
}

TEST_CASE("what needs a quirk is refused without it") {
  std::size_t quirky = 0;
  for (const Vector& vector : read_vectors()) {
    if (!vector.fields.contains("quirk")) continue;
    CAPTURE(vector.document);
    Keys keys = vector.keys();
    keys.quirks = {};
    CHECK(judged_now(vector.request(), keys) == Reason::SignatureInvalid);
    ++quirky;
  }
  CHECK(quirky >= 5);
}

TEST_CASE("the three notations of RFC 5849, section 3.5, say the same") {
  const std::string pairs =
      "oauth_consumer_key=0685bd9184jfhq22&oauth_token=ad180jjd733klru7"
      "&oauth_signature_method=HMAC-SHA1&oauth_signature=wOJIO9A2W5mFwDgiDvZbTSMK%2FPY%3D"
      "&oauth_timestamp=137131200&oauth_nonce=4572616e48616d6d65724c61686176&oauth_version=1.0";
  const Request requests[] = {
      {.authorization = "OAuth realm=\"Example\", oauth_consumer_key=\"0685bd9184jfhq22\", "
                        "oauth_token=\"ad180jjd733klru7\", oauth_signature_method=\"HMAC-SHA1\", "
                        "oauth_signature=\"wOJIO9A2W5mFwDgiDvZbTSMK%2FPY%3D\", "
                        "oauth_timestamp=\"137131200\", "
                        "oauth_nonce=\"4572616e48616d6d65724c61686176\", oauth_version=\"1.0\""},
      {.method = "POST", .form = pairs},
      {.target = "/example/path?" + pairs}};
  const Source sources[] = {Source::Header, Source::Form, Source::Query};
  for (std::size_t i = 0; i < std::size(requests); ++i) {
    Workspace workspace;
    const auto claim = read_claim(requests[i].view(), Bounds{}, workspace);
    REQUIRE(claim.ok());
    CHECK(claim->source == sources[i]);
    CHECK(claim->client == "0685bd9184jfhq22");
    CHECK(claim->token == "ad180jjd733klru7");
    CHECK(claim->method == Method::HmacSha1);
    CHECK(claim->signature == "wOJIO9A2W5mFwDgiDvZbTSMK/PY=");
    CHECK(claim->timestamp == 137131200);
    CHECK(claim->nonce == "4572616e48616d6d65724c61686176");
    CHECK(claim->realm == (i == 0 ? std::optional<std::string_view>("Example") : std::nullopt));
  }
}

// OAuth test cases (wiki.oauth.net), HMAC-SHA1.
TEST_CASE("published keys and texts have the published HMAC") {
  CHECK(to_base64(HmacKey(Hash::Sha1, "cs&").sign("bs").view()) == "egQqG5AJep5sJ7anhXju1unge2I=");
  CHECK(to_base64(HmacKey(Hash::Sha1, "cs&ts").sign("bs").view()) ==
        "VZVjXceV7JgPq/dOTnNmEfO0Fv8=");
}

// Mastercard, oauth1-signer for Java and for Python. The public key follows from the two
// signatures.
TEST_CASE("published signatures of Mastercard's test key are its own") {
  const std::string pem = contents_of(kFolder / "mastercard_test_key.pem");
  const auto key = RsaKey::parse(pem);
  REQUIRE(key.ok());
  struct Row {
    std::string text, signature;
  };
  const Row rows[] = {
      {"baseString",
       "IJeNKYGfUhFtj5OAPRI92uwfjJJLCej3RCMLbp7R6OIYJhtwxnTkloHQ2bgV7fks4GT/"
       "A7rkqrgUGk0ewbwIC6nS3piJ"
       "HyKVc7rvQXZuCQeeeQpFzLRiH3rsb+ZS+AULK+jzDje4Fb+BQR6XmxuuJmY6YrAKkj13Ln4K6bZJlSxOizbNvt+"
       "Htnx+"
       "hNd4VgaVBeJKcLhHfZbWQxK76nMnjY7nDcM/"
       "2R6LUIR2oLG1L9m55WP3bakAvmOr392ulv1+mWCwDAZZzQ4lakDD2BTu"
       "0ZaVsvBW+mcKFxYeTq7SyTQMM4lEwFPJ6RLc8jJJ+veJXHekLVzWg4qHRtzNBLz1mA=="},
      {"POST&https%3A%2F%2Fsandbox.api.mastercard.com%2Ffraud%2Fmerchant%2Fv1%2Ftermination-inquiry"
       "&Format%3DXML%26PageLength%3D10%26PageOffset%3D0%26oauth_body_hash%3DWhqqH%"
       "252BTU95VgZMItpdq7"
       "8BWb4cE%253D%26oauth_consumer_key%3Dxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx%"
       "26oauth_n"
       "once%3D1111111111111111111%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%"
       "3D1111111111"
       "%26oauth_version%3D1.0",
       "DvyS3R795sUb/"
       "cvBfiFYZzPDU+RVefW6X+Afyu+9fxjudQft+ShXhpounzJxYCwOkkjZWXOR0ICTMn6MOuG04TTtmPMr"
       "Oxj5feGwD3leMBsi+3XxcFLPi8BhZKqgapcAqlGfjEhq0COZ/F9aYDcjswLu0zgrTMSTp4cqXYMr9mbQVB4HL/"
       "jiHni5"
       "ejQu9f6JB9wWW+LXYhe8F6b4niETtzIe5o77++kKK67v9wFIZ9pgREz7ug8K5DlxX0DuwdUKFhsenA5z/"
       "NNCZrJE+tLu"
       "0tSjuF5Gsjw5GRrvW33MSoZ0AYfeleh5V3nLGgHrhVjl5+iS40pnG2po/5hIAUT5ag=="}};
  for (const Row& row : rows) {
    std::array<unsigned char, 256> bytes{};
    REQUIRE(from_base64(row.signature, bytes) == 256);
    CHECK(key->verify(Hash::Sha256, digest(Hash::Sha256, row.text), bytes));
    CHECK_FALSE(key->verify(Hash::Sha256, digest(Hash::Sha256, row.text + "x"), bytes));
    CHECK_FALSE(key->verify(Hash::Sha1, digest(Hash::Sha1, row.text), bytes));
  }
}
