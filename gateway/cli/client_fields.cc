// What the command line says about a client, put into its record.

#include <utility>

#include "conf/quoting.h"
#include "conf/text_file.h"
#include "gateway/cli/client.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/rules.h"
#include "verify/rsa.h"

namespace gateway::cli {
namespace {

using Words = std::optional<std::vector<std::string>>;

std::vector<std::string> emptied(const std::vector<std::string>& words) {
  return words.size() == 1 && words[0].empty() ? std::vector<std::string>() : words;
}

void replace(const Words& given, std::vector<std::string>& out) {
  if (given) out = emptied(*given);
}

Outcome<Done> read_keys(Words& files, const Where& where,
                        const std::optional<std::string>& min_bits, Console& console) {
  if (min_bits && !files) return misused("--rsa-min-bits goes with --rsa-public-key");
  if (!files) return Done{};
  const auto bits = least_rsa_bits(where, min_bits, console);
  if (!bits) return bits.failure();
  std::vector<std::string> keys;
  for (const std::string& file : emptied(*files)) {
    auto pem = read_public_key(file, *bits);
    if (!pem) return pem.failure();
    keys.push_back(*std::move(pem));
  }
  files = std::move(keys);
  return Done{};
}

Outcome<Done> read_extra(const Words& pairs, std::map<std::string, std::string>& out) {
  if (!pairs) return Done{};
  out.clear();
  for (const std::string& pair : emptied(*pairs)) {
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0) {
      return misused("--extra takes NAME=VALUE, not " + conf::quoted(pair));
    }
    out[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return Done{};
}

Outcome<Done> read_choices(const ClientFields& fields, store::Client& client) {
  if (fields.callback_match) {
    const auto match = callback_match_from_name(*fields.callback_match);
    if (!match) {
      return misused("--callback-match takes exact, ignore_query, prefix or any, not " +
                     conf::quoted(*fields.callback_match));
    }
    client.callback_match = *match;
  }
  if (!fields.reply_realms) return Done{};
  const std::string& word = *fields.reply_realms;
  if (word == "default") {
    client.reply_realms.reset();
  } else if (word == "yes" || word == "no") {
    client.reply_realms = word == "yes";
  } else {
    return misused("--reply-realms takes yes, no or default, not " + conf::quoted(word));
  }
  return Done{};
}

}  // namespace

Outcome<std::string> read_public_key(const std::string& file, int min_bits) {
  auto pem = read_file(file);
  const std::string_view other = pem ? conf::to_text(*pem) : std::string_view();
  if (!other.empty()) return refused(conf::quoted(file) + ' ' + std::string(other));
  if (!pem) return pem;
  const auto key = verify::RsaKey::parse(*pem, min_bits);
  if (!key) return refused(conf::quoted(file) + ": " + key.error());
  return pem;
}

Outcome<ClientFields> resolve(ClientFields fields, const Where& where, Console& console) {
  auto keys = read_keys(fields.rsa_public_keys, where, fields.rsa_min_bits, console);
  if (!keys) return keys.failure();
  if (fields.secret) {
    auto secret = read_secret(*fields.secret, "--secret", console);
    if (!secret) return secret.failure();
    fields.secret = secret->reveal();
  }
  return fields;
}

Outcome<Done> apply(const ClientFields& fields, store::Client& client) {
  if (auto done = read_choices(fields, client); !done) return done;
  if (auto done = read_extra(fields.extra, client.extra); !done) return done;
  if (fields.secret) {
    client.secrets.clear();
    client.secrets.push_back({verify::Secret(std::string_view(*fields.secret)), std::nullopt});
  }
  if (auto wrong = name_error(kClientName, fields.name.value_or(""))) return refused(*wrong);
  if (auto wrong = description_error(fields.description.value_or(""))) return refused(*wrong);
  if (fields.name) client.name = *fields.name;
  if (fields.description) client.description = *fields.description;
  if (fields.allow_oob) client.allow_oob = *fields.allow_oob;
  if (fields.renewable) client.renewable = *fields.renewable;
  if (fields.same_token) client.same_token = *fields.same_token;
  replace(fields.redirect_uris, client.redirect_uris);
  replace(fields.realms, client.realms);
  replace(fields.default_realms, client.default_realms);
  if (fields.rsa_public_keys) {
    client.rsa_public_keys.clear();
    for (const std::string& pem : emptied(*fields.rsa_public_keys))
      client.rsa_public_keys.push_back({pem, std::nullopt});
  }
  replace(fields.signature_methods, client.signature_methods);
  replace(fields.quirks, client.quirks);
  if (fields.header_realm) client.header_realm = *fields.header_realm;
  return Done{};
}

bool empty(const ClientFields& fields) {
  return !(fields.name || fields.description || fields.secret || fields.redirect_uris ||
           fields.realms || fields.default_realms || fields.rsa_public_keys ||
           fields.signature_methods || fields.extra || fields.allow_oob || fields.callback_match ||
           fields.reply_realms || fields.quirks || fields.header_realm || fields.renewable ||
           fields.same_token);
}

}  // namespace gateway::cli
