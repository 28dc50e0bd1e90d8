#pragma once

// How text files begin that editors have saved. Every reader of text asks here, so that what one of
// them takes all take: a byte order mark of UTF-8 is no part of the text, and text in another
// encoding is named for what it is. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace conf {

// How many bytes of byte order marks stand before text in UTF-8.
std::size_t mark_size(std::string_view bytes);

// What else than UTF-8 the text is in, as its first bytes say, and what to do: "is UTF-16
// (little-endian): save it as UTF-8". Empty for UTF-8.
std::string_view other_encoding(std::string_view bytes);

// Takes the marks off what was read. Returns other_encoding(); then `bytes` stay as they are.
std::string_view to_text(std::string& bytes);

}  // namespace conf
