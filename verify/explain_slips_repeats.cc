// Slips in what becomes of parameters that are repeated, or sent twice, and in how a query is taken
// apart.

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "verify/explain_slips.h"

namespace verify {
namespace {

using Items = std::vector<Item>;
using Name = std::string;

// Of the parameters of one name, in the order received: whether the one at `index` of `count` goes.
void thin_out(Items& items, const std::function<bool(std::size_t index, std::size_t count)>& goes) {
  std::map<std::string, std::size_t> counts, seen;
  for (const Item& item : items) ++counts[decoded_name(item)];
  std::erase_if(items, [&](const Item& item) {
    const std::string name = decoded_name(item);
    return goes(seen[name]++, counts[name]);
  });
}

void drop_equals(Items& items) {
  std::set<std::pair<std::string, std::string>> seen;
  std::erase_if(items, [&](const Item& item) {
    return !seen.insert({decoded_name(item), decoded_value(item)}).second;
  });
}

// Of parameters that are equal, those of `source` that stand in `other` too go.
void drop_copies(Items& items, Source source, Source other) {
  std::set<std::pair<std::string, std::string>> there;
  for (const Item& item : items) {
    if (item.source == other) there.insert({decoded_name(item), decoded_value(item)});
  }
  std::erase_if(items, [&](const Item& item) {
    return item.source == source && !is_own(item) &&
           there.contains({decoded_name(item), decoded_value(item)});
  });
}

// Whether every parameter of the query stands there an even number of times.
bool is_twice(const Items& items) {
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  for (const Item& item : items) {
    if (item.source == Source::Query && !is_own(item)) {
      ++counts[{decoded_name(item), decoded_value(item)}];
    }
  }
  return !counts.empty() && std::all_of(counts.begin(), counts.end(),
                                        [](const auto& one) { return one.second % 2 == 0; });
}

// How languages write a list as one text.
struct ListText {
  const char *begin, *quote, *between, *end, *sentence;
};
constexpr ListText kLists[] = {
    {"", "", ",", "", "joined by a comma"},
    {"", "", ", ", "", "joined by a comma and a space"},
    {"", "", ";", "", "joined by a semicolon"},
    {"", "", " ", "", "joined by a space"},
    {"", "", "|", "", "joined by a bar"},
    {"", "", "", "", "joined with nothing between them"},
    {"[", "", ", ", "]", "as one text in brackets, as Java writes a list"},
    {"[", "'", ", ", "]", "as one text in brackets, as Python writes a list"},
    {"[", "\"", ", ", "]", "as one text in brackets, as Ruby writes a list"},
    {"[", "\"", ",", "]", "as one text in brackets, as JSON has a list"},
};

// One parameter in place of those of one name. `encoded`: each value before they are joined.
void join_repeats(Items& items, const ListText& list, bool encoded) {
  std::map<Name, std::vector<std::string>> values;
  for (const Item& item : items) values[decoded_name(item)].push_back(decoded_value(item));
  thin_out(items, [](std::size_t index, std::size_t) { return index > 0; });
  for (Item& item : items) {
    const auto& all = values[decoded_name(item)];
    if (all.size() < 2) continue;
    std::string text = list.begin;
    for (const std::string& value : all) {
      if (&value != &all.front()) text += list.between;
      text += list.quote + (encoded ? percent_encode(value) : value) + list.quote;
    }
    item.value = percent_encode(text + list.end);
    item.raw = encoded;
  }
}

// "a[0]" and "a[]" as "a".
std::string without_brackets(const std::string& name) {
  const std::size_t open = name.rfind('[');
  if (!name.ends_with(']') || open == name.npos || open == 0) return name;
  const std::string_view inside = std::string_view(name).substr(open + 1, name.size() - open - 2);
  const bool number =
      std::all_of(inside.begin(), inside.end(), [](char c) { return c >= '0' && c <= '9'; });
  return number ? name.substr(0, open) : name;
}

void rename(Items& items, const std::function<Name(const Name&, std::size_t, std::size_t)>& to) {
  std::map<Name, std::size_t> counts, seen;
  for (const Item& item : items) ++counts[decoded_name(item)];
  for (Item& item : items) {
    const Name name = decoded_name(item);
    const Name other = to(name, seen[name]++, counts[name]);
    if (other != name) item.name = percent_encode(other);
  }
}

void add_brackets(Slips& out) {
  constexpr auto kEach = ": sign the name that is sent, as often as it is sent.";
  using To = std::function<Name(const Name&, std::size_t, std::size_t)>;
  struct Row {
    const char *name, *what;
    To to;
  };
  const Row rows[] = {
      {"repeats_numbered", "A repeated parameter was signed as name[0], name[1] and so on",
       [](const Name& name, std::size_t index, std::size_t count) {
         return count > 1 ? name + '[' + std::to_string(index) + ']' : name;
       }},
      {"repeats_numbered", "A repeated parameter was signed as name[1], name[2] and so on",
       [](const Name& name, std::size_t index, std::size_t count) {
         return count > 1 ? name + '[' + std::to_string(index + 1) + ']' : name;
       }},
      {"repeats_numbered", "A repeated parameter was signed as name0, name1 and so on",
       [](const Name& name, std::size_t index, std::size_t count) {
         return count > 1 ? name + std::to_string(index) : name;
       }},
      {"brackets_added", "A repeated parameter was signed as name[]",
       [](const Name& name, std::size_t, std::size_t count) {
         return count > 1 ? name + "[]" : name;
       }},
      {"brackets_numbered", "The parameter name[] was signed as name[0], name[1] and so on",
       [](const Name& name, std::size_t index, std::size_t) {
         return name.ends_with("[]") ? without_brackets(name) + '[' + std::to_string(index) + ']'
                                     : name;
       }},
      {"brackets_left_out", "A parameter was signed without the brackets of its name",
       [](const Name& name, std::size_t, std::size_t) { return without_brackets(name); }},
      {"brackets_emptied", "The parameter name[0] was signed as name[]",
       [](const Name& name, std::size_t, std::size_t) {
         const Name bare = without_brackets(name);
         return bare == name ? name : bare + "[]";
       }},
  };
  for (const Row& row : rows) {
    const To to = row.to;
    out.add(Aspect::Items, row.name, std::string(row.what) + kEach,
            [to](Recipe& r) { rename(r.items, to); });
  }
}

void add_lists(Slips& out) {
  for (const bool encoded : {false, true}) {
    for (const ListText& list : kLists) {
      out.add(Aspect::Items, "repeats_joined",
              std::string("The values of a repeated parameter were signed as one, ") +
                  list.sentence + ": sign each as it is sent.",
              [&list, encoded](Recipe& r) { join_repeats(r.items, list, encoded); });
    }
  }
  out.add(Aspect::Items, "repeats_joined",
          "A repeated parameter was signed with the value \"Array\": sign each as it is sent.",
          [](Recipe& r) {
            std::map<Name, std::size_t> counts;
            for (const Item& item : r.items) ++counts[decoded_name(item)];
            thin_out(r.items, [](std::size_t index, std::size_t) { return index > 0; });
            for (Item& item : r.items) {
              if (counts[decoded_name(item)] > 1) item.value = "Array";
            }
          });
}

// What is sent in two places.
void add_copies(const Recipe& right, Slips& out) {
  const auto add = [&](const char* name, const char* where, const char* once, Source other) {
    out.add(Aspect::Items, name,
            std::string("Parameters stand in the Authorization field and in the ") + where +
                ", and were signed once: send them in the " + once + " alone.",
            [other](Recipe& r) { drop_copies(r.items, Source::Header, other); });
  };
  add("header_repeats_query", "query too", "query", Source::Query);
  add("header_repeats_form", "form too", "form", Source::Form);
  if (is_twice(right.items)) {
    out.add(Aspect::Items, "query_sent_twice",
            "The parameters of the query are sent twice and were signed once: send them once.",
            [](Recipe& r) {
              Items others;
              std::erase_if(r.items, [&](const Item& item) {
                if (item.source == Source::Query && !is_own(item)) return false;
                others.push_back(item);
                return true;
              });
              std::map<std::pair<std::string, std::string>, std::size_t> seen;
              std::erase_if(r.items, [&](const Item& item) {
                return ++seen[{decoded_name(item), decoded_value(item)}] % 2 == 0;
              });
              r.items.insert(r.items.end(), others.begin(), others.end());
            });
  }
}

}  // namespace

void add_repeat_slips(const Recipe& right, Slips& out) {
  constexpr std::string_view kEach = ": sign a repeated parameter as often as it is sent.";
  const auto add = [&](const std::string& name, const std::string& what, auto change) {
    out.add(Aspect::Items, name, what + std::string(kEach),
            [change](Recipe& r) { change(r.items); });
  };
  add_copies(right, out);
  add("repeats_signed_once", "Equal parameters were signed once", drop_equals);
  add("last_repeat_signed", "Of a repeated parameter, only the last was signed", [](Items& items) {
    thin_out(items, [](std::size_t index, std::size_t count) { return index + 1 < count; });
  });
  add("first_repeat_signed", "Of a repeated parameter, only the first was signed",
      [](Items& items) {
        thin_out(items, [](std::size_t index, std::size_t) { return index > 0; });
      });
  add_lists(out);
  add_brackets(out);
  out.add(Aspect::Items, "signed_twice",
          "Parameters of the query were signed twice and are sent once: sign them once.",
          [](Recipe& r) {
            const Items before = r.items;
            for (const Item& item : before) {
              if (item.source == Source::Query && !is_own(item)) r.items.push_back(item);
            }
          });
  out.add(Aspect::Items, "signed_twice",
          "Parameters of the form were signed twice and are sent once: sign them once.",
          [](Recipe& r) {
            const Items before = r.items;
            for (const Item& item : before) {
              if (item.source == Source::Form && !is_own(item)) r.items.push_back(item);
            }
          });
}

}  // namespace verify
