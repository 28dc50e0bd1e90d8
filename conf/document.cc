#include "conf/document.h"

#include <algorithm>
#include <utility>

// The parser asserts what odd input can make false (two bytes, "[$", are enough), and then reports
// that same input as an error by itself: so its assertions are off.
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include "conf/quoting.h"
#include "conf/text_file.h"
#include "conf/transcode.h"

namespace conf {
namespace {

constexpr int kDepth = 8;  // of nested tables and lists; no key that exists stands so deep

Position place(const toml::source_position& at, const Transcoded& screened) {
  return screened.original({at.line, at.column});
}

Node convert(const toml::node& from, const Transcoded& screened, int depth);

void convert_members(const toml::table& from, const Transcoded& screened, Node& to, int depth) {
  for (auto&& [key, value] : from) {
    to.members.push_back({screened.restored(key.str()), place(key.source().begin, screened),
                          convert(value, screened, depth - 1)});
  }
  std::sort(to.members.begin(), to.members.end(), [](const Member& a, const Member& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
}

Node convert(const toml::node& from, const Transcoded& screened, int depth) {
  Node to;
  to.where = place(from.source().begin, screened);
  if (const auto* table = from.as_table()) {
    to.kind = Node::Kind::Table;
    if (depth > 0) convert_members(*table, screened, to, depth);
  } else if (const auto* array = from.as_array()) {
    to.kind = Node::Kind::Array;
    for (const toml::node& item : *array) {
      if (depth > 0) to.items.push_back(convert(item, screened, depth - 1));
    }
  } else if (const auto* text = from.as_string()) {
    to.kind = Node::Kind::String;
    to.text = screened.restored(text->get());
  } else if (const auto* integer = from.as_integer()) {
    to.kind = Node::Kind::Integer;
    to.integer = integer->get();
  } else if (const auto* boolean = from.as_boolean()) {
    to.kind = Node::Kind::Boolean;
    to.boolean = boolean->get();
  } else {
    to.kind = from.is_floating_point() ? Node::Kind::Float : Node::Kind::Time;
  }
  return to;
}

}  // namespace

std::variant<Node, Error> parse_document(std::string_view toml) {
  if (const auto other = other_encoding(toml); !other.empty()) {
    return Error{{1, 1}, "the file " + std::string(other)};
  }
  toml.remove_prefix(mark_size(toml));
  auto result = screen(toml);
  if (auto* mistake = std::get_if<Error>(&result)) return std::move(*mistake);
  const Transcoded& screened = *std::get_if<Transcoded>(&result);
  try {
    return convert(toml::parse(screened.text()), screened, kDepth);
  } catch (const toml::parse_error& error) {
    return Error{place(error.source().begin, screened),
                 "not TOML: " + escaped(screened.restored(error.description()))};
  }
}

}  // namespace conf
