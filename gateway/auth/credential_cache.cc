#include "gateway/auth/credential_cache.h"

#include <algorithm>
#include <functional>

#include "gateway/auth/identity_lines.h"

namespace gateway::auth {
namespace {

std::vector<std::string> within(const std::vector<std::string>& realms,
                                const std::vector<std::string>& allowed) {
  std::vector<std::string> both;
  for (const std::string& realm : realms) {
    if (std::find(allowed.begin(), allowed.end(), realm) != allowed.end()) both.push_back(realm);
  }
  return both;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::size_t hash_of(std::string_view client, std::string_view token) {
  std::size_t a = std::hash<std::string_view>()(client);
  std::size_t b = std::hash<std::string_view>()(token);
  return a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2));
}

constexpr std::int64_t kLongExpired = 0;
constexpr std::size_t kParsedKey = 1024;  // bytes of an RSA key, without its numbers

void prepare_secrets(const store::Found& found, const store::Client& dummy,
                     const verify::Secret& token_secret, verify::Keys& keys) {
  for (const store::ClientSecret& one : found.client.secrets) {
    keys.keys.emplace_back(one.secret, token_secret, one.expires);
  }
  if (keys.keys.empty()) {
    keys.keys.emplace_back(dummy.secrets.at(0).secret, token_secret, kLongExpired);
  }
}

// A key that can't be read, for it was stored unseen, keeps its place in the list.
void prepare_rsa_keys(const store::Found& found, const store::Client& dummy, verify::Keys& keys) {
  const auto add_stand_in = [&] {
    const auto key = verify::RsaKey::parse(dummy.rsa_public_keys.at(0).pem);
    keys.rsa_keys.emplace_back(*key, kLongExpired);
  };
  for (const store::ClientKey& one : found.client.rsa_public_keys) {
    if (const auto key = verify::RsaKey::parse(one.pem)) {
      keys.rsa_keys.emplace_back(*key, one.expires);
    } else {
      add_stand_in();
    }
  }
  if (keys.rsa_keys.empty()) add_stand_in();
}

// Stand-ins get ids too, so that all clients cost the same.
void identify_keys(const store::Found& found, const store::Client& dummy, std::string_view client,
                   const store::Usage& usage, Credential& out) {
  const auto& secrets = found.client.secrets.empty() ? dummy.secrets : found.client.secrets;
  for (const store::ClientSecret& one : secrets) {
    out.secret_ids.push_back(usage.key_id(client, store::KeyKind::Secret, one.secret.reveal()));
  }
  const auto& keys =
      found.client.rsa_public_keys.empty() ? dummy.rsa_public_keys : found.client.rsa_public_keys;
  for (const store::ClientKey& one : keys) {
    out.rsa_key_ids.push_back(usage.key_id(client, store::KeyKind::RsaKey, one.pem));
  }
}

// A request token signs like an access token. Nobody owns it until its user has decided, and what
// else keeps it from being exchanged is found out when it is.
store::Found as_found(store::FoundRequestToken request) {
  store::Found found;
  found.txn = request.txn;
  found.client_known = request.client_known;
  found.token_known = request.token_known;
  found.client = std::move(request.client);
  found.token.client = std::move(request.token.client);
  found.token.secret = std::move(request.token.secret);
  found.user_enabled = true;
  return found;
}

}  // namespace

std::size_t footprint(const Credential& credential) {
  const auto text = [](const std::string& one) { return one.capacity(); };
  std::size_t out = sizeof credential + text(credential.client) + text(credential.token) +
                    text(credential.user) + text(credential.identity_lines);
  const verify::Keys& keys = credential.keys;
  // Both spellings of the secrets; a modulus and what OpenSSL derives from it at the first use.
  out += keys.keys.capacity() * 2 * sizeof(verify::SigningKey);
  for (const verify::VerifyingKey& key : keys.rsa_keys) {
    out += kParsedKey + 6 * static_cast<std::size_t>(key.rsa().bits()) / 8;
  }
  for (const std::string& realm : keys.realms) out += sizeof realm + text(realm);
  out +=
      (credential.secret_ids.capacity() + credential.rsa_key_ids.capacity()) * sizeof(store::KeyId);
  return out;
}

std::shared_ptr<const Credential> prepare(const store::Found& found, const store::Client& dummy,
                                          std::string_view client, std::string_view token,
                                          const conf::Headers& headers, const store::Usage* usage) {
  auto credential = std::make_shared<Credential>();
  credential->client = client;
  credential->token = token;
  credential->txn = found.txn;
  verify::Keys& keys = credential->keys;
  keys.client_known = found.client_known;
  keys.client_enabled = found.client.enabled;
  for (const std::string& name : found.client.signature_methods) {
    if (auto method = verify::method_from_name(name)) keys.client_methods.add(*method);
  }
  keys.token_known = found.token_known;
  keys.token_of_client = found.token_known && found.token.client == client;
  keys.token_revoked = found.token.revoked;
  keys.token_expires = found.token.expires;
  keys.user_enabled = found.user_enabled;
  keys.realms =
      found.token_known ? within(found.token.realms, found.client.realms) : found.client.realms;
  for (const std::string& name : found.client.quirks) {
    if (auto quirk = verify::quirk_from_name(name)) keys.quirks.add(*quirk);
  }
  keys.header_realm = found.client.header_realm;
  const verify::Secret no_token;
  prepare_secrets(found, dummy, token.empty() ? no_token : found.token.secret, keys);
  prepare_rsa_keys(found, dummy, keys);
  Identity identity{
      .client = std::string(client), .user = {}, .realms = joined(keys.realms), .token_id = {}};
  if (found.token_known) {
    credential->user = found.token.user;
    identity.user = found.token.user;
    identity.token_id = store::token_id(token);
  }
  credential->identity_lines = identity_lines(identity, headers);
  if (usage != nullptr) identify_keys(found, dummy, client, *usage, *credential);
  return credential;
}

CredentialCache::CredentialCache(const store::Credentials& store,
                                 store::Credentials::Reader& reader, const conf::Headers& headers,
                                 const store::Usage* usage)
    : store_(store), reader_(reader), headers_(headers), usage_(usage), slots_(kSets * kWays) {}

std::shared_ptr<const Credential> CredentialCache::remembered(std::string_view client,
                                                              std::string_view token,
                                                              TokenKind kind) const {
  if (kind != TokenKind::Access) return nullptr;
  const std::size_t hash = hash_of(client, token);
  const Slot* set = &slots_[(hash % kSets) * kWays];
  for (const Slot* slot = set; slot != set + kWays; ++slot) {
    if (slot->hash != hash || !slot->credential) continue;
    const Credential& known = *slot->credential;
    if (known.client != client || known.token != token) continue;
    if (known.txn == store_.last_txn()) return slot->credential;
    return nullptr;
  }
  return nullptr;
}

store::Result<store::Found> CredentialCache::read(store::Credentials::Reader& reader,
                                                  std::string_view client, std::string_view token,
                                                  TokenKind kind) {
  if (kind == TokenKind::Request) {
    auto request = reader.find_request_token(client, token);
    if (!request) return request.failure();
    return as_found(*std::move(request));
  }
  auto found = reader.find(client, token);
  if (found && kind == TokenKind::Renewed) found->token.expires.reset();
  return found;
}

CredentialCache::Found CredentialCache::look_up(store::Credentials::Reader& reader,
                                                std::string_view client, std::string_view token,
                                                TokenKind kind) const {
  store::Result<store::Found> found = read(reader, client, token, kind);
  if (!found) return found.failure();
  return prepare(*found, store_.dummy_client(), client, token, headers_, usage_);
}

void CredentialCache::remember(std::shared_ptr<const Credential> credential) {
  const std::size_t hash = hash_of(credential->client, credential->token);
  Slot* const set = &slots_[(hash % kSets) * kWays];
  // In place of its own older self, else in an empty slot, else in the next one's in turn.
  Slot* victim = set + next_victim_++ % kWays;
  for (Slot* slot = set; slot != set + kWays; ++slot) {
    if (!slot->credential) victim = slot;
  }
  for (Slot* slot = set; slot != set + kWays; ++slot) {
    if (slot->hash == hash && slot->credential && slot->credential->client == credential->client &&
        slot->credential->token == credential->token) {
      victim = slot;
    }
  }
  empty(*victim);
  const std::size_t size = footprint(*credential);
  while (bytes_ + size > kMostBytes && pairs_ > 0) empty(slots_[next_emptied_++ % slots_.size()]);
  *victim = Slot{hash, size, std::move(credential)};
  bytes_ += size;
  ++pairs_;
}

void CredentialCache::empty(Slot& slot) {
  if (!slot.credential) return;
  bytes_ -= slot.bytes;
  --pairs_;
  slot = Slot();
}

}  // namespace gateway::auth
