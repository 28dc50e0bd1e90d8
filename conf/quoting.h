#pragma once

// The pieces that sentences about mistakes are made of. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace conf {

// Printable ASCII as it is, every other byte as \xNN: what comes from a file can't steer a
// terminal.
std::string escaped(std::string_view bytes);

// The same between quotes, `"` and `\` escaped too, and cut after 80 bytes.
std::string quoted(std::string_view bytes);

// The one of `known` that `word` was most likely meant to be; empty if none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

// `; did you mean "x"?`, or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace conf
