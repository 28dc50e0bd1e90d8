#include "verify/password.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "verify/crypto.h"

namespace verify {
namespace {

constexpr std::uint64_t kN = 1 << 15, kR = 8, kP = 1;  // 32 MiB
constexpr std::size_t kSaltSize = 16, kKeySize = 32;

// What an imported hash may cost at most: 128 MiB of memory, four times our own work.
constexpr std::uint64_t kMostScrypt = 1 << 20;  // n * r * p
constexpr std::uint64_t kMostRounds = 5'000'000;
constexpr std::size_t kMaxSalt = 128, kMaxKey = 64;
constexpr std::array<std::size_t, 3> kDigestSizes{20, 32, 64};  // by Hash
constexpr std::uint64_t kLeastPadding = 256;  // of scrypt's work; less is left out

struct Parsed {
  enum class Kdf { Scrypt, Pbkdf2 } kdf = Kdf::Scrypt;
  Hash hash{};                        // Pbkdf2
  std::uint64_t n = 0, r = 0, p = 0;  // Scrypt
  std::uint64_t rounds = 0;           // Pbkdf2
  std::string salt;
  std::array<unsigned char, kMaxKey> key{};
  std::size_t key_size = 0;
  bool ours = false;
  bool pads = false;  // no password has to match it
};

// What stands before `mark`, which is removed with it; nothing when there is no mark.
std::optional<std::string_view> cut(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view out = text.substr(0, at);
  text.remove_prefix(at + 1);
  return out;
}

std::optional<std::uint64_t> number(std::optional<std::string_view> text) {
  std::uint64_t out = 0;
  if (!text || text->empty()) return std::nullopt;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, out);
  if (error != std::errc() || stop != end) return std::nullopt;
  return out;
}

bool remove_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool sane_scrypt(const Parsed& hash) {
  if (hash.n < 2 || (hash.n & (hash.n - 1)) != 0 || hash.r < 1 || hash.p < 1) return false;
  return hash.n <= kMostScrypt && hash.r <= kMostScrypt / hash.n &&
         hash.p <= kMostScrypt / hash.n / hash.r;
}

// Base64 without padding, as hashes in this notation have it.
std::optional<std::size_t> from_bare_base64(std::string_view text, std::span<unsigned char> out) {
  std::string padded(text);
  if (text.ends_with('=')) return std::nullopt;
  padded.append((4 - padded.size() % 4) % 4, '=');
  return from_base64(padded, out);
}

std::string to_bare_base64(std::span<const unsigned char> bytes) {
  std::string out = to_base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  return out;
}

std::optional<std::size_t> from_hex(std::string_view text, std::span<unsigned char> out) {
  if (text.size() % 2 != 0 || text.size() / 2 > out.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto [stop, error] =
        std::from_chars(text.data() + i, text.data() + i + 2, out[i / 2], 16);
    if (error != std::errc() || stop != text.data() + i + 2) return std::nullopt;
  }
  return text.size() / 2;
}

// $scrypt$ln=15,r=8,p=1$salt$hash, after the name.
std::optional<Parsed> parse_ours(std::string_view text) {
  Parsed out;
  out.ours = true;
  if (!remove_prefix(text, "ln=")) return std::nullopt;
  const auto log_n = number(cut(text, ','));
  if (!log_n || *log_n > 20 || !remove_prefix(text, "r=")) return std::nullopt;
  const auto r = number(cut(text, ','));
  if (!r || !remove_prefix(text, "p=")) return std::nullopt;
  const auto p = number(cut(text, '$'));
  const auto salt = cut(text, '$');
  if (!p || !salt) return std::nullopt;
  out.n = std::uint64_t{1} << *log_n;
  out.r = *r;
  out.p = *p;
  std::array<unsigned char, kMaxSalt> bytes{};
  const auto salt_size = from_bare_base64(*salt, bytes);
  const auto key_size = from_bare_base64(text, out.key);
  if (!salt_size || *salt_size == 0 || !key_size || *key_size < 16) return std::nullopt;
  out.salt.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*salt_size));
  out.key_size = *key_size;
  if (!sane_scrypt(out)) return std::nullopt;
  return out;
}

// salt$hex: the end of both of Werkzeug's. The salt is used as it is spelled.
bool parse_salt_and_key(std::string_view text, std::size_t key_size, Parsed& out) {
  const auto salt = cut(text, '$');
  if (!salt || salt->empty() || salt->size() > kMaxSalt) return false;
  out.salt = *salt;
  out.key_size = key_size;
  return from_hex(text, out.key) == key_size;
}

// scrypt:32768:8:1$salt$hex, after the name.
std::optional<Parsed> parse_werkzeug_scrypt(std::string_view text) {
  Parsed out;
  const auto n = number(cut(text, ':'));
  const auto r = number(cut(text, ':'));
  const auto p = number(cut(text, '$'));
  if (!n || !r || !p || !parse_salt_and_key(text, 64, out)) return std::nullopt;
  out.n = *n;
  out.r = *r;
  out.p = *p;
  if (!sane_scrypt(out)) return std::nullopt;
  return out;
}

// pbkdf2:sha256:600000$salt$hex, after the name.
std::optional<Parsed> parse_werkzeug_pbkdf2(std::string_view text) {
  Parsed out;
  out.kdf = Parsed::Kdf::Pbkdf2;
  std::size_t size = 0;
  const auto hash = cut(text, ':');
  if (hash == "sha1") {
    out.hash = Hash::Sha1;
    size = 20;
  } else if (hash == "sha256") {
    out.hash = Hash::Sha256;
    size = 32;
  } else if (hash == "sha512") {
    out.hash = Hash::Sha512;
    size = 64;
  } else {
    return std::nullopt;
  }
  const auto rounds = number(cut(text, '$'));
  if (!rounds || *rounds < 1 || *rounds > kMostRounds) return std::nullopt;
  out.rounds = *rounds;
  if (!parse_salt_and_key(text, size, out)) return std::nullopt;
  return out;
}

std::optional<Parsed> parse(std::string_view hash) {
  if (remove_prefix(hash, "$scrypt$")) return parse_ours(hash);
  if (remove_prefix(hash, "scrypt:")) return parse_werkzeug_scrypt(hash);
  if (remove_prefix(hash, "pbkdf2:")) return parse_werkzeug_pbkdf2(hash);
  return std::nullopt;
}

// Stands for a hash that can't be read, so that it takes as long as one that can. It matches no
// password.
Parsed stand_in() {
  Parsed out;
  out.n = kN;
  out.r = kR;
  out.p = kP;
  out.salt = std::string(kSaltSize, '\0');
  out.key_size = kKeySize;
  return out;
}

bool derive(std::string_view password, const Parsed& hash, std::span<unsigned char> out) {
  if (hash.kdf == Parsed::Kdf::Scrypt) {
    return derive_scrypt(password, hash.salt, hash.n, hash.r, hash.p, out);
  }
  return derive_pbkdf2(hash.hash, password, hash.salt, static_cast<int>(hash.rounds), out);
}

PasswordWork work_of(const Parsed& hash) {
  PasswordWork out;
  if (hash.kdf == Parsed::Kdf::Scrypt) {
    out.scrypt = hash.n * hash.r * hash.p;
  } else {
    out.rounds[static_cast<std::size_t>(hash.hash)] = hash.rounds;
  }
  return out;
}

// The derivation of `hash`, and those that make it as dear as `least`.
std::vector<Parsed> plan(const Parsed& hash, const PasswordWork& least) {
  std::vector<Parsed> out{hash};
  const PasswordWork done = work_of(hash);
  for (std::size_t i = 0; i < least.rounds.size(); ++i) {
    if (done.rounds[i] >= least.rounds[i]) continue;
    Parsed& more = out.emplace_back(stand_in());
    more.kdf = Parsed::Kdf::Pbkdf2;
    more.hash = static_cast<Hash>(i);
    more.rounds = std::min(least.rounds[i] - done.rounds[i], kMostRounds);
    more.key_size = kDigestSizes[i];
    more.pads = true;
  }
  std::uint64_t left = least.scrypt - std::min(least.scrypt, done.scrypt);
  // As near to the memory of our own hashes as it goes: memory is what scrypt takes its time for.
  for (std::uint64_t n = kN; left >= kLeastPadding; n /= 2) {
    const std::uint64_t times = std::min(left, kMostScrypt) / (n * kR);
    left -= times * n * kR;
    if (times == 0) continue;
    Parsed& more = out.emplace_back(stand_in());
    more.n = n;
    more.p = times;
    more.pads = true;
  }
  return out;
}

bool is_weaker(const Parsed& hash) {
  return hash.n < kN || hash.r < kR || hash.p < kP || hash.key_size < kKeySize ||
         hash.salt.size() < kSaltSize;
}

}  // namespace

std::string hash_password(std::string_view password) {
  Parsed made = stand_in();
  std::array<unsigned char, kSaltSize> salt{};
  fill_random(salt);
  made.salt.assign(salt.begin(), salt.end());
  if (!derive(password, made, std::span(made.key).first(kKeySize))) throw std::bad_alloc();
  return "$scrypt$ln=15,r=8,p=1$" + to_bare_base64(salt) + '$' +
         to_bare_base64(std::span(made.key).first(kKeySize));
}

PasswordWork own_work() { return work_of(stand_in()); }

PasswordWork work_of(std::string_view hash) {
  const std::optional<Parsed> parsed = parse(hash);
  return parsed ? work_of(*parsed) : own_work();
}

PasswordWork most_of(const PasswordWork& a, const PasswordWork& b) {
  PasswordWork out{std::max(a.scrypt, b.scrypt), a.rounds};
  for (std::size_t i = 0; i < out.rounds.size(); ++i)
    out.rounds[i] = std::max(a.rounds[i], b.rounds[i]);
  return out;
}

PasswordWork work_done(std::string_view hash, const PasswordWork& least) {
  const std::optional<Parsed> parsed = parse(hash);
  PasswordWork out;
  for (const Parsed& one : plan(parsed ? *parsed : stand_in(), least)) {
    const PasswordWork more = work_of(one);
    out.scrypt += more.scrypt;
    for (std::size_t i = 0; i < out.rounds.size(); ++i) out.rounds[i] += more.rounds[i];
  }
  return out;
}

PasswordCheck check_password(std::string_view password, std::string_view hash,
                             const PasswordWork& least) {
  const std::optional<Parsed> parsed = parse(hash);
  const Parsed wanted = parsed ? *parsed : stand_in();
  bool right = parsed.has_value();
  for (const Parsed& one : plan(wanted, least)) {
    std::array<unsigned char, kMaxKey> made{};
    const auto key = std::span(made).first(one.key_size);
    const bool derived = derive(password, one, key);
    const bool same = equal_in_constant_time(key, std::span(one.key).first(one.key_size));
    wipe(made.data(), made.size());
    right = right && (one.pads || (derived && same));
  }
  if (!right) return PasswordCheck::Wrong;
  return wanted.ours && !is_weaker(wanted) ? PasswordCheck::Right : PasswordCheck::RightButRehash;
}

bool is_password_hash(std::string_view hash) { return parse(hash).has_value(); }

}  // namespace verify
