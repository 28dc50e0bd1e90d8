#include "gateway/cli/record_json.h"

#include <array>
#include <utility>

#include "gateway/cli/time_text.h"

namespace gateway::cli {
namespace {

constexpr std::array<std::pair<store::CallbackMatch, std::string_view>, 4> kMatches = {{
    {store::CallbackMatch::Exact, "exact"},
    {store::CallbackMatch::IgnoreQuery, "ignore_query"},
    {store::CallbackMatch::Prefix, "prefix"},
    {store::CallbackMatch::Any, "any"},
}};

json::array strings(const std::vector<std::string>& words) {
  return json::array(words.begin(), words.end());
}

json::value time_or_null(const std::optional<std::int64_t>& time) {
  return time ? json::value(log::format_time(*time)) : json::value(nullptr);
}

// A lone secret without an end is "secret"; what is being rotated is "secrets".
void add_secrets(json::object& out, const store::Client& client, Secrets secrets) {
  const auto& all = client.secrets;
  if (secrets == Secrets::Shown && all.empty()) {
    out["secret"] = nullptr;
  } else if (secrets == Secrets::Shown && all.size() == 1 && !all[0].expires) {
    out["secret"] = all[0].secret.reveal();
  } else {
    json::array list;
    for (const store::ClientSecret& one : all) {
      json::object item;
      if (secrets == Secrets::Shown) item["secret"] = one.secret.reveal();
      item["expires"] = time_or_null(one.expires);
      list.push_back(std::move(item));
    }
    out["secrets"] = std::move(list);
  }
}

// A key without an end is its PEM text alone.
json::array public_keys(const store::Client& client) {
  json::array out;
  for (const store::ClientKey& one : client.rsa_public_keys) {
    if (!one.expires) {
      out.push_back(json::value(one.pem));
    } else {
      out.push_back(json::object({{"key", one.pem}, {"expires", log::format_time(*one.expires)}}));
    }
  }
  return out;
}

}  // namespace

std::string_view name(store::CallbackMatch match) {
  for (const auto& [value, word] : kMatches) {
    if (value == match) return word;
  }
  return "exact";
}

std::optional<store::CallbackMatch> callback_match_from_name(std::string_view name) {
  for (const auto& [value, word] : kMatches) {
    if (word == name) return value;
  }
  return std::nullopt;
}

json::object to_json(const store::Client& client, Secrets secrets) {
  json::object out;
  out["type"] = "client";
  out["key"] = client.key;
  add_secrets(out, client, secrets);
  out["name"] = client.name;
  out["description"] = client.description;
  out["redirect_uris"] = strings(client.redirect_uris);
  out["callback_match"] = name(client.callback_match);
  out["allow_oob"] = client.allow_oob;
  out["realms"] = strings(client.realms);
  out["default_realms"] = strings(client.default_realms);
  out["rsa_public_keys"] = public_keys(client);
  out["signature_methods"] = strings(client.signature_methods);
  json::object extra;
  for (const auto& [key, value] : client.extra) extra[key] = value;
  out["extra"] = std::move(extra);
  if (client.reply_realms) {
    out["reply_realms"] = *client.reply_realms;
  } else {
    out["reply_realms"] = nullptr;
  }
  out["quirks"] = strings(client.quirks);
  out["header_realm"] = client.header_realm;
  out["renewable"] = client.renewable;
  out["same_token"] = client.same_token;
  out["enabled"] = client.enabled;
  return out;
}

json::object to_json(const store::User& user, Secrets secrets) {
  json::object out;
  out["type"] = "user";
  out["name"] = user.name;
  if (secrets == Secrets::Hidden) {
    out["has_password"] = !user.password_hash.empty();
  } else if (user.password_hash.empty()) {
    out["password_hash"] = nullptr;
  } else {
    out["password_hash"] = user.password_hash;
  }
  out["enabled"] = user.enabled;
  return out;
}

json::object to_json(const store::Token& token, Secrets secrets) {
  json::object out;
  out["type"] = "token";
  out["client"] = token.client;
  out["user"] = token.user;
  out["token"] = token.token;
  if (secrets == Secrets::Hidden) {
    out["id"] = store::token_id(token.token);
  } else {
    out["secret"] = token.secret.reveal();
  }
  out["realms"] = strings(token.realms);
  out["expires"] = time_or_null(token.expires);
  out["revoked"] = token.revoked;
  out["created"] = time_or_null(token.created);
  if (secrets == Secrets::Hidden) {
    out["has_session_handle"] = token.session_handle.has_value();
  } else if (token.session_handle) {
    out["session_handle"] = token.session_handle->reveal();
  } else {
    out["session_handle"] = nullptr;
  }
  out["authorization_expires"] = time_or_null(token.authorization_expires);
  return out;
}

}  // namespace gateway::cli
