#include "verify/explain_recipe.h"

#include <algorithm>
#include <map>
#include <utility>

#include "verify/explain_order.h"
#include "verify/pairs.h"
#include "verify/parameters.h"

namespace verify {
namespace {

constexpr char kUpperDigits[] = "0123456789ABCDEF";
constexpr char kLowerDigits[] = "0123456789abcdef";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string mapped(std::string_view text, char (*map)(char)) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), map);
  return out;
}

Plus plus_of(const Item& item, Plus elsewhere) {
  return item.source == Source::Header ? Plus::Literal : elsewhere;
}

// As it is when it can't be decoded.
std::string decoded(std::string_view text, Plus plus) {
  std::string out;
  const bool good = plus == Plus::Space ? form_decode(text, out) : percent_decode(text, out);
  return good ? out : std::string(text);
}

std::string spelt(std::string_view text, Plus plus, Writing spelling, const Codec& codec) {
  switch (spelling) {
    case Writing::Encoded:
      return encode(decoded(text, plus), codec);
    case Writing::Received:
      return std::string(text);
    case Writing::ReceivedEncoded:
      return encode(text, codec);
    case Writing::Decoded:
      return decoded(text, plus);
    case Writing::EncodedTwice:
      break;
  }
  return encode(encode(decoded(text, plus), codec), codec);
}

Entry entry_of(const Item& item, const Recipe& recipe) {
  const SourceWriting& way = recipe.of(item.source);
  Entry out;
  out.name = spelt(item.name, way.plus, item.raw_name ? Writing::Decoded : way.names, recipe.inner);
  out.value = spelt(item.value, way.plus, item.raw ? Writing::Decoded : way.values, recipe.inner);
  if (recipe.order == Order::Decoded || recipe.order == Order::OwnFirst ||
      recipe.order == Order::OwnLast || recipe.order == Order::ReceivedLast ||
      recipe.order == Order::ReceivedFirst) {
    out.meant_name = decoded(item.name, way.plus);
    out.meant_value = decoded(item.value, way.plus);
  }
  out.bare = item.bare && recipe.bare_names;
  return out;
}

std::string usual_port(std::string_view scheme) { return scheme == "https" ? ":443" : ":80"; }

// Section 3.4.1.2.
std::string signed_authority(std::string_view authority, std::string_view scheme) {
  std::string out = lower_case(authority);
  const std::string port = usual_port(scheme);
  if (out.ends_with(port)) {
    out.resize(out.size() - port.size());
  } else if (out.ends_with(':')) {
    out.pop_back();
  }
  return out;
}

void add_header(std::string_view field, std::vector<Item>& out) {
  auto pairs = HeaderPairs::of(field);
  if (!pairs) return;
  for (Pair pair; pairs->next(pair) == Step::Pair;) {
    if (is_realm(pair.name.text)) continue;
    out.push_back({.name = std::string(pair.name.text), .value = std::string(pair.value.text)});
  }
}

// Of those that are equal in query and form, the form's go.
void drop_repeats(std::vector<Item>& items) {
  const auto pair_of = [](const Item& item) {
    return std::pair(decoded_name(item), decoded_value(item));
  };
  std::map<std::pair<std::string, std::string>, std::size_t> in_query;
  for (const Item& item : items) {
    if (item.source == Source::Query) ++in_query[pair_of(item)];
  }
  std::erase_if(items, [&](const Item& item) {
    if (item.source != Source::Form) return false;
    const auto found = in_query.find(pair_of(item));
    return found != in_query.end() && found->second > 0 && found->second-- > 0;
  });
}

void use_line_feeds(Item& item) {
  if (item.source != Source::Form) return;
  std::string value = decoded_value(item);
  std::size_t at = value.find("\r\n");
  if (at == value.npos) return;
  for (; at != value.npos; at = value.find("\r\n", at)) value.erase(at, 1);
  item.value = percent_encode(value);
}

}  // namespace

std::string lower_case(std::string_view text) { return mapped(text, lower); }

std::string encode(std::string_view bytes, const Codec& codec) {
  const char* const digits = codec.lower_case ? kLowerDigits : kUpperDigits;
  std::string out;
  out.reserve(bytes.size() * 3 / 2);
  for (const char c : bytes) {
    const bool as_is = is_unreserved(c) ? codec.escaped.find(c) == codec.escaped.npos
                                        : codec.left.find(c) != codec.left.npos;
    if (as_is) {
      out += c;
    } else if (c == ' ' && codec.plus_for_space) {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

std::string decoded_name(const Item& item) {
  return decoded(item.name, plus_of(item, Plus::Space));
}
std::string decoded_value(const Item& item) {
  return decoded(item.value, plus_of(item, Plus::Space));
}

std::vector<Item> form_items(std::string_view text, Source source) {
  std::vector<Item> out;
  FormPairs pairs(text);
  for (Pair pair; pairs.next(pair);) {
    const char* const name_end = pair.name.text.data() + pair.name.text.size();
    const bool bare = name_end == text.data() + text.size() || *name_end != '=';
    out.push_back({.name = std::string(pair.name.text),
                   .value = std::string(pair.value.text),
                   .source = source,
                   .bare = bare});
  }
  return out;
}

void bend(std::vector<Item>& items, Quirk quirk) {
  if (quirk == Quirk::QueryInForm) drop_repeats(items);
  for (Item& item : items) {
    if (quirk == Quirk::CrlfFields) use_line_feeds(item);
    const std::string own = quirk == Quirk::RawBodyHash ? decoded_name(item) : "";
    if (own == name(Field::BodyHash) || own == name(Field::ConsumerKey)) item.raw = true;
  }
}

Recipe right_recipe(const RequestView& request, QuirkSet quirks) {
  Recipe out;
  out.method = mapped(request.method, upper);
  out.scheme = lower_case(request.scheme);
  out.authority = signed_authority(request.authority, out.scheme);
  const std::size_t mark = request.target.find('?');
  out.path = std::string(request.path_prefix) + std::string(request.target.substr(0, mark));
  if (out.path.empty()) out.path = "/";
  if (request.authorization) add_header(*request.authorization, out.items);
  const auto append = [&out](std::string_view text, Source source) {
    for (Item& item : form_items(text, source)) out.items.push_back(std::move(item));
  };
  if (mark != request.target.npos) append(request.target.substr(mark + 1), Source::Query);
  if (request.form) append(*request.form, Source::Form);
  std::erase_if(out.items,
                [](const Item& item) { return decoded_name(item) == name(Field::Signature); });
  for (const Quirk quirk : {Quirk::CrlfFields, Quirk::QueryInForm, Quirk::RawBodyHash}) {
    if (quirks.has(quirk)) bend(out.items, quirk);
  }
  return out;
}

std::string method_part(const Recipe& recipe) { return encode(recipe.method, recipe.outer); }

std::string url_part(const Recipe& recipe) {
  std::string url =
      recipe.url ? *recipe.url : recipe.scheme + "://" + recipe.authority + recipe.path;
  if (recipe.uri_encoded) url = encode(url, recipe.outer);
  return recipe.uri_encoded_twice ? encode(url, recipe.outer) : url;
}

std::string parameter_part(const Recipe& recipe) {
  std::vector<Entry> entries;
  for (const Item& item : recipe.items) entries.push_back(entry_of(item, recipe));
  sort(entries, recipe.order);
  std::string parameters;
  for (const Entry& entry : entries) {
    if (&entry != &entries.front()) parameters += '&';
    parameters += entry.joined();
  }
  if (recipe.parameters_encoded) parameters = encode(parameters, recipe.outer);
  return recipe.parameters_encoded_twice ? encode(parameters, recipe.outer) : parameters;
}

std::string framed(const Recipe& recipe, std::string_view method, std::string_view url,
                   std::string_view parameters) {
  const std::string_view between = recipe.frame == Frame::Joined  ? ""
                                   : recipe.frame == Frame::Lines ? "\n"
                                                                  : "&";
  std::string out;
  out.reserve(method.size() + url.size() + parameters.size() + 3);
  out.append(method).append(between).append(url).append(between).append(parameters);
  if (recipe.frame == Frame::LineEnd) out += '\n';
  return recipe.frame == Frame::Encoded ? encode(out, recipe.outer) : out;
}

std::string base_string(const Recipe& recipe) {
  return framed(recipe, method_part(recipe), url_part(recipe), parameter_part(recipe));
}

}  // namespace verify
