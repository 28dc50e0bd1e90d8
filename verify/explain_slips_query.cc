// Slips in how a query, or a form, is taken apart.

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>

#include "verify/explain_slips.h"

namespace verify {
namespace {

using Items = std::vector<Item>;

std::string_view query_of(const Evidence& evidence) {
  const std::string_view target = evidence.request.target;
  const std::size_t mark = target.find('?');
  return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

bool is_signature(const Item& item) { return decoded_name(item) == "oauth_signature"; }

// The pairs of one source read anew.
void replace(Items& items, Source source, std::string_view text) {
  std::erase_if(items, [source](const Item& item) { return item.source == source; });
  for (Item& item : form_items(text, source)) {
    if (!is_signature(item)) items.push_back(std::move(item));
  }
}

// What stands beside protocol parameters, which a client often adds later.
std::string without_own(std::string_view text, Source source) {
  std::string out;
  for (const Item& item : form_items(text, source)) {
    if (is_own(item)) continue;
    if (!out.empty()) out += '&';
    out += item.name + (item.bare ? "" : "=") + item.value;
  }
  return out;
}

using Map = std::function<std::string(std::string_view)>;

void add_reading_of(Source source, const std::string& text, const char* name,
                    const std::string& sentence, const Map& map, Slips& out) {
  if (text.empty()) return;
  out.add(Aspect::Items, name, sentence,
          [source, again = map(text)](Recipe& r) { replace(r.items, source, again); });
  const std::string others = without_own(text, source);
  if (others.empty() || others.size() == text.size()) return;
  out.add(Aspect::Items, name, sentence, [source, again = map(others)](Recipe& r) {
    std::vector<Item> own;
    std::copy_if(r.items.begin(), r.items.end(), std::back_inserter(own),
                 [source](const Item& item) { return item.source == source && is_own(item); });
    replace(r.items, source, again);
    r.items.insert(r.items.end(), own.begin(), own.end());
  });
}

void add_reading(const Evidence& evidence, const char* name, const std::string& sentence,
                 const Map& map, Slips& out) {
  add_reading_of(Source::Query, std::string(query_of(evidence)), name, sentence, map, out);
  add_reading_of(Source::Form, std::string(evidence.request.form.value_or("")), name, sentence, map,
                 out);
}

std::string with(std::string_view text, char from, std::string_view to) {
  std::string out;
  for (const char c : text) out += c == from ? std::string(to) : std::string(1, c);
  return out;
}

void cut_values(Items& items) {
  for (Item& item : items) {
    if (item.source != Source::Header) item.value = item.value.substr(0, item.value.find('='));
  }
}

// The first parameter of the query.
Item* first_of_query(Items& items) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [](const Item& item) { return item.source == Source::Query; });
  return found == items.end() ? nullptr : &*found;
}

void add_question_marks(const Evidence& evidence, Slips& out) {
  const std::string sentence =
      "The '?' before the query was signed as part of the first parameter's name: it belongs to "
      "neither the URL nor the parameters.";
  if (query_of(evidence).empty()) {
    if (!evidence.request.target.ends_with('?')) return;
    return out.add(Aspect::Items, "question_mark_signed", sentence, [](Recipe& r) {
      r.items.push_back({.name = "?", .bare = true, .raw_name = true});
      r.bare_names = true;
    });
  }
  out.add(Aspect::Items, "question_mark_signed", sentence, [](Recipe& r) {
    if (Item* item = first_of_query(r.items)) item->name.insert(0, "?");
  });
  out.add(Aspect::Items, "question_mark_signed", sentence, [](Recipe& r) {
    Item* item = first_of_query(r.items);
    if (item == nullptr) return;
    item->name = percent_encode('?' + percent_encode(decoded_name(*item)));
    item->raw_name = true;
  });
  out.add(Aspect::Items, "query_cut",
          "The query was signed up to its second '?': it goes to the end of the URL.",
          [text = std::string(query_of(evidence))](Recipe& r) {
            replace(r.items, Source::Query, text.substr(0, text.find('?')));
          });
}

// An empty piece, as of "a=1&&b=2", is no parameter.
void add_empty_pieces(const Evidence& evidence, Slips& out) {
  const std::string_view query = query_of(evidence);
  const bool bare_mark = query.empty() && evidence.request.target.ends_with('?');
  const std::string_view form = evidence.request.form.value_or("");
  std::size_t count = bare_mark ? 1 : 0;
  for (const std::string_view text : {query, form}) {
    if (text.empty()) continue;
    count += (text.front() == '&') + (text.back() == '&');
    for (std::size_t at = text.find("&&"); at != text.npos; at = text.find("&&", at + 1)) ++count;
  }
  if (count == 0 || count > kMaxLeftOut) return;
  for (const bool bare : {false, true}) {
    out.add(Aspect::Items, "empty_parameter_signed",
            "An empty piece of the query or form was signed as a parameter without a name: leave "
            "it out.",
            [count, bare](Recipe& r) {
              for (std::size_t i = 0; i < count; ++i) r.items.push_back({.bare = bare});
              r.bare_names = r.bare_names || bare;
            });
  }
}

}  // namespace

void add_query_slips(const Evidence& evidence, Slips& out) {
  add_question_marks(evidence, out);
  add_empty_pieces(evidence, out);
  out.add(Aspect::Items, "values_cut",
          "A value was signed up to its '=': only the first '=' of a pair divides it.",
          [](Recipe& r) { cut_values(r.items); });
  add_reading(
      evidence, "divided_at_semicolons",
      "The query or form was divided at ';' too: only '&' divides parameters.",
      [](std::string_view text) { return with(text, ';', "&"); }, out);
  add_reading(
      evidence, "divided_at_semicolons",
      "The query or form was divided at ';' too, and pieces without '=' were left out: only '&' "
      "divides parameters, and a piece without '=' is one without a value.",
      [](std::string_view text) {
        std::string again;
        for (const Item& item : form_items(with(text, ';', "&"), Source::Query)) {
          if (!item.bare) again += (again.empty() ? "" : "&") + item.name + '=' + item.value;
        }
        return again;
      },
      out);
  add_reading(
      evidence, "html_ampersands",
      "The query or form was signed with its '&' escaped as \"&amp;\": sign what is sent.",
      [](std::string_view text) { return with(text, '&', "&amp;"); }, out);
  add_reading(
      evidence, "decoded_before_divided",
      "The query or form was decoded before it was divided at '&' and '=': divide it first.",
      [](std::string_view text) {
        Item whole{.name = std::string(text)};
        std::string decoded = decoded_name(whole);
        // What divides stays; all else is as it was, encoded for the next reading.
        std::string again;
        for (const char c : decoded) {
          again += c == '&' || c == '=' || c == '+' ? std::string(1, c)
                                                    : percent_encode(std::string_view(&c, 1));
        }
        return again;
      },
      out);
}

}  // namespace verify
