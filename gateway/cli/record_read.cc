#include <algorithm>
#include <array>

#include "conf/quoting.h"
#include "gateway/cli/error.h"
#include "gateway/cli/fields.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/rules.h"
#include "verify/password.h"
#include "verify/rsa.h"

namespace gateway::cli {
namespace {

using Read = verify::Result<Record, std::string>;
using Presence = JsonFields::Presence;

std::size_t count_fields(const json::value& value) {
  std::size_t count = 0;
  if (value.is_array()) {
    for (const json::value& item : value.get_array()) count += count_fields(item);
  } else if (value.is_object()) {
    for (const auto& member : value.get_object()) count += 1 + count_fields(member.value());
  }
  return count;
}

// Colons outside of strings: in a text that is JSON, one for each field.
std::size_t count_colons(std::string_view text) {
  std::size_t count = 0;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      inside = !inside;
    } else if (inside && text[i] == '\\') {
      ++i;
    } else if (!inside && text[i] == ':') {
      ++count;
    }
  }
  return count;
}

void read_rotation(JsonFields& in, const json::value& list, store::Client& client) {
  if (!list.is_array()) return in.wrong("secrets", "expected a list of objects");
  std::size_t index = 0;
  for (const json::value& item : list.get_array()) {
    const std::string prefix = "secrets[" + std::to_string(index++) + "].";
    if (!item.is_object()) return in.wrong("secrets", "expected a list of objects");
    store::ClientSecret one;
    JsonFields fields(item.get_object(), prefix);
    fields.secret("secret", one.secret);
    fields.time_or_null("expires", one.expires);
    if (auto wrong = fields.finish()) return in.wrong(*std::move(wrong));
    client.secrets.push_back(std::move(one));
  }
}

void read_secrets(JsonFields& in, store::Client& client) {
  const json::value* one = in.take("secret");
  const json::value* many = in.take("secrets");
  if (one && many) return in.wrong("secrets", "stands beside \"secret\": give one of the two");
  if (many) return read_rotation(in, *many, client);
  if (!one || one->is_null()) return;
  if (!one->is_string()) return in.wrong("secret", "expected a string or null");
  client.secrets.push_back({verify::Secret(std::string_view(one->get_string())), std::nullopt});
}

// A list of PEM texts, or of {"key":...,"expires":...} where one ends.
void read_keys(JsonFields& in, int min_bits, store::Client& client) {
  const json::value* list = in.take("rsa_public_keys");
  if (!list) return;
  if (!list->is_array()) return in.wrong("rsa_public_keys", "expected a list of PEM texts");
  for (const json::value& item : list->get_array()) {
    store::ClientKey key;
    if (item.is_string()) {
      key.pem = std::string_view(item.get_string());
    } else if (item.is_object()) {
      JsonFields fields(item.get_object(), "rsa_public_keys[].");
      fields.text("key", key.pem, Presence::Required);
      fields.time_or_null("expires", key.expires);
      if (auto wrong = fields.finish()) return in.wrong(*std::move(wrong));
    } else {
      return in.wrong("rsa_public_keys", "expected PEM texts, or objects with key and expires");
    }
    const auto usable = verify::RsaKey::parse(key.pem, min_bits);
    if (!usable) return in.wrong("rsa_public_keys", usable.error());
    client.rsa_public_keys.push_back(std::move(key));
  }
}

Read read_client(JsonFields& in, int min_rsa_bits) {
  store::Client client;
  in.text("key", client.key, Presence::Required);
  read_secrets(in, client);
  in.text("name", client.name);
  in.text("description", client.description);
  in.texts("redirect_uris", client.redirect_uris);
  std::string match(name(client.callback_match));
  in.text("callback_match", match);
  const auto known = callback_match_from_name(match);
  if (known) {
    client.callback_match = *known;
  } else {
    in.wrong("callback_match",
             "expected exact, ignore_query, prefix or any, not " + conf::quoted(match));
  }
  in.flag("allow_oob", client.allow_oob);
  in.texts("realms", client.realms);
  in.texts("default_realms", client.default_realms);
  read_keys(in, min_rsa_bits, client);
  in.texts("signature_methods", client.signature_methods);
  in.text_map("extra", client.extra);
  in.flag_or_null("reply_realms", client.reply_realms);
  in.texts("quirks", client.quirks);
  in.text("header_realm", client.header_realm);
  in.flag("renewable", client.renewable);
  in.flag("same_token", client.same_token);
  in.flag("enabled", client.enabled);
  if (auto wrong = in.finish()) return Failure(*std::move(wrong));
  if (auto wrong = client_error(client)) return Failure(*std::move(wrong));
  if (auto wrong = name_error(kClientName, client.name)) return Failure(*std::move(wrong));
  if (auto wrong = description_error(client.description)) return Failure(*std::move(wrong));
  return Record(std::move(client));
}

Read read_user(JsonFields& in) {
  store::User user;
  std::optional<std::string> hash, password;
  in.text("name", user.name, Presence::Required);
  in.text_or_null("password_hash", hash);
  in.text_or_null("password", password);
  in.flag("enabled", user.enabled);
  if (hash && password)
    in.wrong("password", "stands beside \"password_hash\": give one of the two");
  if (hash && !verify::is_password_hash(*hash)) {
    in.wrong("password_hash",
             "is no hash that can be checked: $scrypt$..., or Werkzeug's pbkdf2:... or scrypt:...");
  }
  if (password && password->empty()) in.wrong("password", "is empty");
  if (auto wrong = in.finish()) return Failure(*std::move(wrong));
  if (hash) user.password_hash = *std::move(hash);
  if (auto wrong = store::record_error(user)) return Failure(*std::move(wrong));
  if (auto wrong = name_error(kUserName, user.name)) return Failure(*std::move(wrong));
  if (password) user.password_hash = verify::hash_password(*password);
  return Record(std::move(user));
}

Read read_token(JsonFields& in) {
  store::Token token;
  in.text("client", token.client, Presence::Required);
  in.text("user", token.user, Presence::Required);
  in.text("token", token.token, Presence::Required);
  in.secret("secret", token.secret);
  in.texts("realms", token.realms);
  in.time_or_null("expires", token.expires);
  in.flag("revoked", token.revoked);
  in.time_or_null("created", token.created);
  std::optional<std::string> handle;
  in.text_or_null("session_handle", handle);
  if (handle) token.session_handle.emplace(std::string_view(*handle));
  in.time_or_null("authorization_expires", token.authorization_expires);
  if (auto wrong = in.finish()) return Failure(*std::move(wrong));
  if (auto wrong = store::record_error(token)) return Failure(*std::move(wrong));
  return Record(std::move(token));
}

}  // namespace

verify::Result<Record, std::string> read_record(std::string_view line, int min_rsa_bits) {
  std::array<unsigned char, 16u << 10> memory;
  json::monotonic_resource resource(memory.data(), memory.size());
  json::parser parser(&resource);
  json::error_code error;
  const std::size_t read = parser.write(line.data(), line.size(), error);
  if (error) {
    return Failure("not JSON in UTF-8 at byte " + std::to_string(read + 1) + ": " +
                   error.message());
  }
  const json::value value = parser.release();
  if (!value.is_object()) return Failure(std::string("expected an object in {} on each line"));
  if (count_colons(line) != count_fields(value)) {
    return Failure(std::string("a field is given twice"));
  }
  JsonFields in(value.get_object());
  std::string type;
  in.text("type", type, Presence::Required);
  if (!in.ok()) return Failure(*in.finish());
  if (type == "client") return read_client(in, min_rsa_bits);
  if (type == "user") return read_user(in);
  if (type == "token") return read_token(in);
  in.wrong("type", "expected client, user or token, not " + conf::quoted(type));
  return Failure(*in.finish());
}

}  // namespace gateway::cli
