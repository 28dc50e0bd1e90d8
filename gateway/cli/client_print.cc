#include "gateway/cli/client_print.h"

#include "gateway/cli/record_json.h"
#include "gateway/cli/text.h"
#include "gateway/cli/time_text.h"

namespace gateway::cli {
namespace {

std::string yes_no(bool value) { return value ? "yes" : "no"; }

std::string secrets_text(const store::Client& client) {
  if (client.secrets.empty()) return "none";
  std::vector<std::string> ends;
  for (const store::ClientSecret& one : client.secrets) {
    ends.push_back(one.expires ? "one until " + format_time(*one.expires) : "one without end");
  }
  return joined(ends);
}

}  // namespace

void print(const json::object& record, std::ostream& out) {
  out << json::serialize(record) << '\n';
}

void print_client(const store::Client& client, std::ostream& out) {
  Table table({});
  table.add({"key", printable(client.key)});
  table.add({"name", printable(client.name)});
  table.add({"description", printable(client.description)});
  table.add({"secrets", secrets_text(client)});
  table.add({"redirect_uris", joined(client.redirect_uris)});
  table.add({"callback_match", std::string(name(client.callback_match))});
  table.add({"allow_oob", yes_no(client.allow_oob)});
  table.add({"realms", joined(client.realms)});
  table.add({"default_realms", joined(client.default_realms)});
  table.add({"rsa_public_keys", std::to_string(client.rsa_public_keys.size())});
  table.add({"signature_methods", joined(client.signature_methods, "all that are allowed")});
  for (const auto& [key, value] : client.extra) {
    table.add({"extra", printable(key) + "=" + printable(value)});
  }
  table.add({"reply_realms", client.reply_realms ? yes_no(*client.reply_realms) : "default"});
  table.add({"enabled", yes_no(client.enabled)});
  table.print(out);
}

void print_credentials(const store::Client& client, std::ostream& out) {
  Table table({});
  table.add({"key", printable(client.key)});
  if (!client.secrets.empty()) {
    table.add({"secret", std::string(client.secrets.front().secret.reveal())});
  }
  table.print(out);
}

}  // namespace gateway::cli
