#pragma once

// TOML text -> a plain tree with the place of every key and value. Pure; document.cc is the door to
// toml++.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "conf/load.h"

namespace conf {

struct Member;

struct Node {
  enum class Kind : std::uint8_t { Table, Array, String, Integer, Float, Boolean, Time };
  Kind kind = Kind::Table;
  Position where;               // where the value begins; of [table] and [[table]], the bracket
  std::string text;             // of a String
  std::int64_t integer = 0;     // of an Integer
  bool boolean = false;         // of a Boolean
  std::vector<Member> members;  // of a Table, in the order of the file
  std::vector<Node> items;      // of an Array
};

struct Member {
  std::string key;
  Position where;
  Node value;
};

// What the file says, or the first place where it isn't TOML. What lies deeper than any key that
// exists is left out of the tree.
std::variant<Node, Error> parse_document(std::string_view toml);

}  // namespace conf
