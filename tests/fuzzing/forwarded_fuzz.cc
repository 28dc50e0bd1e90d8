// Any lines "Name: value" as the fields of a request that a trusted proxy sent: what is read from
// them is an address or a word for none, a scheme and an authority; all addresses on the way but
// the client's are trusted ones; and what a stranger wrote on the left of them means nothing.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "conf/url.h"
#include "gateway/routing/forwarded.h"

namespace {

using gateway::http::Field;
using gateway::http::same_name;
using gateway::routing::Forwarded;
using gateway::routing::read_forwarded;
using Fields = std::vector<Field>;

void must(bool good) {
  if (!good) std::abort();
}

const std::vector<conf::Cidr>& trusted() {
  static const std::vector<conf::Cidr> blocks = {*conf::parse_cidr("10.0.0.0/8"),
                                                 *conf::parse_cidr("::1")};
  return blocks;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Fields fields_of(std::string_view text) {
  Fields out;
  while (!text.empty() && out.size() < 100) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    out.push_back({line.substr(0, colon), trimmed(line.substr(colon + 1))});
  }
  return out;
}

bool has(const Fields& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (same_name(field.name, name)) return true;
  }
  return false;
}

bool is_word(std::string_view text) {
  if (same_name(text, "unknown")) return true;
  constexpr std::string_view kMarks = "._-";
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && kMarks.find(c) == kMarks.npos) return false;
  }
  return text.size() > 1 && text[0] == '_';
}

// "client, proxy, proxy".
void check_chain(std::string_view chain, std::string_view client) {
  must(client.empty() == chain.empty());
  if (chain.empty()) return;
  must(chain.substr(0, chain.find(',')) == client);
  must(conf::parse_ip(client) || is_word(client));
  std::size_t proxies = 0;
  for (std::size_t comma = chain.find(','); comma != chain.npos; ++proxies) {
    chain.remove_prefix(comma + 1);
    must(chain.starts_with(' '));
    chain.remove_prefix(1);
    comma = chain.find(',');
    const auto address = conf::parse_ip(chain.substr(0, comma));
    must(address && gateway::routing::is_trusted(trusted(), *address));
  }
  must(proxies <= gateway::routing::kMaxHops);
}

// `kind` is the field that named the client, who is no trusted proxy; the other kind is absent.
void check_strangers_word(const Fields& fields, std::string_view kind, const Forwarded& told,
                          const std::string& chain) {
  const bool standard = kind == "Forwarded";
  Fields more = {{kind, standard ? "for=203.0.113.66;proto=http;host=evil.example, by=_x"
                                 : "_hidden, 203.0.113.66, 10.0.0.66"}};
  more.insert(more.end(), fields.begin(), fields.end());
  std::string other_chain;
  const auto again = read_forwarded(more, trusted(), other_chain);
  must(again.ok() && other_chain == chain);
  must(again->client == told.client && again->scheme == told.scheme);
  must(again->authority == told.authority && again->port == told.port);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Fields fields = fields_of({reinterpret_cast<const char*>(data), size});
  std::string chain;
  const auto told = read_forwarded(fields, trusted(), chain);
  if (!told.ok()) {
    must(!told.error().empty());
    return 0;
  }
  check_chain(chain, told->client);
  must(told->scheme.empty() || told->scheme == "http" || told->scheme == "https");
  must(told->authority.empty() || conf::parse_authority(told->authority));
  if (told->client.empty()) return 0;
  const auto address = conf::parse_ip(told->client);
  if (address && gateway::routing::is_trusted(trusted(), *address)) return 0;
  const bool standard = has(fields, "Forwarded"), usual = has(fields, "X-Forwarded-For");
  if (standard != usual) {
    check_strangers_word(fields, standard ? "Forwarded" : "X-Forwarded-For", *told, chain);
  }
  return 0;
}
