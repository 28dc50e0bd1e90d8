#include "gateway/cli/commands.h"

#include <memory>
#include <utility>

#include "gateway/cli/check.h"
#include "gateway/cli/explain.h"
#include "gateway/cli/sign.h"
#include "gateway/cli/transfer.h"
#include "gateway/cli/user.h"

namespace gateway::cli {
namespace {

struct ServeOptions {
  std::string config;
};

}  // namespace

void declare_place(Command& command, Where& where, bool& json) {
  command.value("--store", "DIR", where.store, "The store's folder");
  command.value("--config", "FILE", where.config, "The configuration that names the store");
  command.flag("--json", json, "Print JSON, one object on a line");
}

void declare_gateway(Command root, const World& world) {
  Command serve =
      root.command("serve", "Run in the foreground; SIGTERM lets what is under way finish",
                   "portcullis serve --config /etc/portcullis.toml");
  const auto serving = std::make_shared<ServeOptions>();
  serve.value("--config", "FILE", serving->config, "The configuration");
  serve.runs([serving, &world]() -> Outcome<Done> {
    const auto settings = load_settings(serving->config, world.console);
    if (!settings) return settings.failure();
    const int code = world.serve(*settings, serving->config);
    if (code != 0) return Failure(Error{code, ""});
    return Done{};
  });

  Command checking = root.command("check",
                                  "Validate a configuration and print its routes in the order in "
                                  "which they match",
                                  "portcullis check --config /etc/portcullis.toml\n"
                                  "portcullis check --config /etc/portcullis.toml --live");
  const auto options = std::make_shared<Check>();
  checking.value("--config", "FILE", options->config, "The configuration");
  checking.flag("--live", options->live,
                "Also try the store, its replay ledger, the addresses to listen on, and the "
                "certificate");
  checking.flag("--json", options->json, "Print one JSON object");
  runs(checking, options, &check, world);
}

void declare_user(Command root, const World& world) {
  Command family = root.command("user", "The people whom tokens belong to",
                                "portcullis user add alice --store /var/lib/portcullis");
  Command add =
      family.command("add", "Add a user; without a password one who owns tokens but cannot sign in",
                     "portcullis user add alice --store /var/lib/portcullis\n"
                     "echo \"$PASSWORD\" | portcullis user add alice --store /var/lib/portcullis "
                     "--password-stdin");
  const auto adding = std::make_shared<UserAdd>();
  add.argument("NAME", adding->name, "Name, as the backend will see it");
  add.flag("--password-stdin", adding->password_stdin, "Read a password from standard input");
  declare_place(add, adding->where, adding->json);
  runs(add, adding, &user_add, world);

  Command list =
      family.command("list", "List the users", "portcullis user list --store /var/lib/portcullis");
  const auto listing = std::make_shared<UserList>();
  declare_place(list, listing->where, listing->json);
  runs(list, listing, &user_list, world);

  struct Named {
    const char* name;
    const char* summary;
    Outcome<Done> (*function)(const UserNamed&, Console&);
  };
  constexpr Named kNamed[] = {
      {"passwd", "Set a password, read from standard input", &user_passwd},
      {"disable", "Refuse a user's tokens and sign-in from the next request on", &user_disable},
      {"enable", "Accept them again", &user_enable},
      {"remove", "Remove a user and all tokens of that user", &user_remove},
  };
  for (const Named& named : kNamed) {
    Command one = family.command(
        named.name, named.summary,
        std::string("portcullis user ") + named.name + " alice --store /var/lib/portcullis");
    const auto options = std::make_shared<UserNamed>();
    one.argument("NAME", options->name, "The user");
    declare_place(one, options->where, options->json);
    runs(one, options, named.function, world);
  }
}

void declare_sign(Command root, const World& world) {
  Command command = root.command(
      "sign", "Sign a request as a client would, to try the gate",
      "portcullis sign GET https://api.example.com/api/email --client K --token T "
      "--store /var/lib/portcullis --curl\n"
      "portcullis sign POST https://api.example.com/api/notes --data 'text=hello' --client K "
      "--token T --store /var/lib/portcullis\n"
      "portcullis sign GET https://api.example.com/api/email --key K --secret @client.secret "
      "--token T --token-secret @token.secret\n"
      "portcullis sign GET https://api.example.com/api/email --client K --token T "
      "--store /var/lib/portcullis --private-key key.pem");
  const auto options = std::make_shared<Sign>();
  command.argument("METHOD", options->method, "The HTTP method");
  command.argument("URL", options->url, "The URL as the client calls it, query and all");
  command.value("--client", "K", options->client, "Sign as this client of the store");
  command.value("--key", "K", options->key, "Or as this one, without a store");
  command.value("--secret", "S|-|@F", options->secret, "The client's secret, with --key");
  command.value("--token", "T", options->token, "The user's token; without it the client alone");
  command.value("--token-secret", "S|-|@F", options->token_secret,
                "The token's secret, with --key");
  command.value("--private-key", "FILE", options->private_key,
                "PEM file of an RSA private key, to sign by an RSA method; - for standard input");
  command.value("--data", "D|@F", options->data,
                "A form body (application/x-www-form-urlencoded), which is signed too");
  command.value("--signature-method", "M", options->signature_method,
                "HMAC-SHA1, or RSA-SHA1 with --private-key, if the client names none");
  command.flag("--curl", options->curl, "Print a curl command to paste");
  declare_place(command, options->where, options->json);
  runs(command, options, &sign, world);
}

void declare_explain(Command root, const World& world) {
  Command command = root.command(
      "explain", "Say why the signature of a request does not match, and what to change",
      "portcullis explain --id 5c0f88e2a1b30000000012ab --config /etc/portcullis.toml\n"
      "portcullis explain --http request.txt --config /etc/portcullis.toml\n"
      "portcullis explain --curl command.txt --config /etc/portcullis.toml\n"
      "portcullis explain --curl - --base-string base.txt --store /var/lib/portcullis");
  const auto options = std::make_shared<Explain>();
  command.value("--http", "FILE|-", options->http,
                "The request as it was sent: request line, fields, an empty line, the body");
  command.value("--curl", "FILE|-", options->curl, "Or the curl command that sends it");
  command.value("--id", "REQUEST-ID", options->id,
                "Or the X-Request-Id of a refusal that the gate kept");
  command.value("--base-string", "FILE|-", options->base_string,
                "The base string that the client made, to find where it differs");
  declare_place(command, options->where, options->json);
  runs(command, options, &explain, world);
}

void declare_transfer(Command root, const World& world) {
  Command in =
      root.command("import", "Read clients, users and tokens from JSON lines: all of them, or none",
                   "portcullis import provider.jsonl --store /var/lib/portcullis\n"
                   "echo '{\"type\":\"user\",\"name\":\"alice\"}' | portcullis import - "
                   "--store /var/lib/portcullis --replace");
  const auto importing = std::make_shared<Import>();
  in.argument("FILE", importing->file,
              "One JSON object a line, clients and users before the tokens that name them; - for "
              "standard input");
  in.flag("--replace", importing->replace, "Replace what exists; without it that is an error");
  in.value("--rsa-min-bits", "N", importing->rsa_min_bits,
           "With --store, the fewest bits of an RSA key; 2048 if not given");
  in.flag("--progress", importing->progress, "Count the lines, also where no terminal is");
  declare_place(in, importing->where, importing->json);
  runs(in, importing, &import_records, world);

  Command out =
      root.command("export", "Write all clients, users and tokens as JSON lines, secrets included",
                   "portcullis export provider.jsonl --store /var/lib/portcullis\n"
                   "portcullis export --store /var/lib/portcullis | wc -l");
  const auto exporting = std::make_shared<Export>();
  out.argument("FILE", exporting->file, "Made or replaced with mode 0600; without it, print");
  declare_place(out, exporting->where, exporting->json);
  runs(out, exporting, &export_records, world);

  Command copy = root.command(
      "backup", "Copy the store into a new folder while the gateway runs, without the ledger",
      "portcullis backup /var/backups/portcullis --store /var/lib/portcullis");
  const auto copying = std::make_shared<Backup>();
  copy.argument("DIR", copying->folder, "A folder that is missing or empty");
  declare_place(copy, copying->where, copying->json);
  runs(copy, copying, &backup, world);
}

}  // namespace gateway::cli
