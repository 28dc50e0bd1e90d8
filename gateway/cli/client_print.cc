#include "gateway/cli/client_print.h"

#include <array>
#include <vector>

#include "gateway/cli/record_json.h"
#include "gateway/cli/text.h"
#include "gateway/cli/time_text.h"
#include "verify/crypto.h"
#include "verify/rsa.h"

namespace gateway::cli {
namespace {

std::string yes_no(bool value) { return value ? "yes" : "no"; }

std::string life_text(const std::optional<std::int64_t>& expires) {
  return expires ? "until " + log::format_time(*expires) : "without end";
}

std::string bits_text(std::string_view pem) {
  const auto key = verify::RsaKey::parse(pem);
  return key ? std::to_string(key->bits()) + " bits" : "can't be used: " + key.error();
}

json::value time_or_null(const std::optional<std::int64_t>& time) {
  return time ? json::value(log::format_time(*time)) : json::value(nullptr);
}

void put_count(json::object& out, const store::Count& count) {
  for (auto& [name, value] : to_json(count)) out[name] = value;
}

json::array secrets_json(const store::Client& client, const std::optional<KeyUses>& uses) {
  json::array out;
  for (std::size_t i = 0; i < client.secrets.size(); ++i) {
    json::object one;
    one["expires"] = time_or_null(client.secrets[i].expires);
    if (uses) put_count(one, uses->secrets[i]);
    out.push_back(std::move(one));
  }
  return out;
}

json::array rsa_keys_json(const store::Client& client, const std::optional<KeyUses>& uses) {
  json::array out;
  for (std::size_t i = 0; i < client.rsa_public_keys.size(); ++i) {
    const store::ClientKey& key = client.rsa_public_keys[i];
    const auto parsed = verify::RsaKey::parse(key.pem);
    json::object one;
    one["fingerprint"] = fingerprint(key.pem);
    one["bits"] = parsed ? json::value(parsed->bits()) : json::value(nullptr);
    one["expires"] = time_or_null(key.expires);
    if (uses) put_count(one, uses->rsa_keys[i]);
    out.push_back(std::move(one));
  }
  return out;
}

json::object methods_json(const store::ClientUsage& usage) {
  json::object out;
  for (std::size_t i = 0; i < usage.methods.size(); ++i) {
    if (usage.methods[i].times == 0) continue;
    out[verify::name(static_cast<verify::Method>(i))] = to_json(usage.methods[i]);
  }
  return out;
}

void add_keys(Table& table, const store::Client& client, const std::optional<KeyUses>& uses) {
  const auto matched = [](const store::Count& count) { return ", matched " + times_text(count); };
  for (std::size_t i = 0; i < client.secrets.size(); ++i) {
    table.add({"secret", life_text(client.secrets[i].expires) +
                             (uses ? matched(uses->secrets[i]) : std::string())});
  }
  for (std::size_t i = 0; i < client.rsa_public_keys.size(); ++i) {
    const store::ClientKey& key = client.rsa_public_keys[i];
    table.add({"rsa_public_key", fingerprint(key.pem) + ", " + bits_text(key.pem) + ", " +
                                     life_text(key.expires) +
                                     (uses ? matched(uses->rsa_keys[i]) : std::string())});
  }
}

void add_uses(Table& table, const store::ClientUsage& usage) {
  table.add({"accepted", times_text(usage.all)});
  for (std::size_t i = 0; i < usage.methods.size(); ++i) {
    if (usage.methods[i].times == 0) continue;
    table.add({"signed with", std::string(verify::name(static_cast<verify::Method>(i))) + " " +
                                  times_text(usage.methods[i])});
  }
}

}  // namespace

void print(const json::object& record, std::ostream& out) {
  out << json::serialize(record) << '\n';
}

std::optional<KeyUses> read_uses(const std::string& folder, const store::Client& client,
                                 Console& console) {
  KeyUses out;
  out.secrets.resize(client.secrets.size());
  out.rsa_keys.resize(client.rsa_public_keys.size());
  const auto usage = store::Usage::open(folder);
  if (!usage && usage.error().kind == store::Error::Kind::NotFound) return out;
  auto counts = usage ? (*usage)->client(client.key) : usage.failure();
  if (!counts) {
    note(console, counts.error().sentence);
    return std::nullopt;
  }
  out.client = *std::move(counts);
  const auto count = [&](store::KeyKind kind, std::string_view bytes) {
    return out.client.of((*usage)->key_id(client.key, kind, bytes));
  };
  for (std::size_t i = 0; i < out.secrets.size(); ++i) {
    out.secrets[i] = count(store::KeyKind::Secret, client.secrets[i].secret.reveal());
  }
  for (std::size_t i = 0; i < out.rsa_keys.size(); ++i) {
    out.rsa_keys[i] = count(store::KeyKind::RsaKey, client.rsa_public_keys[i].pem);
  }
  return out;
}

void forget_uses(const std::string& folder, const std::string& client, Console& console) {
  const auto usage = store::Usage::open(folder);
  if (!usage && usage.error().kind == store::Error::Kind::NotFound) return;
  const auto done = usage ? (*usage)->forget(client) : usage.failure();
  if (!done) note(console, done.error().sentence);
}

void print_client(const store::Client& client, const std::optional<KeyUses>& uses,
                  std::ostream& out) {
  Table table({});
  table.add({"key", printable(client.key)});
  table.add({"name", printable(client.name)});
  table.add({"description", printable(client.description)});
  add_keys(table, client, uses);
  if (uses) add_uses(table, uses->client);
  table.add({"redirect_uris", joined(client.redirect_uris)});
  table.add({"callback_match", std::string(name(client.callback_match))});
  table.add({"allow_oob", yes_no(client.allow_oob)});
  table.add({"realms", joined(client.realms)});
  table.add({"default_realms", joined(client.default_realms)});
  table.add({"signature_methods", joined(client.signature_methods, "all that are allowed")});
  for (const auto& [key, value] : client.extra) {
    table.add({"extra", printable(key) + "=" + printable(value)});
  }
  table.add({"reply_realms", client.reply_realms ? yes_no(*client.reply_realms) : "default"});
  table.add({"quirks", joined(client.quirks)});
  table.add({"header_realm", client.header_realm.empty() ? "-" : printable(client.header_realm)});
  table.add({"renewable", yes_no(client.renewable)});
  table.add({"same_token", yes_no(client.same_token)});
  table.add({"enabled", yes_no(client.enabled)});
  table.print(out);
}

json::object shown(const store::Client& client, const std::optional<KeyUses>& uses) {
  json::object out = to_json(client, Secrets::Hidden);
  out["secrets"] = secrets_json(client, uses);
  out["rsa_keys"] = rsa_keys_json(client, uses);
  if (!uses) return out;
  put_count(out, uses->client.all);
  out["methods"] = methods_json(uses->client);
  return out;
}

void print_credentials(const store::Client& client, std::ostream& out) {
  Table table({});
  table.add({"key", printable(client.key)});
  if (!client.secrets.empty()) {
    table.add({"secret", std::string(client.secrets.front().secret.reveal())});
  }
  table.print(out);
}

std::string fingerprint(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ";
  const std::size_t begin = std::min(pem.find(kBegin), pem.size());
  const std::size_t from = std::min(pem.find('\n', begin), pem.size());
  const std::size_t to = std::min(pem.find(kEnd, from), pem.size());
  std::string text;
  for (const char c : pem.substr(from, to - from)) {
    if (c > ' ') text += c;
  }
  std::vector<unsigned char> der(text.size());
  const auto size = verify::from_base64(text, der);
  if (!size || *size == 0) return "-";
  const std::string_view bytes(static_cast<const char*>(static_cast<const void*>(der.data())),
                               *size);
  return verify::to_hex(verify::digest(verify::Hash::Sha256, bytes).view().first(8));
}

json::object to_json(const store::Count& count) {
  json::object out;
  out["matched"] = count.times;
  out["last_matched"] = time_or_null(count.times > 0 ? std::optional(count.last) : std::nullopt);
  return out;
}

std::string times_text(const store::Count& count) {
  if (count.times == 0) return "never";
  std::string digits = std::to_string(count.times);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits + (count.times == 1 ? " time" : " times") + ", last " +
         log::format_time(count.last);
}

}  // namespace gateway::cli
