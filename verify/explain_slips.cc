// Slips in the third part of a base string: which parameters are signed, and how they are written.

#include "verify/explain_slips.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "verify/pairs.h"
#include "verify/parameters.h"

namespace verify {
namespace {

using Items = std::vector<Item>;

void drop(Items& items, Source source) {
  std::erase_if(items,
                [source](const Item& item) { return item.source == source && !is_own(item); });
}

// The header's realm, decoded if it can be.
std::optional<std::string> realm_of(const RequestView& request) {
  if (!request.authorization) return std::nullopt;
  auto pairs = HeaderPairs::of(*request.authorization);
  if (!pairs) return std::nullopt;
  for (Pair pair; pairs->next(pair) == Step::Pair;) {
    if (!is_realm(pair.name.text)) continue;
    return decoded_value({"", std::string(pair.value.text), Source::Header, false, false});
  }
  return std::nullopt;
}

Item made(std::string_view name, std::string_view value) {
  return {std::string(name), percent_encode(value), Source::Header, false, false};
}

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

void number_repeats(Items& items) {
  std::map<std::string, std::size_t> counts, seen;
  for (const Item& item : items) ++counts[decoded_name(item)];
  for (Item& item : items) {
    const std::string name = decoded_name(item);
    if (counts[name] > 1) item.name += "%5B" + std::to_string(seen[name]++) + "%5D";
  }
}

void add_repeats(Slips& out) {
  constexpr std::string_view kEach = ": sign a repeated parameter as often as it is sent.";
  const auto add = [&](const std::string& name, const std::string& what, auto change) {
    out.add(Aspect::Items, name, what + std::string(kEach),
            [change](Recipe& r) { change(r.items); });
  };
  add("repeats_signed_once", "Equal parameters were signed once", drop_equals);
  add("last_repeat_signed", "Of a repeated parameter, only the last was signed", [](Items& items) {
    thin_out(items, [](std::size_t index, std::size_t count) { return index + 1 < count; });
  });
  add("first_repeat_signed", "Of a repeated parameter, only the first was signed",
      [](Items& items) {
        thin_out(items, [](std::size_t index, std::size_t) { return index > 0; });
      });
  add("repeats_numbered", "A repeated parameter was signed as name[0], name[1] and so on",
      number_repeats);
}

void add_writings(Slips& out) {
  struct Row {
    const char* name;
    Writing spelling;
    const char* sentence;
  };
  constexpr Row rows[] = {
      {"not_decoded", Writing::ReceivedEncoded,
       " were encoded once more as they stand in the URL or form: decode them first, then encode "
       "each once."},
      {"encoded_twice", Writing::EncodedTwice,
       " were encoded twice before they were joined: encode each once."},
      {"not_encoded", Writing::Decoded,
       " were joined without being encoded: encode each, join them, and then encode the whole."},
      {"as_received", Writing::Received,
       " were joined as they stand in the URL or form: decode each and encode it anew, since there "
       "is one spelling that is signed."},
  };
  for (const Row& row : rows) {
    const Writing spelling = row.spelling;
    const std::string kind = row.name, sentence = row.sentence;
    out.add(Aspect::Names, "names_" + kind, "Names of parameters" + sentence,
            [spelling](Recipe& r) { r.names = spelling; });
    out.add(Aspect::Values, "values_" + kind, "Values of parameters" + sentence,
            [spelling](Recipe& r) { r.values = spelling; });
    out.add(Aspect::Values, "parameters_" + kind, "Names and values of parameters" + sentence,
            [spelling](Recipe& r) { r.names = r.values = spelling; });
    out.add(Aspect::Values, "header_" + kind, "Values of the Authorization field" + sentence,
            [spelling](Recipe& r) { r.header_values = spelling; });
  }
}

void add_orders(Slips& out) {
  struct Row {
    const char* name;
    Order order;
    const char* sentence;
  };
  constexpr Row rows[] = {
      {"sorted_before_encoding", Order::Decoded, "before they were encoded"},
      {"sorted_as_joined", Order::Joined, "as whole texts of the form name=value"},
      {"sorted_by_name_alone", Order::Names, "by name alone, and not by value too"},
      {"sorted_in_any_case", Order::IgnoringCase, "without regard to upper and lower case"},
      {"not_sorted", Order::Received, "not at all"},
  };
  for (const Row& row : rows) {
    const Order order = row.order;
    out.add(Aspect::Order, row.name,
            std::string("The parameters were sorted ") + row.sentence +
                ": encode them, and then sort by the bytes of name and value.",
            [order](Recipe& r) { r.order = order; });
  }
}

struct CodecRow {
  const char* name;
  Codec codec;
  const char* sentence;
};
constexpr CodecRow kCodecs[] = {
    {"lower_case_escapes", {.lower_case = true}, "Escapes were written in lower case (%2f)"},
    {"left_script",
     {.left = "!*'()"},
     "The bytes ! * ' ( ) were left as they are, as JavaScript's encodeURIComponent does"},
    {"space_as_plus", {.plus_for_space = true}, "A space was written as '+'"},
    {"form_encoding",
     {.escaped = "~", .plus_for_space = true},
     "A space was written as '+' and '~' was escaped, as PHP's urlencode does"},
    {"java_encoding",
     {.left = "*", .escaped = "~", .plus_for_space = true},
     "A space was written as '+', '*' was left and '~' escaped, as Java's URLEncoder does"},
    {"dot_net_encoding",
     {.left = "!*()", .escaped = "~", .plus_for_space = true, .lower_case = true},
     "Bytes were escaped as .NET's HttpUtility.UrlEncode does, in lower case and a space as '+'"},
    {"tilde_escaped", {.escaped = "~"}, "The byte ~ was escaped"},
    {"slash_left", {.left = "/"}, "The byte / was left as it is, as Python's quote does"},
};
constexpr CodecRow kUrlCodec = {
    "url_encoding",
    {.left = ";,/?:@&=+$!*'()#"},
    "Reserved bytes were left as they are, as JavaScript's encodeURI does"};

void add_codec(const CodecRow& row, Slips& out) {
  const Codec codec = row.codec;
  const std::string sentence =
      std::string(row.sentence) +
      ": escape every byte but letters, digits and - . _ ~, as %XX in upper case.";
  out.add(Aspect::Codec, row.name, sentence, [codec](Recipe& r) { r.inner = r.outer = codec; });
  out.add(Aspect::Codec, std::string(row.name) + "_in_parameters", sentence,
          [codec](Recipe& r) { r.inner = codec; });
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 64;
  const bool clipped = text.size() > kMost;
  return '"' + std::string(text.substr(0, kMost)) + (clipped ? "...\"" : "\"");
}

bool is_own(const Item& item) { return decoded_name(item).starts_with("oauth_"); }

void add_quirk_slips(QuirkSet quirks, Slips& out) {
  struct Row {
    Quirk quirk;
    const char* sentence;
  };
  constexpr Row rows[] = {
      {Quirk::RawBodyHash, "The value of oauth_body_hash was not encoded by itself"},
      {Quirk::QueryInForm, "What the form repeats of the query was signed once, as Canvas does"},
      {Quirk::CrlfFields,
       "Line ends in form values were signed as LF, and a browser sent them as CRLF"},
  };
  for (const Row& row : rows) {
    const Quirk quirk = row.quirk;
    if (quirks.has(quirk)) continue;
    out.add(Aspect::Items, std::string(name(quirk)),
            std::string(row.sentence) + ": set the quirk " + std::string(name(quirk)) +
                " for this client or route, or sign as RFC 5849 says.",
            [quirk](Recipe& r) { bend(r.items, quirk); });
  }
}

void add_body_slips(const Evidence& evidence, Slips& out) {
  out.add(Aspect::Items, "query_left_out",
          "The query was not signed: its pairs belong among the parameters.",
          [](Recipe& r) { drop(r.items, Source::Query); });
  if (evidence.request.form) {
    out.add(Aspect::Items, "form_left_out",
            "The form body was not signed: its pairs belong among the parameters, since its "
            "Content-Type is application/x-www-form-urlencoded.",
            [](Recipe& r) { drop(r.items, Source::Form); });
    return;
  }
  if (evidence.body.empty()) return;
  const std::string sentence =
      "The body was signed, and is no form by its Content-Type: leave it out, or send a form as "
      "application/x-www-form-urlencoded.";
  const Items items = form_items(evidence.body, Source::Form);
  out.add(Aspect::Items, "body_signed", sentence,
          [items](Recipe& r) { r.items.insert(r.items.end(), items.begin(), items.end()); });
  Items members;
  for (const auto& [name, value] : evidence.members)
    members.push_back(made(percent_encode(name), value));
  out.add(Aspect::Items, "json_signed",
          "The members of the JSON body were signed as parameters: leave the body out, only forms "
          "are signed.",
          [members](Recipe& r) { r.items.insert(r.items.end(), members.begin(), members.end()); });
}

void add_item_slips(const Evidence& evidence, const Recipe& right, Slips& out) {
  if (const auto realm = realm_of(evidence.request)) {
    const Item item = made("realm", *realm);
    out.add(Aspect::Items, "realm_signed",
            "The realm of the Authorization field was signed: leave it out of the base string.",
            [item](Recipe& r) { r.items.push_back(item); });
  }
  const auto is_token = [](const Item& item) { return decoded_name(item) == name(Field::Token); };
  const auto token = std::find_if(right.items.begin(), right.items.end(), is_token);
  if (token == right.items.end()) {
    out.add(Aspect::Items, "empty_token_signed",
            "An empty oauth_token was signed and is not sent: send it too, or leave it out of the "
            "base string.",
            [](Recipe& r) { r.items.push_back(made("oauth_token", "")); });
  } else if (token->value.empty()) {
    out.add(Aspect::Items, "empty_token_left_out",
            "An empty oauth_token is sent and was not signed: sign it as \"oauth_token=\", or "
            "leave it out of the request.",
            [is_token](Recipe& r) { std::erase_if(r.items, is_token); });
  }
  out.add(Aspect::Items, "version_signed",
          "oauth_version=1.0 was signed and is not sent: send it too.", [](Recipe& r) {
            const bool sent = std::any_of(r.items.begin(), r.items.end(), [](const Item& item) {
              return decoded_name(item) == name(Field::Version);
            });
            if (!sent) r.items.push_back(made("oauth_version", "1.0"));
          });
  out.add(Aspect::Items, "signature_signed",
          "An empty oauth_signature was signed: leave it out of the base string.",
          [](Recipe& r) { r.items.push_back(made("oauth_signature", "")); });
  add_repeats(out);
  out.add(Aspect::Items, "empty_values_left_out",
          "Parameters without a value were not signed: sign them as \"name=\".", [](Recipe& r) {
            std::erase_if(r.items, [](const Item& item) { return item.value.empty(); });
          });
  out.add(Aspect::Items, "bare_names",
          "A parameter without a value was signed without its '=': sign it as \"name=\".",
          [](Recipe& r) { r.bare_names = true; });
}

void add_left_out_slips(const Recipe& right, Slips& out) {
  std::set<std::string> names;
  for (const Item& item : right.items) {
    if (names.size() == kMaxLeftOut) return;
    const std::string name = decoded_name(item);
    if (!names.insert(name).second) continue;
    out.add(Aspect::OneItem, "parameter_left_out",
            "The parameter " + shown(name) + " was not signed: sign all that is sent.",
            [name](Recipe& r) {
              std::erase_if(r.items, [&](const Item& i) { return decoded_name(i) == name; });
            });
  }
}

void add_encoding_slips(Slips& out) {
  out.add(Aspect::Plus, "plus_as_itself",
          "A '+' in the query or form was signed as a '+': it stands for a space; send %2B for a "
          "plus sign.",
          [](Recipe& r) { r.plus = Plus::Literal; });
  add_orders(out);
  for (const CodecRow& row : kCodecs) add_codec(row, out);
  add_writings(out);
  add_codec(kUrlCodec, out);
  out.add(Aspect::Whole, "parameters_not_encoded_as_a_whole",
          "The joined parameters stand in the base string as they are: encode them as a whole.",
          [](Recipe& r) { r.parameters_encoded = false; });
}

std::vector<Slip> slips_of(const Evidence& evidence, const Recipe& right, QuirkSet quirks) {
  Slips out;
  add_url_slips(evidence, right, out);
  add_quirk_slips(quirks, out);
  add_body_slips(evidence, out);
  add_item_slips(evidence, right, out);
  add_encoding_slips(out);
  add_path_slips(evidence, right, out);
  add_method_slips(evidence, right, out);
  add_left_out_slips(right, out);
  return std::move(out).take();
}

}  // namespace verify
