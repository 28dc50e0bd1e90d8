#include "conf/reader.h"

#include <algorithm>

#include "conf/quoting.h"

namespace conf {
namespace {

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::Table:
      return "a table";
    case Node::Kind::Array:
      return "a list";
    case Node::Kind::String:
      return "a string";
    case Node::Kind::Integer:
      return "an integer";
    case Node::Kind::Float:
      return "a float";
    case Node::Kind::Boolean:
      return "a boolean";
    case Node::Kind::Time:
      return "a date or time";
  }
  return "something else";
}

}  // namespace

void Mistakes::add(Position where, std::string sentence) {
  all_.push_back({where, std::move(sentence)});
}

std::vector<Error> Mistakes::in_order() && {
  std::stable_sort(all_.begin(), all_.end(), [](const Error& a, const Error& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  return std::move(all_);
}

std::string describe(const Node& node) {
  if (node.kind == Node::Kind::Integer) return std::to_string(node.integer);
  if (node.kind == Node::Kind::Boolean) return node.boolean ? "true" : "false";
  if (node.kind != Node::Kind::String) return std::string(kind_name(node.kind));
  const std::size_t scheme = node.text.find("//");
  if (scheme != std::string::npos && node.text.find('@', scheme) != std::string::npos) {
    return "one with an '@' (it may hold a password, so it is not shown)";
  }
  return quoted(node.text);
}

const Node* Reader::find(std::string_view key) const {
  for (const Member& member : table_.members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

const Node* Reader::take(std::string_view key) {
  known_.push_back(key);
  return find(key);
}

const Node* Reader::take(std::string_view key, Node::Kind kind, std::string_view expected) {
  const Node* node = take(key);
  if (!node || node->kind == kind) return node;
  wrong(key, expected);
  return nullptr;
}

Position Reader::where(std::string_view key) const {
  const Node* node = find(key);
  return node ? node->where : table_.where;
}

std::string Reader::name(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void Reader::wrong(std::string_view key, std::string_view expected) {
  const Node& node = *find(key);
  mistakes_.add(node.where,
                name(key) + " must be " + std::string(expected) + ", not " + describe(node));
}

void Reader::wrong_item(std::string_view key, const Node& item, std::string_view expected) {
  mistakes_.add(item.where, "each of " + name(key) + " must be " + std::string(expected) +
                                ", not " + describe(item));
}

void Reader::require(std::string_view key) {
  if (!find(key)) mistakes_.add(table_.where, name(key) + " is missing");
}

void Reader::not_empty(std::string_view key) {
  const Node* list = find(key);
  if (!list || list->kind != Node::Kind::Array || !list->items.empty()) return;
  mistakes_.add(list->where, name(key) + " must not be empty");
}

void Reader::flag(std::string_view key, bool& out) {
  if (const Node* node = take(key, Node::Kind::Boolean, "true or false")) out = node->boolean;
}

std::optional<std::uint64_t> Reader::integer(std::string_view key, std::uint64_t least,
                                             std::uint64_t most) {
  const std::string expected =
      "an integer from " + std::to_string(least) + " to " + std::to_string(most);
  const Node* node = take(key, Node::Kind::Integer, expected);
  if (!node) return std::nullopt;
  if (node->integer >= 0) {
    const auto value = static_cast<std::uint64_t>(node->integer);
    if (value >= least && value <= most) return value;
  }
  wrong(key, expected);
  return std::nullopt;
}

std::string Reader::one_of(const std::vector<std::string_view>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += quoted(names[i]);
  }
  return out;
}

void Reader::twice(std::string_view key, const Node& item) {
  mistakes_.add(item.where, name(key) + " has " + describe(item) + " twice");
}

void Reader::clash(std::string_view a, std::string_view b, std::string_view sentence) {
  if (!find(a)) std::swap(a, b);
  mistakes_.add(where(a), name(a) + " and " + name(b) + " " + std::string(sentence));
}

void Reader::finish() {
  for (const Member& member : table_.members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    const std::string place = path_.empty() ? "" : " in " + path_;
    mistakes_.add(member.where,
                  "unknown key " + quoted(member.key) + place + suggestion(member.key, known_));
  }
}

}  // namespace conf
