#pragma once

// Reads one table of the document key by key, and collects what is wrong with it. One thread.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/document.h"

namespace conf {

class Mistakes {
 public:
  void add(Position where, std::string sentence);
  std::size_t size() const { return all_.size(); }
  std::vector<Error> in_order() &&;  // of the file

 private:
  std::vector<Error> all_;
};

// `"text"`, `5`, `a list`: what was found, for a sentence. A URL with user information is not
// shown.
std::string describe(const Node& node);

// A parser for strings that only need to pass a test.
template <class Passes>
auto only(Passes passes) {
  return [passes](std::string_view text) {
    return passes(text) ? std::optional(std::string(text)) : std::nullopt;
  };
}

// Every function that takes a key makes it known; finish() reports the keys that nobody asked for.
// A key that is absent leaves `out` as it is, one that is wrong adds a mistake and leaves `out` as
// it is.
class Reader {
 public:
  // `path` names the table in sentences: "listen.tls"; empty for the whole file. `table` must be a
  // Table and, like `mistakes`, outlive the reader.
  Reader(const Node& table, std::string path, Mistakes& mistakes)
      : table_(table), path_(std::move(path)), mistakes_(mistakes) {}

  // The value, or null.
  const Node* take(std::string_view key);

  // The same; a value of another kind is a mistake and counts as absent.
  const Node* take(std::string_view key, Node::Kind kind, std::string_view expected);

  // The value's place, or the table's without it.
  Position where(std::string_view key) const;
  Position where() const { return table_.where; }

  Mistakes& mistakes() { return mistakes_; }

  // "listen.threads"
  std::string name(std::string_view key) const;

  void wrong(std::string_view key, std::string_view expected);  // `key` must be there
  void wrong_item(std::string_view key, const Node& item, std::string_view expected);
  void require(std::string_view key);    // a mistake if it isn't there
  void not_empty(std::string_view key);  // a mistake if it is an empty list

  void flag(std::string_view key, bool& out);

  template <std::unsigned_integral T>
  void number(std::string_view key, T& out, T least, T most) {
    if (const auto value = integer(key, least, most)) out = static_cast<T>(*value);
  }

  // A string that `parse` (std::string_view -> std::optional) understands.
  template <class T, class Parse>
  void parsed(std::string_view key, T& out, Parse parse, std::string_view expected) {
    const Node* node = take(key, Node::Kind::String, expected);
    if (!node) return;
    if (auto value = parse(node->text)) {
      out = std::move(*value);
    } else {
      wrong(key, expected);
    }
  }

  // A list of such strings, none of them twice.
  template <class T, class Parse>
  void parsed_list(std::string_view key, std::vector<T>& out, Parse parse,
                   std::string_view expected) {
    const Node* list = take(key, Node::Kind::Array, "a list");
    if (list) read_items(key, *list, out, parse, expected);
  }

  template <class T, class Parse>
  void read_items(std::string_view key, const Node& list, std::vector<T>& out, Parse parse,
                  std::string_view expected) {
    std::vector<T> values;
    for (const Node& item : list.items) {
      std::optional<T> value;
      if (item.kind == Node::Kind::String) value = parse(item.text);
      if (!value) {
        wrong_item(key, item, expected);
      } else if (contains(values, *value)) {
        twice(key, item);
      } else {
        values.push_back(std::move(*value));
      }
    }
    out = std::move(values);
  }

  // One of the words.
  template <class T>
  void choice(std::string_view key, T& out,
              std::initializer_list<std::pair<std::string_view, T>> words) {
    std::vector<std::string_view> names;
    for (const auto& [word, value] : words) names.push_back(word);
    const Node* node = take(key, Node::Kind::String, one_of(names));
    if (!node) return;
    for (const auto& [word, value] : words) {
      if (word != node->text) continue;
      out = value;
      return;
    }
    wrong(key, one_of(names));
  }

  // "a and b ", and what is wrong with the two together: at `a`, or at `b` if only that is there.
  void clash(std::string_view a, std::string_view b, std::string_view sentence);

  void twice(std::string_view key, const Node& item);

  // Call it last.
  void finish();

 private:
  template <class T>
  static bool contains(const std::vector<T>& values, const T& value) {
    for (const T& one : values) {
      if (one == value) return true;
    }
    return false;
  }

  static std::string one_of(const std::vector<std::string_view>& names);
  std::optional<std::uint64_t> integer(std::string_view key, std::uint64_t least,
                                       std::uint64_t most);
  const Node* find(std::string_view key) const;

  const Node& table_;
  std::string path_;
  Mistakes& mistakes_;
  std::vector<std::string_view> known_;
};

}  // namespace conf
