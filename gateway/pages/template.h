#pragma once

// The door to mustache: a page is a template filled with fields, and whatever is filled in is
// escaped for HTML. Plain values and pure functions, safe from any thread.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::pages {

// What a template is filled with. {{name}} shows a text; {{#name}} shows its section for a text
// that isn't empty, for a true flag, or once for each item of a list; {{group.name}} looks into a
// group.
struct TemplateGroup;
struct TemplateFields {
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<std::pair<std::string, bool>> flags;
  std::vector<std::pair<std::string, std::vector<TemplateFields>>> lists;
  std::vector<TemplateGroup> groups;
};
struct TemplateGroup {
  std::string name;
  TemplateFields fields;
};

// By name: "consent" for consent.mustache. {{>name}} shows another one.
using Templates = std::map<std::string, std::string, std::less<>>;

// What is wrong with a template, as a sentence: it can't be read, or it has a tag that shows
// something unescaped ({{{x}}}, {{&x}}) or that would change what a tag looks like ({{=...=}}).
std::optional<std::string> template_error(std::string_view text);

// Requires a template of that name, and none with a template_error().
std::string render(const Templates& templates, std::string_view name, const TemplateFields& fields);

}  // namespace gateway::pages
