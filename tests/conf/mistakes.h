#pragma once

// For the tests of conf/: what load() says about a text, in the form that a table of cases can
// hold.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "conf/load.h"

// "line:column: sentence" of each mistake; empty for a text that loads.
inline std::vector<std::string> mistakes_of(std::string_view toml) {
  std::vector<std::string> out;
  const conf::Loaded loaded = conf::load(toml);
  const auto* mistakes = std::get_if<std::vector<conf::Error>>(&loaded);
  if (!mistakes) return out;
  REQUIRE_FALSE(mistakes->empty());
  for (const conf::Error& mistake : *mistakes) {
    out.push_back(conf::to_string("", mistake).substr(1));
  }
  return out;
}

// The settings of a text that must load.
inline conf::Settings settings_of(std::string_view toml) {
  const conf::Loaded loaded = conf::load(toml);
  for (const std::string& mistake : mistakes_of(toml)) FAIL_CHECK(mistake);
  const auto* settings = std::get_if<conf::Settings>(&loaded);
  REQUIRE(settings);
  return *settings;
}

// A text and every mistake in it.
struct MistakeCase {
  std::string toml;
  std::vector<std::string> mistakes;
};

inline void check_mistakes(const std::vector<MistakeCase>& cases) {
  for (const MistakeCase& one : cases) {
    CAPTURE(one.toml);
    const std::vector<std::string> found = mistakes_of(one.toml);
    for (std::size_t i = 0; i < std::max(found.size(), one.mistakes.size()); ++i) {
      CHECK((i < found.size() ? found[i] : "") == (i < one.mistakes.size() ? one.mistakes[i] : ""));
    }
  }
}
