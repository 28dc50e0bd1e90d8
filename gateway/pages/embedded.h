#pragma once

// The templates and texts that come with the program; gateway/pages/CMakeLists.txt writes the .cc
// file from templates/*.mustache and texts.toml.

#include <span>
#include <string_view>
#include <utility>

namespace gateway::pages {

extern const std::string_view kEmbeddedTexts;
extern const std::span<const std::pair<std::string_view, std::string_view>> kEmbeddedTemplates;

}  // namespace gateway::pages
