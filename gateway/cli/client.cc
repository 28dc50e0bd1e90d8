#include "gateway/cli/client.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "conf/quoting.h"
#include "conf/values.h"
#include "gateway/cli/client_print.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/rules.h"
#include "gateway/cli/show_once.h"
#include "gateway/cli/text.h"
#include "gateway/cli/time_text.h"
#include "store/credentials.h"

namespace gateway::cli {
namespace {

using Change = store::Credentials::Change;

bool needs_secret(const store::Client& client) {
  const auto& methods = client.signature_methods;
  return client.rsa_public_keys.empty() ||
         std::any_of(methods.begin(), methods.end(),
                     [](const std::string& method) { return !method.starts_with("RSA-"); });
}

Outcome<Done> write(Change& change, const store::Client& client, Change::Mode mode) {
  if (auto wrong = client_error(client)) return refused(*std::move(wrong));
  if (auto put = change.put(client, mode); !put) return refused(put.error());
  if (auto done = change.commit(); !done) return refused(done.error());
  return Done{};
}

// Reads the client, lets `alter` change it, and writes it back, all in one transaction.
Outcome<store::Client> alter_client(Place& place, const std::string& key,
                                    const std::function<Outcome<Done>(store::Client&)>& alter) {
  auto change = place.credentials->begin();
  if (!change) return refused(change.error());
  auto client = change->client(key);
  if (!client) return refused(client.error());
  if (auto done = alter(*client); !done) return done.failure();
  if (auto done = write(*change, *client, Change::Mode::Replace); !done) return done.failure();
  return *std::move(client);
}

Outcome<Done> check_realms(const Place& place, const ClientFields& fields) {
  for (const auto* realms : {&fields.realms, &fields.default_realms}) {
    if (!*realms || **realms == std::vector<std::string>{""}) continue;
    if (auto done = check_realms(place, **realms); !done) return done;
  }
  return Done{};
}

Outcome<Done> set_enabled(const ClientNamed& options, Console& console, bool enabled) {
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  const auto client = alter_client(*place, options.key, [enabled](store::Client& one) {
    one.enabled = enabled;
    return Outcome<Done>(Done{});
  });
  if (!client) return client.failure();
  if (options.json) {
    print(to_json(*client, Secrets::Hidden), console.out);
  } else {
    console.out << (enabled ? "enabled" : "disabled") << " client " << printable(client->key)
                << '\n';
  }
  return Done{};
}

template <class One>
void rotate_any(std::vector<One>& all, One fresh, std::int64_t now, std::int64_t end) {
  std::erase_if(all, [now](const One& one) { return one.expires && *one.expires <= now; });
  std::vector<One> out;
  out.push_back(std::move(fresh));
  if (!all.empty() && end > now) {
    One& old = all.front();
    old.expires = std::min(end, old.expires.value_or(end));
    out.push_back(std::move(old));
  }
  all = std::move(out);
}

// What a rotation brings.
struct Fresh {
  bool secret = false;                        // a secret is rotated
  std::optional<verify::Secret> given;        // in place of one that is made
  std::optional<std::string> rsa_public_key;  // PEM
};

Outcome<Fresh> resolve(const ClientRotate& options, Console& console) {
  Fresh out;
  if (options.rsa_min_bits && !options.rsa_public_key) {
    return misused("--rsa-min-bits goes with --rsa-public-key");
  }
  if (options.rsa_public_key) {
    const auto bits = least_rsa_bits(options.where, options.rsa_min_bits, console);
    if (!bits) return bits.failure();
    auto pem = read_public_key(*options.rsa_public_key, *bits);
    if (!pem) return pem.failure();
    out.rsa_public_key = *std::move(pem);
  }
  if (options.secret) {
    auto secret = read_secret(*options.secret, "--secret", console);
    if (!secret) return secret.failure();
    out.given = *std::move(secret);
  }
  out.secret = options.secret || !options.rsa_public_key;
  return out;
}

// A client was added that nobody was told of. `made`: its secret was made here.
Failure<Error> unseen(const store::Client& client, bool made) {
  const std::string key = printable(client.key);
  std::string sentence = "standard output can't be written; client " + key + " was added";
  if (made) {
    sentence += ", and its secret was not shown: portcullis client rotate --keep 0s " + key +
                " gives it another";
  }
  return refused(std::move(sentence));
}

// After a rotation that nobody was told of: what signs now has to go on, so the client is again
// what it was, unless somebody changed it meanwhile.
Failure<Error> take_back(Place& place, const store::Client& before, const store::Client& after) {
  const auto undone = alter_client(place, after.key, [&](store::Client& one) -> Outcome<Done> {
    if (!(one == after)) return refused("it was changed meanwhile");
    one = before;
    return Done{};
  });
  const std::string key = printable(after.key);
  if (undone)
    return refused("standard output can't be written; client " + key + " was not rotated");
  return refused("standard output can't be written; client " + key +
                 " was rotated, and what is new was not shown: " + undone.error().sentence);
}

void print_rotated(const store::Client& client, const Fresh& fresh, std::ostream& out) {
  if (fresh.secret) {
    print_credentials(client, out);
  } else {
    out << "rotated client " << printable(client.key) << '\n';
  }
  const auto before = [&out](const char* what, const auto& all) {
    if (all.size() < 2) return;
    out << "the " << what << " before it holds until " << log::format_time(*all[1].expires) << '\n';
  };
  if (fresh.secret) before("secret", client.secrets);
  if (!fresh.rsa_public_key) return;
  out << "the new RSA key is " << fingerprint(client.rsa_public_keys[0].pem) << '\n';
  before("RSA key", client.rsa_public_keys);
}

}  // namespace

void rotate(std::vector<store::ClientSecret>& secrets, verify::Secret fresh, std::int64_t now,
            std::int64_t end) {
  rotate_any(secrets, {std::move(fresh), std::nullopt}, now, end);
}

void rotate(std::vector<store::ClientKey>& keys, std::string fresh, std::int64_t now,
            std::int64_t end) {
  rotate_any(keys, {std::move(fresh), std::nullopt}, now, end);
}

Outcome<Done> client_add(const ClientAdd& options, Console& console) {
  const auto fields = resolve(options.fields, options.where, console);
  if (!fields) return fields.failure();
  store::Client client;
  if (auto done = apply(*fields, client); !done) return done;
  if (auto wrong = name_error(kClientName, options.name)) return refused(*std::move(wrong));
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  if (auto done = check_realms(*place, *fields); !done) return done;
  client.name = options.name;
  client.key = options.key ? *options.key : new_name(*place);
  const bool made = client.secrets.empty() && needs_secret(client);
  if (made) {
    client.secrets.push_back({verify::Secret(new_name(*place)), std::nullopt});
  }
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  if (auto done = write(*change, client, Change::Mode::Insert); !done) return done;
  const bool shown = show_once(console, [&](std::ostream& out) {
    if (options.json) {
      print(to_json(client, Secrets::Shown), out);
    } else {
      print_credentials(client, out);
    }
  });
  if (!shown) return unseen(client, made);
  return Done{};
}

Outcome<Done> client_list(const ClientList& options, Console& console) {
  auto place = open_place(options.where, Access::Read, console);
  if (!place) return place.failure();
  auto reader = place->credentials->reader();
  if (!reader) return refused(reader.error());
  Table table({"KEY", "NAME", "REALMS", "STATE"});
  const auto done = reader->each_client([&](const store::Client& client) {
    if (options.json) {
      print(to_json(client, Secrets::Hidden), console.out);
    } else {
      table.add({printable(client.key), printable(client.name), joined(client.realms),
                 client.enabled ? "enabled" : "disabled"});
    }
    return true;
  });
  if (!done) return refused(done.error());
  if (!options.json) table.print(console.out);
  return Done{};
}

Outcome<Done> client_show(const ClientNamed& options, Console& console) {
  auto place = open_place(options.where, Access::Read, console);
  if (!place) return place.failure();
  auto reader = place->credentials->reader();
  if (!reader) return refused(reader.error());
  const auto client = reader->client(options.key);
  if (!client) return refused(client.error());
  const auto uses = read_uses(place->folder, *client, console);
  if (options.json) {
    print(shown(*client, uses), console.out);
  } else {
    print_client(*client, uses, console.out);
  }
  return Done{};
}

Outcome<Done> client_update(const ClientUpdate& options, Console& console) {
  if (empty(options.fields)) return misused("say what to change, as in --name N or --realm R");
  const auto fields = resolve(options.fields, options.where, console);
  if (!fields) return fields.failure();
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  if (auto done = check_realms(*place, *fields); !done) return done;
  const auto client =
      alter_client(*place, options.key, [&](store::Client& one) { return apply(*fields, one); });
  if (!client) return client.failure();
  if (options.json) {
    print(to_json(*client, Secrets::Hidden), console.out);
  } else {
    console.out << "updated client " << printable(client->key) << '\n';
  }
  return Done{};
}

Outcome<Done> client_rotate(const ClientRotate& options, Console& console,
                            const net::Clock& clock) {
  const std::string keep = options.keep.value_or("24h");
  const auto span = conf::parse_duration(keep);
  if (!span) return misused("--keep takes a time such as 24h or 0s, not " + conf::quoted(keep));
  const auto fresh = resolve(options, console);
  if (!fresh) return fresh.failure();
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  const std::int64_t now = clock.unix_seconds();
  const std::int64_t end = now + std::chrono::ceil<std::chrono::seconds>(*span).count();
  store::Client before;
  const auto client = alter_client(*place, options.key, [&](store::Client& one) -> Outcome<Done> {
    before = one;
    if (fresh->secret && !fresh->given && one.secrets.empty()) {
      return refused("client " + conf::quoted(one.key) +
                     " signs with RSA keys alone: give --rsa-public-key FILE, or --secret S if it "
                     "is to have a secret too");
    }
    if (fresh->secret) {
      rotate(one.secrets, fresh->given ? *fresh->given : verify::Secret(new_name(*place)), now,
             end);
    }
    if (fresh->rsa_public_key) rotate(one.rsa_public_keys, *fresh->rsa_public_key, now, end);
    return Done{};
  });
  if (!client) return client.failure();
  const bool shown = show_once(console, [&](std::ostream& out) {
    if (options.json) {
      json::object record = to_json(*client, Secrets::Hidden);
      if (fresh->secret) record["secret"] = client->secrets.front().secret.reveal();
      print(record, out);
    } else {
      print_rotated(*client, *fresh, out);
    }
  });
  if (!shown) return take_back(*place, before, *client);
  return Done{};
}

Outcome<Done> client_disable(const ClientNamed& options, Console& console) {
  return set_enabled(options, console, false);
}

Outcome<Done> client_enable(const ClientNamed& options, Console& console) {
  return set_enabled(options, console, true);
}

Outcome<Done> client_remove(const ClientNamed& options, Console& console) {
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  const auto tokens = change->remove_client(options.key);
  if (!tokens) return refused(tokens.error());
  if (auto done = change->commit(); !done) return refused(done.error());
  forget_uses(place->folder, options.key, console);
  if (options.json) {
    print({{"type", "client"}, {"key", options.key}, {"removed", true}, {"tokens", *tokens}},
          console.out);
  } else {
    console.out << "removed client " << printable(options.key) << " and " << *tokens
                << (*tokens == 1 ? " token" : " tokens") << '\n';
  }
  return Done{};
}

}  // namespace gateway::cli
