// Slips in the third part of a base string: which of its sources are signed, and the list of all.

#include "verify/explain_slips.h"

#include <algorithm>
#include <optional>

#include "verify/crypto.h"
#include "verify/judge.h"
#include "verify/pairs.h"
#include "verify/parameters.h"

namespace verify {
namespace {

using Items = std::vector<Item>;

void drop(Items& items, Source source) {
  std::erase_if(items,
                [source](const Item& item) { return item.source == source && !is_own(item); });
}

void add_members(const Evidence::Members& members, const char* name, const std::string& sentence,
                 Slips& out) {
  Items items;
  for (const auto& [member, value] : members) items.push_back(made(member, value));
  out.add(Aspect::Items, name, sentence,
          [items](Recipe& r) { r.items.insert(r.items.end(), items.begin(), items.end()); });
}

void add_fragment_slips(const Evidence& evidence, Slips& out) {
  if (evidence.fragment.empty()) return;
  const std::string fragment = '#' + std::string(evidence.fragment);
  const std::string sentence = "The URL was signed with its fragment, " + shown(fragment) +
                               ", which is never sent: sign the URL up to the '#'.";
  out.add(Aspect::Path, "fragment_signed", sentence, [fragment](Recipe& r) { r.path += fragment; });
  out.add(Aspect::Items, "fragment_signed", sentence, [fragment](Recipe& r) {
    const auto last = std::find_if(r.items.rbegin(), r.items.rend(),
                                   [](const Item& item) { return item.source == Source::Query; });
    if (last != r.items.rend()) last->value += percent_encode(fragment);
  });
}

}  // namespace

Part part_of(Aspect aspect) {
  if (aspect == Aspect::Method) return Part::Method;
  if (aspect == Aspect::Whole) return Part::Whole;
  return aspect < Aspect::Whole ? Part::Url : Part::Parameters;
}

// Escaped here, so that whoever tells it need not know what is a stranger's.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 64;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out + (text.size() > kMost ? "...\"" : "\"");
}

bool is_own(const Item& item) { return decoded_name(item).starts_with("oauth_"); }

Item made(std::string_view name, std::string_view value) {
  return {.name = percent_encode(name), .value = percent_encode(value)};
}

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
  constexpr auto kJson =
      "The members of the JSON body were signed as parameters: leave the body out, only forms are "
      "signed.";
  const std::string sentence =
      "The body was signed, and is no form by its Content-Type: leave it out, or send a form as "
      "application/x-www-form-urlencoded.";
  Items items = form_items(evidence.body, Source::Form);
  out.add(Aspect::Items, "body_signed", sentence,
          [items](Recipe& r) { r.items.insert(r.items.end(), items.begin(), items.end()); });
  add_members(evidence.members, "json_signed", kJson, out);
  for (const auto& members : evidence.more_members) add_members(members, "json_signed", kJson, out);
  add_members(evidence.parts, "multipart_signed",
              "The fields of the multipart body were signed as parameters: leave the body out, "
              "only forms of the type application/x-www-form-urlencoded are signed.",
              out);
}

std::vector<Slip> slips_of(const Evidence& evidence, const Recipe& right, QuirkSet quirks) {
  Slips out;
  add_url_slips(evidence, right, out);
  add_quirk_slips(quirks, out);
  add_body_slips(evidence, out);
  add_repeat_slips(right, out);
  add_query_slips(evidence, out);
  add_item_slips(evidence, right, out);
  add_encoding_slips(right, out);
  add_text_slips(out);
  add_path_slips(evidence, right, out);
  add_fragment_slips(evidence, out);
  add_method_slips(evidence, right, out);
  add_whole_slips(out);
  add_left_out_slips(right, out);
  return std::move(out).take();
}

}  // namespace verify
