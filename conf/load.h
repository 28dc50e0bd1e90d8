#pragma once

// Text of portcullis.toml -> Settings, or every mistake in it with its place. Pure but for
// load_file.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "conf/settings.h"

namespace conf {

struct Error {
  Position where;
  std::string sentence;
};

using Loaded = std::variant<Settings, std::vector<Error>>;

Loaded load(std::string_view toml);
Loaded load_file(const std::string& path);  // a file that can't be read is a Mistake without place

// "FILE:line:column: sentence"
std::string to_string(const std::string& file, const Error& mistake);

}  // namespace conf
