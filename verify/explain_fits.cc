#include "verify/explain_fits.h"

#include <algorithm>

#include "verify/explain_recipe.h"
#include "verify/percent.h"

namespace verify {
namespace {

constexpr Hash kHashes[] = {Hash::Sha1, Hash::Sha256, Hash::Sha512};

std::string_view name(Hash hash) {
  switch (hash) {
    case Hash::Sha1:
      return "SHA1";
    case Hash::Sha256:
      return "SHA256";
    case Hash::Sha512:
      break;
  }
  return "SHA512";
}

std::string_view view(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.size};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (char& c : text) {
    const std::size_t at = from.find(c);
    if (at != from.npos) c = to[at];
  }
  return text;
}

std::string without_white_space(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return text;
}

std::string padded(std::string text) {
  while (text.size() % 4 != 0) text += '=';
  return text;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit_of(text[i]), low = digit_of(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::optional<std::string> bytes_of(std::string_view text) {
  std::string out(text.size(), '\0');
  const auto size =
      verify::from_base64(text, {reinterpret_cast<unsigned char*>(out.data()), out.size()});
  if (!size) return std::nullopt;
  out.resize(*size);
  return out;
}

}  // namespace

Fits::Fits(const Claim& claim, const Keys& keys, const KnownSecrets& secrets, QuirkSet quirks,
           const Rules& rules)
    : claim_(claim), keys_(keys), rules_(rules) {
  // Those that stand in for what isn't known would only take time.
  if (keys.client_known) add_secrets(secrets, quirks);
  add_readings();
}

bool Fits::is_live(const std::optional<std::int64_t>& expires) const {
  return !expires || *expires > rules_.now;
}

void Fits::add_key(std::string bytes, std::string_view name, std::string_view sentence) {
  Key key{Secret(std::string_view(bytes)), std::nullopt};
  wipe(bytes.data(), bytes.size());
  if (!name.empty()) key.change = Change{std::string(name), std::string(sentence)};
  const auto same = [&](const Key& other) { return other.bytes == key.bytes; };
  if (std::none_of(secrets_.begin(), secrets_.end(), same)) secrets_.push_back(std::move(key));
}

void Fits::add_secrets(const KnownSecrets& secrets, QuirkSet quirks) {
  const std::string t(secrets.token.reveal());
  std::vector<Escape> escapes{[](std::string_view text) { return percent_encode(text); }};
  if (quirks.has(Quirk::UnencodedKey)) {
    escapes.push_back([](std::string_view text) { return std::string(text); });
  }
  // The right ones come first: what is equal to one of them is no change.
  for (const KnownSecrets::One& one : secrets.client) {
    if (!is_live(one.expires)) continue;
    for (const Escape e : escapes) add_key(e(one.secret.reveal()) + '&' + e(t), {}, {});
  }
  for (const KnownSecrets::One& one : secrets.client) {
    const std::string c(one.secret.reveal());
    for (const Escape e : escapes) {
      if (is_live(one.expires)) {
        add_wrong_keys(c, t, e);
      } else {
        add_key(e(c) + '&' + e(t), "expired_secret",
                "The key has a secret of the client that has expired: give the client the new "
                "one.");
      }
    }
  }
}

void Fits::add_wrong_keys(const std::string& c, const std::string& t, Escape e) {
  add_key(c + '&' + t, "key_not_encoded",
          "The secrets went into the key as they are: percent-encode each, or set the quirk "
          "unencoded_key for this client or route.");
  add_key(e(c) + '&', "token_secret_left_out",
          "The token's secret was left out of the key: it is the client's secret, '&', and the "
          "secret that belongs to oauth_token.");
  add_key(e(c) + e(t), "key_without_ampersand",
          "The '&' was left out of the key: it stands between the two secrets, and behind the "
          "first when there is no second.");
  add_key(e(t) + '&' + e(c), "key_in_wrong_order",
          "The secrets stand in the wrong order in the key: the client's comes first, then '&', "
          "then the token's.");
  add_key('&' + e(t), "client_secret_left_out",
          "The client's secret was left out of the key: it is the client's secret, '&', and the "
          "token's.");
  add_key(e(e(c)) + '&' + e(e(t)), "key_encoded_twice",
          "The secrets were encoded twice in the key: encode each once.");
  add_key(e(claim_.client) + '&' + e(t), "client_key_as_secret",
          "oauth_consumer_key was used in place of the client's secret.");
  add_key(e(c) + '&' + e(claim_.token.value_or("")), "token_as_secret",
          "oauth_token was used in place of the token's secret.");
  add_key(e(c + '\n') + '&' + e(t), "line_end_in_secret",
          "The client's secret was used with a line end behind it: cut it off where the secret is "
          "read.");
  add_key(e(c) + '&' + e(t + '\n'), "line_end_in_token_secret",
          "The token's secret was used with a line end behind it: cut it off where the secret is "
          "read.");
  add_key(e(t) + '&', "token_secret_alone",
          "The key has the token's secret in place of the client's: the client's comes first, then "
          "'&', then the token's.");
}

void Fits::add_reading(std::string_view base64, std::string_view name, std::string_view sentence) {
  auto bytes = bytes_of(base64);
  if (!bytes) return;
  const auto same = [&](const Reading& other) { return other.bytes == *bytes; };
  if (std::any_of(readings_.begin(), readings_.end(), same)) return;
  Reading reading{*std::move(bytes), std::nullopt};
  if (!name.empty()) reading.change = Change{std::string(name), std::string(sentence)};
  readings_.push_back(std::move(reading));
}

void Fits::add_readings() {
  const std::string given(claim_.signature);
  add_reading(given, {}, {});
  add_reading(replaced(given, " ", "+"), "signature_not_encoded",
              "The signature's '+' arrived as a space: percent-encode oauth_signature where it is "
              "sent.");
  const std::string trimmed = without_white_space(given);
  add_reading(trimmed, "signature_with_line_end",
              "The signature has line ends or spaces in it: take base64 in one line.");
  std::string decoded;
  if (percent_decode(given, decoded)) {
    add_reading(without_white_space(decoded), "signature_encoded_twice",
                "oauth_signature was percent-encoded twice: once is enough.");
  }
  add_reading(padded(trimmed), "signature_without_padding",
              "The signature lacks the '=' at its end: take base64 with padding.");
  add_reading(padded(replaced(trimmed, "-_", "+/")), "signature_base64url",
              "The signature is base64url: take the standard alphabet, with + and /.");
  if (auto bytes = from_hex(trimmed)) {
    readings_.push_back({*std::move(bytes), Change{"signature_hex",
                                                   "The signature is in hex: take base64 of the "
                                                   "bytes."}});
  }
  const auto text = bytes_of(padded(trimmed));
  if (auto bytes = text ? from_hex(*text) : std::nullopt) {
    readings_.push_back({*std::move(bytes),
                         Change{"signature_base64_of_hex",
                                "The signature is base64 of a hex text: take base64 of the bytes "
                                "themselves (raw output of the HMAC)."}});
  }
}

// The signature as one of its readings, which adds a change unless it is the right one.
Fits::Changes Fits::read_as(std::string_view made, std::vector<Change> changes) const {
  for (const Reading& reading : readings_) {
    if (reading.bytes != made) continue;
    if (reading.change) changes.push_back(*reading.change);
    return changes;
  }
  return std::nullopt;
}

Fits::Changes Fits::hmac(Hash hash, std::string_view base, bool right_key,
                         std::vector<Change> changes) const {
  for (const Key& key : secrets_) {
    if (key.change.has_value() == right_key) continue;
    std::vector<Change> all = changes;
    if (key.change) all.insert(all.begin(), *key.change);
    const Digest mac = HmacKey(hash, key.bytes.reveal()).sign(base);
    if (auto fits = read_as(view(mac), std::move(all))) return fits;
  }
  return std::nullopt;
}

// What keeps a key from counting.
std::optional<Change> Fits::flaw_of(const VerifyingKey& key) const {
  if (!is_live(key.expires())) {
    return Change{"expired_rsa_key",
                  "It is signed with an RSA key of the client that has expired: sign with the new "
                  "one."};
  }
  const int bits = key.rsa().bits();
  if (bits >= rules_.policy.rsa_min_bits) return std::nullopt;
  return Change{"short_rsa_key", "The RSA key has " + std::to_string(bits) +
                                     " bits, and oauth.rsa_min_bits asks for " +
                                     std::to_string(rules_.policy.rsa_min_bits) +
                                     ": make a longer one."};
}

Fits::Changes Fits::rsa(Hash hash, std::string_view base, bool right_key,
                        std::vector<Change> changes) const {
  const Digest hashed = digest(hash, base);
  for (const VerifyingKey& key : keys_.rsa_keys) {
    const auto flaw = flaw_of(key);
    if (flaw.has_value() == right_key) continue;
    for (const Reading& reading : readings_) {
      const auto* const bytes = reinterpret_cast<const unsigned char*>(reading.bytes.data());
      if (!key.rsa().verify(hash, hashed, {bytes, reading.bytes.size()})) continue;
      if (flaw) changes.insert(changes.begin(), *flaw);
      if (reading.change) changes.push_back(*reading.change);
      return changes;
    }
  }
  return std::nullopt;
}

// Where the key itself is the signature.
Fits::Changes Fits::plaintext(bool right_key) const {
  const auto is = [](const Key& key, std::string_view text) { return key.bytes == Secret(text); };
  std::string decoded;
  const bool escaped = percent_decode(claim_.signature, decoded);
  for (const Key& key : secrets_) {
    if (key.change.has_value() == right_key) continue;
    std::vector<Change> changes;
    if (key.change) changes.push_back(*key.change);
    if (is(key, claim_.signature)) return changes;
    if (!escaped || !is(key, decoded)) continue;
    changes.push_back({"signature_encoded_twice",
                       "oauth_signature was percent-encoded once more than the secrets in it."});
    return changes;
  }
  return std::nullopt;
}

Fits::Changes Fits::made(std::string_view base, bool right_key, bool right_hash) const {
  const std::optional<Hash> claimed = hash_of(claim_.method);
  if (!claimed) return right_hash ? plaintext(right_key) : std::nullopt;
  const bool with_rsa = is_rsa(claim_.method);
  for (const Hash hash : kHashes) {
    if ((hash == *claimed) != right_hash) continue;
    std::vector<Change> changes;
    if (!right_hash) {
      changes.push_back(
          {"hash", std::string("The signature is one of ") + (with_rsa ? "RSA-" : "HMAC-") +
                       std::string(name(hash)) + ", and oauth_signature_method says " +
                       std::string(verify::name(claim_.method)) + ": let both be the same."});
    }
    auto fits = with_rsa ? rsa(hash, base, right_key, std::move(changes))
                         : hmac(hash, base, right_key, std::move(changes));
    if (fits) return fits;
  }
  return std::nullopt;
}

Fits::Changes Fits::rightly(std::string_view base) const { return made(base, true, true); }

Fits::Changes Fits::with_one_change(std::string_view base) const {
  if (auto fits = made(base, false, true)) return fits;
  return made(base, true, false);
}

Fits::Changes Fits::with_two_changes(std::string_view base) const {
  return made(base, false, false);
}

}  // namespace verify
