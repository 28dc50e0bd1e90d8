#pragma once

// The words on the pages, by section and key. Immutable once loaded, hence safe from any thread.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/pages/template.h"
#include "verify/result.h"

namespace gateway::pages {

// What stands for {name} in a text.
using Values = std::vector<std::pair<std::string_view, std::string_view>>;

class Texts {
 public:
  // The words that come with the program.
  static Texts defaults();

  // These, with what a TOML text has in their place. A key that isn't among the defaults is an
  // error: one sentence with line and column.
  verify::Result<Texts, std::string> with(std::string_view toml) const;

  // The text as it is, and with {name} filled in, each value isolated from the sentence where their
  // directions could differ. A key that there is not: empty.
  const std::string& text(std::string_view section, std::string_view key) const;
  std::string text(std::string_view section, std::string_view key, const Values& values) const;
  bool has(std::string_view section, std::string_view key) const;

  // All of them as a group of groups for templates: {{t.section.key}}.
  const TemplateFields& fields() const { return fields_; }

 private:
  using Section = std::map<std::string, std::string, std::less<>>;
  void collect();
  std::map<std::string, Section, std::less<>> sections_;
  TemplateFields fields_;
};

}  // namespace gateway::pages
