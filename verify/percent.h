#pragma once

// Percent-encoding as RFC 5849 section 3.6 wants it, and the two decodings: of header values (3.5.1) and
// of application/x-www-form-urlencoded (3.4.1.3.1, '+' is a space). Pure.

#include <string>
#include <string_view>

namespace verify {

// ALPHA DIGIT - . _ ~ as they are, all else %XX in upper case. Appends.
void percent_encode(std::string_view bytes, std::string& out);
std::string percent_encode(std::string_view bytes);

// False on a '%' that two hex digits don't follow; `out` is then unspecified. Appends.
bool percent_decode(std::string_view text, std::string& out);
bool form_decode(std::string_view text, std::string& out);  // also '+' to space

bool is_unreserved(char c);

}  // namespace verify
