#include <memory>

#include "gateway/cli/client.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/token.h"

namespace gateway::cli {
namespace {

void declare_fields(Command& command, ClientFields& fields) {
  command.value("--description", "D", fields.description, "What it is, for the consent page");
  command.value("--secret", "S|-|@F", fields.secret,
                "Its secret: itself, - for standard input, or @FILE");
  command.values("--redirect-uri", "U", fields.redirect_uris,
                 "Where users may be sent back to; may be repeated");
  command.values("--realm", "R", fields.realms,
                 "What it may ask for; may be repeated; without any, nothing");
  command.values("--default-realm", "R", fields.default_realms,
                 "What it gets if it asks for nothing; may be repeated");
  command.values("--rsa-public-key", "FILE", fields.rsa_public_keys,
                 "PEM file of an RSA public key or a certificate; may be repeated");
  command.value("--rsa-min-bits", "N", fields.rsa_min_bits,
                "With --store, the fewest bits of such a key; 2048 if not given");
  command.values("--signature-method", "M", fields.signature_methods,
                 "How it may sign; may be repeated; without any, as the provider allows");
  command.values("--extra", "NAME=VALUE", fields.extra,
                 "One more field in its token replies; may be repeated");
  command.yes_or_no("--allow-oob", fields.allow_oob, "It may do without a redirect");
  command.yes_or_no("--renewable", fields.renewable,
                    "Its tokens come with a session handle, with which it renews them");
  command.yes_or_no("--same-token", fields.same_token,
                    "Who consents again to the same realms gives it the token it has");
  command.value("--callback-match", "HOW", fields.callback_match,
                "exact (the default), ignore_query, prefix or any");
  command.value("--reply-realms", "HOW", fields.reply_realms,
                "Realms in its token replies: yes, no or default");
  command.values("--quirk", "Q", fields.quirks,
                 "A departure from the RFC that it needs, such as unencoded_key; may be repeated");
  command.value("--header-realm", "V", fields.header_realm,
                "The realm that its Authorization field must have");
}

void declare_add(Command& family, const World& world) {
  Command command = family.command(
      "add", "Add a client, and print its key and secret this once",
      "portcullis client add --store /var/lib/portcullis --name \"Mobile app\" --realm email\n"
      "portcullis client add --store /var/lib/portcullis --name \"Old app\" --key K --secret "
      "@secret.txt\n"
      "portcullis client add --config /etc/portcullis.toml --name \"Mobile app\" --redirect-uri "
      "https://app.example/callback");
  const auto options = std::make_shared<ClientAdd>();
  // The name is all that can't be made up.
  command.value("--name", "N", options->name, "Its name, for people");
  command.value("--key", "K", options->key, "Its key; without it one is made");
  declare_fields(command, options->fields);
  declare_place(command, options->where, options->json);
  runs(command, options, &client_add, world);
}

void declare_update(Command& family, const World& world) {
  Command command = family.command(
      "update", "Change a client; a list that is given replaces the one stored, '' empties it",
      "portcullis client update K --store /var/lib/portcullis --realm email --realm profile\n"
      "portcullis client update K --store /var/lib/portcullis --redirect-uri ''");
  const auto options = std::make_shared<ClientUpdate>();
  command.argument("KEY", options->key, "The client");
  command.value("--name", "N", options->fields.name, "Its name, for people");
  declare_fields(command, options->fields);
  declare_place(command, options->where, options->json);
  runs(command, options, &client_update, world);
}

void declare_rotate(Command& family, const World& world) {
  Command command = family.command(
      "rotate",
      "Give a client a new secret, printed this once, or a new RSA key; the old one holds on for a "
      "while",
      "portcullis client rotate K --store /var/lib/portcullis\n"
      "portcullis client rotate K --store /var/lib/portcullis --keep 7d\n"
      "portcullis client rotate K --store /var/lib/portcullis --keep 0s\n"
      "portcullis client rotate K --store /var/lib/portcullis --rsa-public-key new.pem");
  const auto options = std::make_shared<ClientRotate>();
  command.argument("KEY", options->key, "The client");
  command.value("--secret", "S|-|@F", options->secret, "The new secret; without it one is made");
  command.value("--rsa-public-key", "FILE", options->rsa_public_key,
                "PEM file of the new RSA public key or certificate, in place of a secret");
  command.value("--rsa-min-bits", "N", options->rsa_min_bits,
                "With --store, the fewest bits of such a key; 2048 if not given");
  command.value("--keep", "TIME", options->keep, "How long the old one holds; 24h if not given");
  declare_place(command, options->where, options->json);
  runs(command, options, &client_rotate, world);
}

void declare_issue(Command& family, const World& world) {
  Command command = family.command(
      "issue", "Let a client act for a user: print a token and its secret this once",
      "portcullis token issue --store /var/lib/portcullis --client K --user alice --realm email\n"
      "portcullis token issue --store /var/lib/portcullis --client K --user alice --expires 30d");
  const auto options = std::make_shared<TokenIssue>();
  command.value("--client", "K", options->client, "The client");
  command.value("--user", "U", options->user, "The user");
  command.values("--realm", "R", options->realms,
                 "What it is good for; may be repeated; without any, the client's default realms");
  command.value("--token", "T", options->token, "The token; without it one is made");
  command.value("--secret", "S|-|@F", options->secret, "Its secret; without it one is made");
  command.value("--expires", "WHEN", options->expires,
                "30d from now, 2030-01-31T12:00:00Z, or never, the default");
  declare_place(command, options->where, options->json);
  runs(command, options, &token_issue, world);
}

void declare_revoke(Command& family, const World& world) {
  Command command =
      family.command("revoke", "End one token, or all that a client has, from the next request on",
                     "portcullis token revoke T --store /var/lib/portcullis\n"
                     "portcullis token revoke --client K --user alice --store /var/lib/portcullis");
  const auto options = std::make_shared<TokenRevoke>();
  command.argument("TOKEN", options->token, "The token");
  command.value("--client", "K", options->client, "All tokens of this client");
  command.value("--user", "U", options->user, "Of them, those of this user");
  declare_place(command, options->where, options->json);
  runs(command, options, &token_revoke, world);
}

}  // namespace

void declare_client(Command root, const World& world) {
  Command family =
      root.command("client", "The applications that sign requests",
                   "portcullis client add --store /var/lib/portcullis --name \"Mobile app\"");
  declare_add(family, world);
  Command list = family.command("list", "List the clients",
                                "portcullis client list --store /var/lib/portcullis");
  const auto listing = std::make_shared<ClientList>();
  declare_place(list, listing->where, listing->json);
  runs(list, listing, &client_list, world);
  declare_update(family, world);
  declare_rotate(family, world);

  struct Named {
    const char* name;
    const char* summary;
    Outcome<Done> (*function)(const ClientNamed&, Console&);
  };
  constexpr Named kNamed[] = {
      {"show", "Show a client, without its secrets", &client_show},
      {"disable", "Refuse a client from the next request on", &client_disable},
      {"enable", "Accept it again", &client_enable},
      {"remove", "Remove a client and all its tokens", &client_remove},
  };
  for (const Named& named : kNamed) {
    Command one = family.command(
        named.name, named.summary,
        std::string("portcullis client ") + named.name + " K --store /var/lib/portcullis");
    const auto options = std::make_shared<ClientNamed>();
    one.argument("KEY", options->key, "The client");
    declare_place(one, options->where, options->json);
    runs(one, options, named.function, world);
  }
}

void declare_token(Command root, const World& world) {
  Command family = root.command("token", "What clients may do in the name of users",
                                "portcullis token issue --store /var/lib/portcullis --client K "
                                "--user alice");
  declare_issue(family, world);
  Command list = family.command("list", "List tokens, without their secrets",
                                "portcullis token list --store /var/lib/portcullis --user alice");
  const auto listing = std::make_shared<TokenList>();
  list.value("--client", "K", listing->client, "Those of this client");
  list.value("--user", "U", listing->user, "Those of this user");
  declare_place(list, listing->where, listing->json);
  runs(list, listing, &token_list, world);

  Command show = family.command("show", "Show a token, without its secret",
                                "portcullis token show T --store /var/lib/portcullis");
  const auto showing = std::make_shared<TokenShow>();
  show.argument("TOKEN", showing->token, "The token");
  declare_place(show, showing->where, showing->json);
  runs(show, showing, &token_show, world);
  declare_revoke(family, world);
}

}  // namespace gateway::cli
