#include "gateway/pages/texts.h"

#include <cstdlib>

#include "conf/document.h"
#include "conf/quoting.h"
#include "gateway/pages/embedded.h"
#include "gateway/pages/sealed.h"

namespace gateway::pages {
namespace {

std::string place(const conf::Position& where) {
  return std::to_string(where.line) + ":" + std::to_string(where.column) + ": ";
}

}  // namespace

Texts Texts::defaults() {
  Texts out;
  const auto document = conf::parse_document(kEmbeddedTexts);
  const auto* root = std::get_if<conf::Node>(&document);
  if (root == nullptr) std::abort();  // it is part of the program
  for (const conf::Member& section : root->members) {
    for (const conf::Member& member : section.value.members) {
      out.sections_[section.key][member.key] = member.value.text;
    }
  }
  out.collect();
  return out;
}

verify::Result<Texts, std::string> Texts::with(std::string_view toml) const {
  using Fault = verify::Failure<std::string>;
  const auto document = conf::parse_document(toml);
  if (const auto* mistake = std::get_if<conf::Error>(&document)) {
    return Fault(place(mistake->where) + mistake->sentence);
  }
  Texts out = *this;
  for (const conf::Member& section : std::get_if<conf::Node>(&document)->members) {
    const auto known = out.sections_.find(section.key);
    if (known == out.sections_.end() || section.value.kind != conf::Node::Kind::Table) {
      return Fault(place(section.where) + "there is no section " + conf::quoted(section.key));
    }
    for (const conf::Member& member : section.value.members) {
      const auto text = known->second.find(member.key);
      if (text == known->second.end()) {
        return Fault(place(member.where) + "there is no text " +
                     conf::quoted(section.key + "." + member.key));
      }
      if (member.value.kind != conf::Node::Kind::String) {
        return Fault(place(member.value.where) + section.key + "." + conf::escaped(member.key) +
                     " must be a string");
      }
      text->second = member.value.text;
    }
  }
  out.collect();
  return out;
}

const std::string& Texts::text(std::string_view section, std::string_view key) const {
  static const std::string kNone;
  const auto found = sections_.find(section);
  if (found == sections_.end()) return kNone;
  const auto text = found->second.find(key);
  return text == found->second.end() ? kNone : text->second;
}

std::string Texts::text(std::string_view section, std::string_view key,
                        const Values& values) const {
  const std::string& pattern = text(section, key);
  const bool left_to_right = text("page", "dir") == "ltr";
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t end = pattern[at] == '{' ? pattern.find('}', at) : pattern.npos;
    bool filled = false;
    for (const auto& [name, value] : values) {
      if (end == pattern.npos || std::string_view(pattern).substr(at + 1, end - at - 1) != name) {
        continue;
      }
      out += left_to_right && !may_turn(value) ? std::string(value) : isolated(value);
      filled = true;
      break;
    }
    if (filled) {
      at = end + 1;
    } else {
      out += pattern[at++];
    }
  }
  return out;
}

bool Texts::has(std::string_view section, std::string_view key) const {
  return !text(section, key).empty();
}

void Texts::collect() {
  fields_ = {};
  for (const auto& [name, section] : sections_) {
    fields_.groups.push_back({name, {}});
    TemplateFields& group = fields_.groups.back().fields;
    for (const auto& [key, text] : section) group.texts.emplace_back(key, text);
  }
}

}  // namespace gateway::pages
