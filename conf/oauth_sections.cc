#include <algorithm>
#include <iterator>

#include "conf/quoting.h"
#include "conf/sections.h"
#include "conf/values.h"

namespace conf {
namespace {

constexpr std::string_view kRealm =
    "a realm: printable ASCII without spaces, '\"' and '\\', or a table { name, description }";
constexpr std::string_view kPath = "a path such as \"/oauth/authorize\", without query";
constexpr std::size_t kLongestDescription = 1024;  // bytes
constexpr std::uint32_t kShortestKey = 16;
constexpr std::uint32_t kLongestKey = 255;
constexpr Milliseconds kSecond{1000};
constexpr Milliseconds kWidestWindow{30LL * 86'400'000};

bool is_token_method(std::string_view text) { return text == "POST" || text == "GET"; }

// A path of the gate's own, or somewhere else.
bool is_path_or_url(std::string_view text) { return is_plain_path(text) || parse_url(text); }

bool is_description(std::string_view text) {
  return is_text(text) && text.size() <= kLongestDescription;
}

void read_realm(Reader& in, const Node& item, std::vector<Realm>& out) {
  Realm realm;
  if (item.kind == Node::Kind::Table) {
    Reader table(item, in.name("realms"), in.mistakes());
    table.require("name");
    table.parsed("name", realm.name, only(is_scope_token),
                 "printable ASCII without spaces, '\"' and '\\'");
    table.parsed("description", realm.description, only(is_description),
                 "a sentence of at most 1024 bytes, on one line");
    table.finish();
  } else if (item.kind == Node::Kind::String && is_scope_token(item.text)) {
    realm.name = item.text;
  } else {
    in.wrong_item("realms", item, kRealm);
  }
  if (realm.name.empty()) return;
  const bool twice =
      std::any_of(out.begin(), out.end(), [&](const Realm& one) { return one.name == realm.name; });
  if (twice) {
    in.mistakes().add(item.where, in.name("realms") + " has " + quoted(realm.name) + " twice");
  } else {
    out.push_back(std::move(realm));
  }
}

void read_realms(Reader& in, std::vector<Realm>& out) {
  const Node* list = in.take("realms", Node::Kind::Array, "a list");
  if (!list) return;
  for (const Node& item : list->items) read_realm(in, item, out);
}

void read_key_length(Reader& in, OAuth& out) {
  constexpr std::string_view kExpected =
      "the least and the greatest length, from 16 to 255, as in [20, 30]";
  const Node* list = in.take("key_length", Node::Kind::Array, kExpected);
  if (!list) return;
  std::vector<std::uint32_t> lengths;
  for (const Node& item : list->items) {
    if (item.kind == Node::Kind::Integer && item.integer >= kShortestKey &&
        item.integer <= kLongestKey) {
      lengths.push_back(static_cast<std::uint32_t>(item.integer));
    } else {
      in.wrong_item("key_length", item, "an integer from 16 to 255");
    }
  }
  if (lengths.size() != list->items.size()) return;
  if (lengths.size() != 2 || lengths[0] > lengths[1]) {
    in.mistakes().add(list->where, in.name("key_length") + " must be " + std::string(kExpected));
    return;
  }
  out.key_length_min = lengths[0];
  out.key_length_max = lengths[1];
}

void read_window(Reader& in, OAuth& out) {
  const auto at_least = [](Milliseconds least) {
    return [least](std::string_view text) {
      const auto duration = parse_duration(text);
      return duration && *duration >= least && *duration <= kWidestWindow ? duration : std::nullopt;
    };
  };
  in.parsed("past", out.window_past, at_least(kSecond), "a duration from \"1s\" to \"30d\"");
  in.parsed("future", out.window_future, at_least(Milliseconds{0}),
            "a duration from \"0s\" to \"30d\"");
}

void read_lifetimes(Reader& in, OAuth& out) {
  const auto positive = [](std::string_view text) {
    const auto duration = parse_duration(text);
    return duration && duration->count() > 0 ? duration : std::nullopt;
  };
  using Lifetime = std::optional<Milliseconds>;
  const auto or_never = [&](std::string_view text) -> std::optional<Lifetime> {
    if (text == "never") return std::optional<Lifetime>(std::in_place);
    const auto duration = positive(text);
    if (!duration) return std::nullopt;
    return std::optional<Lifetime>(std::in_place, duration);
  };
  in.parsed("request_token_lifetime", out.request_token_lifetime, positive,
            "a duration above zero such as \"10m\"");
  in.parsed("access_token_lifetime", out.access_token_lifetime, or_never,
            "a duration above zero such as \"30d\", or \"never\"");
  in.parsed("renewal_lifetime", out.renewal_lifetime, or_never,
            "a duration above zero such as \"30d\", or \"never\"");
}

void read_paths(Reader& in, OAuth& out) {
  in.parsed("error_uri", out.error_uri, only(is_path_or_url),
            "a path such as \"/oauth/errors\", without query, or an http or https URL");
  in.parsed("request_token_path", out.request_token_path, only(is_plain_path), kPath);
  in.parsed("authorize_path", out.authorize_path, only(is_plain_path), kPath);
  in.parsed("access_token_path", out.access_token_path, only(is_plain_path), kPath);
}

// More fields of the reply to a token request.
void read_extra(Reader& in, std::string_view key, std::map<std::string, std::string>& out) {
  const Node* table = in.take(key, Node::Kind::Table, "a table of strings");
  if (!table) return;
  for (const Member& member : table->members) {
    const std::string name = in.name(key) + "." + escaped(member.key.substr(0, 80));
    if (member.key.empty()) {
      in.mistakes().add(member.where, in.name(key) + " has a field without name");
    } else if (member.key.starts_with("oauth_")) {
      in.mistakes().add(member.where, name + " must not begin with \"oauth_\"");
    } else if (member.value.kind != Node::Kind::String) {
      in.mistakes().add(member.value.where,
                        name + " must be a string, not " + describe(member.value));
    } else {
      out[member.key] = member.value.text;
    }
  }
}

void read_status(Reader& in, std::uint32_t& out) {
  const Node* node = in.take("realm_failure_status", Node::Kind::Integer, "401 or 403");
  if (!node) return;
  if (node->integer == 401 || node->integer == 403) {
    out = static_cast<std::uint32_t>(node->integer);
  } else {
    in.wrong("realm_failure_status", "401 or 403");
  }
}

void read_methods(Reader& in, OAuth& out) {
  in.parsed_list("signature_methods", out.signature_methods, only(is_signature_method),
                 kSignatureMethod);
  in.not_empty("signature_methods");
  in.parsed_list("token_methods", out.token_methods, only(is_token_method), "\"POST\" or \"GET\"");
  in.not_empty("token_methods");
}

}  // namespace

bool read_oauth(Reader& root, Settings& settings) {
  OAuth& out = settings.oauth;
  bool realms_are_known = true;
  section(root, "oauth", [&](Reader& in) {
    const std::size_t before = in.mistakes().size();
    read_realms(in, out.realms);
    realms_are_known = in.mistakes().size() == before;
    in.flag("enforce_tls", out.enforce_tls);
    read_methods(in, out);
    in.number<std::uint32_t>("rsa_min_bits", out.rsa_min_bits, 1024, 16384);
    in.parsed("realm_name", out.realm_name, only(is_realm_name),
              "printable ASCII without '\"' and '\\'");
    read_key_length(in, out);
    section(in, "timestamp_window", [&](Reader& window) { read_window(window, out); });
    read_lifetimes(in, out);
    read_paths(in, out);
    in.choice<RefusalTo>("refusal_to", out.refusal_to,
                         {{"callback", RefusalTo::Callback}, {"error_uri", RefusalTo::ErrorUri}});
    read_status(in, out.realm_failure_status);
    read_extra(in, "request_token_extra", out.request_token_extra);
    read_extra(in, "access_token_extra", out.access_token_extra);
    in.flag("reply_realms", out.reply_realms);
    in.flag("split_parameters", out.split_parameters);
    in.flag("default_callback", out.default_callback);
    in.flag("verbose_errors", out.verbose_errors);
  });
  return realms_are_known;
}

}  // namespace conf
