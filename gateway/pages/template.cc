#include "gateway/pages/template.h"

#include <kainjow/mustache.hpp>

namespace gateway::pages {
namespace {

namespace mustache = kainjow::mustache;

void fill(const TemplateFields& fields, mustache::data& out);

mustache::data filled(const TemplateFields& fields) {
  mustache::data out;
  fill(fields, out);
  return out;
}

void fill(const TemplateFields& fields, mustache::data& out) {
  for (const auto& [name, text] : fields.texts) {
    // An empty text is no section.
    out.set(name, text.empty() ? mustache::data(false) : mustache::data(text));
  }
  for (const auto& [name, flag] : fields.flags) out.set(name, mustache::data(flag));
  for (const auto& [name, items] : fields.lists) {
    mustache::list list;
    for (const TemplateFields& item : items) list.push_back(filled(item));
    out.set(name, mustache::data(list));
  }
  for (const auto& [name, group] : fields.groups) out.set(name, filled(group));
}

}  // namespace

std::optional<std::string> template_error(std::string_view text) {
  for (std::size_t at = 0; (at = text.find("{{", at)) != text.npos; at += 2) {
    const std::size_t sign = text.find_first_not_of(" \t\r\n", at + 2);
    if (sign == text.npos) break;
    const std::string tag(text.substr(at, 24));
    if (text[sign] == '{' || text[sign] == '&') {
      return "the tag that begins " + tag + " would show its value unescaped: write {{name}}";
    }
    if (text[sign] == '=') {
      return "the tag that begins " + tag + " would change the delimiters, which is not allowed";
    }
  }
  const mustache::mustache parsed{std::string(text)};
  if (!parsed.is_valid()) return parsed.error_message();
  return std::nullopt;
}

std::string render(const Templates& templates, std::string_view name,
                   const TemplateFields& fields) {
  mustache::data data;
  for (const auto& [partial, text] : templates) {
    data.set(partial, mustache::data(mustache::partial([&text = text] { return text; })));
  }
  fill(fields, data);  // a field comes before a template of its name
  mustache::mustache page(templates.find(name)->second);
  return page.render(data);
}

}  // namespace gateway::pages
