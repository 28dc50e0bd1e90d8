// Slips in which parameters are signed, one by one.

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "verify/crypto.h"
#include "verify/explain_slips.h"
#include "verify/method.h"
#include "verify/pairs.h"
#include "verify/parameters.h"

namespace verify {
namespace {

using Items = std::vector<Item>;

// The header's realm, decoded if it can be.
std::optional<std::string> realm_of(const RequestView& request) {
  if (!request.authorization) return std::nullopt;
  auto pairs = HeaderPairs::of(*request.authorization);
  if (!pairs) return std::nullopt;
  for (Pair pair; pairs->next(pair) == Step::Pair;) {
    if (!is_realm(pair.name.text)) continue;
    return decoded_value({.value = std::string(pair.value.text)});
  }
  return std::nullopt;
}

bool has_name(const Items& items, std::string_view name) {
  return std::any_of(items.begin(), items.end(),
                     [&](const Item& item) { return decoded_name(item) == name; });
}

// What clients sign and don't send, or send empty.
void add_unsent(const Recipe& right, std::string_view name, std::string_view value,
                const std::string& slip, const std::string& what, Slips& out) {
  if (has_name(right.items, name)) return;
  const Item item = made(name, value);
  out.add(Aspect::Items, slip,
          what +
              " was signed and is not sent: send it too, or leave it out of "
              "the base string.",
          [item](Recipe& r) { r.items.push_back(item); });
}

void add_hash_slips(const Evidence& evidence, const Recipe& right, Slips& out) {
  for (const Hash hash : {Hash::Sha1, Hash::Sha256, Hash::Sha512}) {
    add_unsent(right, name(Field::BodyHash), to_base64(digest(hash, evidence.body).view()),
               "body_hash_signed", "oauth_body_hash", out);
  }
}

// The base string has another value of oauth_signature_method than the request.
void add_method_names(const Recipe& right, Slips& out) {
  const std::string field(name(Field::SignatureMethod));
  std::string sent;
  for (const Item& item : right.items) {
    if (decoded_name(item) == field) sent = decoded_value(item);
  }
  std::vector<std::string> names{lower_case(sent)};
  for (int i = 0; i < kMethodCount; ++i) names.emplace_back(name(static_cast<Method>(i)));
  for (const std::string& other : names) {
    if (other == sent) continue;
    out.add(Aspect::Items, "other_method_name_signed",
            "The base string names the signature method " + shown(other) + ", and the request " +
                shown(sent) + ": let both be the same.",
            [field, other](Recipe& r) {
              for (Item& item : r.items) {
                if (decoded_name(item) == field) item.value = percent_encode(other);
              }
            });
  }
}

void add_realms(const Evidence& evidence, Slips& out) {
  const auto realm = realm_of(evidence.request);
  const Item item = made("realm", realm.value_or(""));
  out.add(Aspect::Items, realm ? "realm_signed" : "empty_realm_signed",
          realm
              ? "The realm of the Authorization field was signed: leave it out of the base string."
              : "An empty realm was signed: leave it out of the base string.",
          [item](Recipe& r) { r.items.push_back(item); });
}

}  // namespace

void add_item_slips(const Evidence& evidence, const Recipe& right, Slips& out) {
  add_realms(evidence, out);
  const auto is_token = [](const Item& item) { return decoded_name(item) == name(Field::Token); };
  const auto token = std::find_if(right.items.begin(), right.items.end(), is_token);
  add_unsent(right, name(Field::Token), "", "empty_token_signed", "An empty oauth_token", out);
  if (token != right.items.end() && token->value.empty()) {
    out.add(Aspect::Items, "empty_token_left_out",
            "An empty oauth_token is sent and was not signed: sign it as \"oauth_token=\", or "
            "leave it out of the request.",
            [is_token](Recipe& r) { std::erase_if(r.items, is_token); });
  }
  add_unsent(right, name(Field::Version), "1.0", "version_signed", "oauth_version=1.0", out);
  add_unsent(right, name(Field::Callback), "oob", "callback_signed", "oauth_callback=oob", out);
  add_unsent(right, name(Field::Callback), "", "callback_signed", "An empty oauth_callback", out);
  add_unsent(right, name(Field::Verifier), "", "verifier_signed", "An empty oauth_verifier", out);
  add_unsent(right, name(Field::BodyHash), "", "body_hash_signed", "An empty oauth_body_hash", out);
  add_hash_slips(evidence, right, out);
  out.add(Aspect::Items, "signature_signed",
          "An empty oauth_signature was signed: leave it out of the base string.",
          [](Recipe& r) { r.items.push_back(made("oauth_signature", "")); });
  out.add(Aspect::Items, "empty_values_left_out",
          "Parameters without a value were not signed: sign them as \"name=\".", [](Recipe& r) {
            std::erase_if(r.items, [](const Item& item) { return item.value.empty(); });
          });
  out.add(Aspect::Items, "bare_names",
          "A parameter without a value was signed without its '=': sign it as \"name=\".",
          [](Recipe& r) { r.bare_names = true; });
  for (const std::string word : {"undefined", "null", "None", "nil"}) {
    out.add(Aspect::Items, "empty_values_named",
            "A parameter without a value was signed with the value \"" + word +
                "\": sign it as \"name=\".",
            [word](Recipe& r) {
              for (Item& item : r.items) {
                if (item.value.empty()) item.value = word;
              }
            });
  }
  out.add(Aspect::Items, "header_parameters_left_out",
          "Parameters of the Authorization field that are not oauth_ ones were not signed: send "
          "them in the query or form alone.",
          [](Recipe& r) {
            std::erase_if(r.items, [](const Item& item) {
              return item.source == Source::Header && !is_own(item);
            });
          });
  add_method_names(right, out);
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

}  // namespace verify
