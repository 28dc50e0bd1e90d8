#pragma once

// The small languages inside strings: durations, sizes, names. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conf {

// Digits and a unit: "500ms", "60s", "10m", "2h", "30d". At most ten years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// Digits and a unit, as bytes: "256B", "32KiB", "1MiB", "1GiB", "1TiB". At most 64 TiB.
std::optional<std::uint64_t> parse_size(std::string_view text);

// A size and "/s", as bytes a second.
std::optional<std::uint64_t> parse_rate(std::string_view text);

bool is_token(std::string_view text);        // RFC 9110 5.6.2: field names, methods
bool is_method(std::string_view text);       // a token without lower-case letters
bool is_scope_token(std::string_view text);  // RFC 6749 3.3: realms
bool is_text(std::string_view text);         // at least one byte, and no control characters
bool is_realm_name(std::string_view text);   // what stands between the quotes of realm="..."
bool is_plain_path(std::string_view text);   // "/a/b": literal segments, no query

// The names of signature methods and quirks, and what to say of others.
bool is_signature_method(std::string_view text);
inline constexpr std::string_view kSignatureMethod =
    "a signature method: HMAC-SHA1, HMAC-SHA256, HMAC-SHA512, RSA-SHA1, RSA-SHA256, RSA-SHA512 or "
    "PLAINTEXT";
bool is_quirk(std::string_view text);
inline constexpr std::string_view kQuirk =
    "a quirk: unencoded_key, raw_body_hash, query_in_form, crlf_fields or milliseconds";

}  // namespace conf
