#pragma once

// Password hashes of users who sign in at the consent page. Own format
// `$scrypt$ln=15,r=8,p=1$<salt b64>$<hash b64>`; Werkzeug's `pbkdf2:sha256:N$salt$hex` (any of
// sha1, sha256, sha512) and `scrypt:N:r:p$salt$hex` are read as they are. Costs tens of
// milliseconds and 32 MiB: never call it on an event loop.

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

// Constant-time compare of the derived keys. A malformed hash is Wrong after the work of a real
// one.
PasswordCheck check_password(std::string_view password, std::string_view hash);

// True for a text that check_password could ever accept, with sane costs (bounded memory and
// rounds).
bool is_password_hash(std::string_view hash);

}  // namespace verify
