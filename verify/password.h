#pragma once

// Password hashes of users who sign in at the consent page. Own format
// `$scrypt$ln=15,r=8,p=1$<salt b64>$<hash b64>`; Werkzeug's `pbkdf2:sha256:N$salt$hex` (any of
// sha1, sha256, sha512) and `scrypt:N:r:p$salt$hex` are read as they are. Costs tens of
// milliseconds and 32 MiB: never call it on an event loop.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace verify {

// A new hash with a random salt, in our own format.
std::string hash_password(std::string_view password);

enum class PasswordCheck {
  Wrong,
  Right,
  RightButRehash
};  // RightButRehash: a foreign or weaker format

// What a password's derivation costs, by kind. Two of them are alike to somebody with a clock if
// all four numbers are the same.
struct PasswordWork {
  std::uint64_t scrypt = 0;               // n * r * p
  std::array<std::uint64_t, 3> rounds{};  // of PBKDF2 with SHA-1, SHA-256, SHA-512
  friend bool operator==(const PasswordWork&, const PasswordWork&) = default;
};
// That of the hashes made here; and of any text: what is no hash is checked with the former.
PasswordWork own_work();
PasswordWork work_of(std::string_view hash);
// The greater number of each kind.
PasswordWork most_of(const PasswordWork& a, const PasswordWork& b);

// Does the work of `hash`, and then what of `least` that leaves, so that the wrong password of
// every user, and of none, costs the same where `least` is the most that any stored hash costs.
// Compares the derived keys in constant time. A malformed hash, an empty one too, is Wrong after
// all the same work.
PasswordCheck check_password(std::string_view password, std::string_view hash,
                             const PasswordWork& least = own_work());

// All that check_password() does with these; at least `least`, but for less than a thousandth of
// its scrypt.
PasswordWork work_done(std::string_view hash, const PasswordWork& least);

// True for a text that check_password could ever accept, with sane costs (bounded memory and
// rounds).
bool is_password_hash(std::string_view hash);

}  // namespace verify
