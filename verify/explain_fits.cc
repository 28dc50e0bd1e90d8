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
    : claim_(claim), keys_(keys), known_(secrets), quirks_(quirks), rules_(rules) {
  add_keys(0);
  add_readings();
}

void Fits::add_keys(std::size_t most_changes) {
  // Those that stand in for what isn't known would only take time.
  if (!keys_.client_known) return;
  secrets_.clear();
  for (MadeKey& key : made_keys(claim_, known_, quirks_, rules_.now, most_changes)) {
    const std::string_view bytes = key.bytes.reveal();
    const std::array<HmacKey, 3> by_hash{HmacKey(Hash::Sha1, bytes), HmacKey(Hash::Sha256, bytes),
                                         HmacKey(Hash::Sha512, bytes)};
    secrets_.push_back({std::move(key), by_hash});
  }
}

void Fits::look_further() { add_keys(kMaxKeyChanges); }

bool Fits::is_live(const std::optional<std::int64_t>& expires) const {
  return !expires || *expires > rules_.now;
}

std::span<const Fits::Key> Fits::keys_of(std::size_t changes) const {
  const auto fewer = [](std::size_t count) {
    return [count](const Key& key) { return key.made.changes.size() < count; };
  };
  const auto begin = std::partition_point(secrets_.begin(), secrets_.end(), fewer(changes));
  return {begin, std::partition_point(begin, secrets_.end(), fewer(changes + 1))};
}

std::size_t Fits::cost(std::size_t count) const {
  constexpr std::size_t kRsa = 40;  // HMACs in the time of one verification
  const auto live = std::count_if(keys_.rsa_keys.begin(), keys_.rsa_keys.end(),
                                  [this](const VerifyingKey& key) { return !flaw_of(key); });
  const std::size_t rsa = kRsa * static_cast<std::size_t>(live);
  if (is_rsa(claim_.method)) return 1 + (count + 1) * rsa;
  std::size_t out = keys_of(count).size();
  if (count > 0) out += 3 * keys_of(count - 1).size() + (count == 1 ? 3 * rsa : 0);
  return out;
}

void Fits::add_bytes(std::string bytes, std::string_view name, std::string_view sentence) {
  const auto same = [&](const Reading& other) { return other.bytes == bytes; };
  if (std::any_of(readings_.begin(), readings_.end(), same)) return;
  Reading reading{std::move(bytes), std::nullopt};
  if (!name.empty()) reading.change = Edit{std::string(name), std::string(sentence)};
  readings_.push_back(std::move(reading));
}

void Fits::add_reading(std::string_view base64, std::string_view name, std::string_view sentence) {
  if (auto bytes = bytes_of(base64)) add_bytes(*std::move(bytes), name, sentence);
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
    add_bytes(*std::move(bytes), "signature_hex",
              "The signature is in hex: take base64 of the bytes.");
  }
  const auto text = bytes_of(padded(trimmed));
  if (auto bytes = text ? from_hex(*text) : std::nullopt) {
    add_bytes(*std::move(bytes), "signature_base64_of_hex",
              "The signature is base64 of a hex text: take base64 of the bytes themselves (raw "
              "output of the HMAC).");
  }
  if (text) {
    add_reading(padded(without_white_space(*text)), "signature_base64_twice",
                "The signature is base64 of base64: take base64 once.");
  }
  const std::string_view quotes = "\"'";
  if (trimmed.size() > 2 && quotes.find(trimmed[0]) != quotes.npos &&
      trimmed.back() == trimmed[0]) {
    add_reading(trimmed.substr(1, trimmed.size() - 2), "signature_in_quotes",
                "The signature has quotation marks of its own: take them off.");
  }
  if (std::none_of(trimmed.begin(), trimmed.end(), [](char c) { return c >= 'a' && c <= 'z'; }) ||
      lower_case(trimmed) == trimmed) {
    in_one_case_ = lower_case(trimmed);
  }
}

// The signature as one of its readings, which adds a change unless it is the right one.
Fits::Changes Fits::read_as(std::string_view made, std::vector<Edit> changes) const {
  for (const Reading& reading : readings_) {
    if (reading.bytes != made) continue;
    if (reading.change) changes.push_back(*reading.change);
    return changes;
  }
  if (in_one_case_.empty()) return std::nullopt;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(made.data());
  if (lower_case(to_base64({bytes, made.size()})) != in_one_case_) return std::nullopt;
  changes.push_back({"signature_in_one_case",
                     "The signature's letters were all made large, or small: in base64 the two "
                     "differ."});
  return changes;
}

Fits::Changes Fits::hmac(Hash hash, std::string_view base, std::size_t key_changes,
                         const std::vector<Edit>& changes) const {
  for (const Key& key : keys_of(key_changes)) {
    const Digest mac = key.by_hash[static_cast<std::size_t>(hash)].sign(base);
    auto fits = read_as(view(mac), {});
    if (!fits) continue;
    std::vector<Edit> all = key.made.changes;
    all.insert(all.end(), changes.begin(), changes.end());
    all.insert(all.end(), fits->begin(), fits->end());
    return all;
  }
  return std::nullopt;
}

// What keeps a key from counting.
std::optional<Edit> Fits::flaw_of(const VerifyingKey& key) const {
  if (!is_live(key.expires())) {
    return Edit{"expired_rsa_key",
                "It is signed with an RSA key of the client that has expired: sign with the new "
                "one."};
  }
  const int bits = key.rsa().bits();
  if (bits >= rules_.policy.rsa_min_bits) return std::nullopt;
  return Edit{"short_rsa_key", "The RSA key has " + std::to_string(bits) +
                                   " bits, and oauth.rsa_min_bits asks for " +
                                   std::to_string(rules_.policy.rsa_min_bits) +
                                   ": make a longer one."};
}

Fits::Changes Fits::rsa(Hash hash, std::string_view base, bool right_key,
                        std::vector<Edit> changes) const {
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
Fits::Changes Fits::plaintext(std::size_t key_changes) const {
  const auto is = [](const Key& key, std::string_view text) {
    return key.made.bytes == Secret(text);
  };
  std::string decoded;
  const bool escaped = percent_decode(claim_.signature, decoded);
  for (const Key& key : keys_of(key_changes)) {
    std::vector<Edit> changes = key.made.changes;
    if (is(key, claim_.signature)) return changes;
    if (!escaped || !is(key, decoded)) continue;
    changes.push_back({"signature_encoded_twice",
                       "oauth_signature was percent-encoded once more than the secrets in it."});
    return changes;
  }
  return std::nullopt;
}

Fits::Changes Fits::rightly_hashed(std::size_t key_changes, std::string_view base) const {
  const std::optional<Hash> hash = hash_of(claim_.method);
  if (!hash) return plaintext(key_changes);
  if (is_rsa(claim_.method)) {
    return key_changes > 1 ? std::nullopt : rsa(*hash, base, key_changes == 0, {});
  }
  return hmac(*hash, base, key_changes, {});
}

Fits::Changes Fits::otherwise_hashed(std::size_t key_changes, std::string_view base) const {
  const std::optional<Hash> claimed = hash_of(claim_.method);
  if (!claimed) return std::nullopt;
  const bool with_rsa = is_rsa(claim_.method);
  for (const Hash hash : kHashes) {
    if (hash == *claimed) continue;
    std::vector<Edit> changes{
        {"hash", std::string("The signature is one of ") + (with_rsa ? "RSA-" : "HMAC-") +
                     std::string(name(hash)) + ", and oauth_signature_method says " +
                     std::string(verify::name(claim_.method)) + ": let both be the same."}};
    auto fits = !with_rsa         ? hmac(hash, base, key_changes, changes)
                : key_changes < 2 ? rsa(hash, base, key_changes == 0, std::move(changes))
                                  : std::nullopt;
    if (fits) return fits;
  }
  if (auto fits = swapped(key_changes, base)) return fits;
  return key_changes == 0 ? of_another_kind(base) : std::nullopt;
}

// The base string taken for the key.
Fits::Changes Fits::swapped(std::size_t key_changes, std::string_view base) const {
  if (is_rsa(claim_.method)) return std::nullopt;
  const HmacKey hmac(*hash_of(claim_.method), base);
  for (const Key& key : keys_of(key_changes)) {
    auto fits = read_as(view(hmac.sign(key.made.bytes.reveal())), key.made.changes);
    if (!fits) continue;
    fits->push_back({"key_and_text_swapped",
                     "The HMAC was taken of the key, with the base string as its key: swap the "
                     "two."});
    return fits;
  }
  return std::nullopt;
}

// RSA where HMAC is named, HMAC where RSA is, PLAINTEXT where either is.
Fits::Changes Fits::of_another_kind(std::string_view base) const {
  const auto change = [&](const std::string& kind) {
    return std::vector<Edit>{
        {"other_kind_of_signature",
         "The signature is one of " + kind + ", and oauth_signature_method says " +
             std::string(verify::name(claim_.method)) + ": let both be the same."}};
  };
  if (plaintext(0)) return change("PLAINTEXT");
  for (const Hash hash : kHashes) {
    const bool with_rsa = is_rsa(claim_.method);
    auto changes = change((with_rsa ? "HMAC-" : "RSA-") + std::string(name(hash)));
    auto fits = with_rsa ? hmac(hash, base, 0, changes) : rsa(hash, base, true, std::move(changes));
    if (fits) return fits;
  }
  return std::nullopt;
}

Fits::Changes Fits::with(std::size_t count, std::string_view base) const {
  if (auto fits = rightly_hashed(count, base)) return fits;
  return count > 0 ? otherwise_hashed(count - 1, base) : std::nullopt;
}

}  // namespace verify
