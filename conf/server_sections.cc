#include <algorithm>
#include <iterator>

#include "conf/field_names.h"
#include "conf/quoting.h"
#include "conf/sections.h"
#include "conf/values.h"

namespace conf {
namespace {

constexpr std::uint32_t kMany = 1'000'000;
constexpr std::uint64_t kSmallestMap = 64 << 10;

constexpr std::string_view kAddress =
    "an IP address and port such as \"127.0.0.1:8080\" or \"[::1]:8080\"";
constexpr std::string_view kExternalUrl =
    "an http or https URL without user name, query or fragment";
constexpr std::string_view kFieldName = "a header field's name such as \"X-OAuth-User\"";
constexpr std::string_view kDuration =
    "a duration above zero such as \"500ms\", \"60s\" or \"10m\"";
constexpr std::string_view kSize = "a size above zero such as \"256B\", \"32KiB\" or \"1GiB\"";

// They frame a message or belong to one connection: nobody may add them or take them away by
// configuration.
constexpr std::string_view kFraming[] = {
    "connection", "content-length",    "expect", "host",
    "keep-alive", "proxy-connection",  "te",     "trailer",
    "upgrade",    "transfer-encoding",
};

std::optional<Url> parse_external_url(std::string_view text) {
  auto url = parse_url(text);
  return url && !url->has_query && parse_authority(url->authority()) ? url : std::nullopt;
}

std::optional<Milliseconds> parse_positive_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration && duration->count() > 0 ? duration : std::nullopt;
}

std::optional<std::uint64_t> parse_positive_size(std::string_view text) {
  const auto size = parse_size(text);
  return size && *size > 0 ? size : std::nullopt;
}

void read_external_url(Reader& in, std::vector<Url>& out) {
  const Node* node = in.take("external_url");
  if (!node) return;
  if (node->kind == Node::Kind::Array) {
    in.read_items("external_url", *node, out, parse_external_url, kExternalUrl);
  } else if (const auto url = parse_external_url(node->text)) {  // of another kind, text is empty
    out = {*url};
  } else {
    in.wrong("external_url", std::string(kExternalUrl) + ", or a list of them");
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (out[i].scheme != out[j].scheme || out[i].authority() != out[j].authority()) continue;
      in.mistakes().add(node->where, in.name("external_url") + " has two paths for " +
                                         quoted(out[i].scheme + "://" + out[i].authority()) +
                                         "; a request could not tell which it was sent to");
    }
  }
}

void read_tls(Reader& in, std::optional<Tls>& out) {
  Tls tls;
  in.require("certificate");
  in.require("key");
  in.parsed("certificate", tls.certificate, only(is_text), "the path of a PEM file");
  in.parsed("key", tls.key, only(is_text), "the path of a PEM file");
  out = tls;
}

void read_listen(Reader& in, Listen& out) {
  in.parsed("address", out.address, parse_address, kAddress);
  read_external_url(in, out.external_url);
  in.parsed_list("hosts", out.hosts, parse_authority,
                 "a host name or address, with a port if clients send one");
  in.parsed_list("trusted_proxies", out.trusted_proxies, parse_cidr,
                 "an address block such as \"10.0.0.0/8\" or \"::1\"");
  in.number<std::uint32_t>("threads", out.threads, 0, 1024);
  section(in, "tls", [&](Reader& tls) { read_tls(tls, out.tls); });
}

void read_log(Reader& in, Log& out) {
  in.parsed("file", out.file, only(is_text), "the path of a file, or \"-\" for standard error");
  in.choice<LogFormat>("format", out.format,
                       {{"text", LogFormat::Text}, {"json", LogFormat::Json}});
  in.choice<LogLevel>("level", out.level,
                      {{"debug", LogLevel::Debug},
                       {"info", LogLevel::Info},
                       {"warn", LogLevel::Warn},
                       {"error", LogLevel::Error}});
  in.number<std::uint32_t>("refusals", out.refusals, 0, kMany);
}

void read_store(Reader& in, Store& out) {
  const auto parse = [](std::string_view text) {
    const auto size = parse_size(text);
    return size && *size >= kSmallestMap ? size : std::nullopt;
  };
  constexpr std::string_view kMapSize = "a size of at least 64KiB such as \"1GiB\"";
  in.parsed("path", out.path, only(is_text), "the path of a folder");
  in.parsed("map_size", out.map_size, parse, kMapSize);
  in.parsed("ledger_size", out.ledger_size, parse, kMapSize);
  in.number<std::uint32_t>("ledger_client_share", out.ledger_client_share, 1, 100);
  in.parsed("temporary", out.temporary, only(is_text), "the path of a folder");
}

// Two fields of one name would be one field to many a backend.
void check_headers(Reader& in, const Headers& headers) {
  const std::pair<std::string_view, const std::string*> fields[] = {{"user", &headers.user},
                                                                    {"client", &headers.client},
                                                                    {"realms", &headers.realms},
                                                                    {"token", &headers.token}};
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    const auto& [key, value] = fields[i];
    const std::string name = folded(*value);
    if (std::find(std::begin(kFraming), std::end(kFraming), name) != std::end(kFraming)) {
      in.mistakes().add(in.where(key),
                        in.name(key) + " can't be " + quoted(*value) + ", which HTTP itself needs");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (folded(*fields[j].second) != name) continue;
      in.clash(key, fields[j].first, "are the same header field, " + quoted(*value));
    }
  }
  const std::string prefix = folded(headers.strip_prefix);
  for (const std::string_view framing : kFraming) {
    if (!framing.starts_with(prefix)) continue;
    in.mistakes().add(in.where("strip_prefix"),
                      in.name("strip_prefix") + " " + quoted(headers.strip_prefix) +
                          " would take away " + quoted(framing) + ", which HTTP itself needs");
    break;
  }
}

// A sentence about a name that would let strangers speak for the gate; empty: there is nothing
// wrong with it.
std::string claim_of(std::string_view name, const Settings& settings) {
  const Headers& headers = settings.headers;
  const std::string whole = folded(name);
  for (const std::string_view one : {std::string_view(whole), without_cgi_prefix(whole)}) {
    if (role_of(one) != FieldRole::Other) {
      return "which many backends read as a field that the gate itself sets, drops or decides by";
    }
    if (one.starts_with(folded(headers.strip_prefix))) {
      return "which many backends read as one of headers.strip_prefix";
    }
    for (const std::string* identity :
         {&headers.user, &headers.client, &headers.realms, &headers.token}) {
      if (one == folded(*identity)) return "which many backends read as " + quoted(*identity);
    }
    const auto& login = settings.login.header;
    if (login && one == folded(*login)) {
      return "which many backends read as login.header, " + quoted(*login);
    }
  }
  return {};
}

void read_headers(Reader& in, Headers& out) {
  in.parsed("user", out.user, only(is_token), kFieldName);
  in.parsed("client", out.client, only(is_token), kFieldName);
  in.parsed("realms", out.realms, only(is_token), kFieldName);
  in.parsed("token", out.token, only(is_token), kFieldName);
  in.parsed("strip_prefix", out.strip_prefix, only(is_token),
            "how header fields' names begin, such as \"X-OAuth-\"");
  in.parsed_list("allow_names", out.allow_names, only(is_token),
                 "a header field's name such as \"X_Trace.Id\"");
  check_headers(in, out);
}

void read_limits(Reader& in, Limits& out) {
  const auto parse_body = [](std::string_view text) {
    return text == "none" ? std::optional(kUnlimited) : parse_size(text);
  };
  in.parsed("header_bytes", out.header_bytes, parse_positive_size, kSize);
  in.parsed("target_bytes", out.target_bytes, parse_positive_size, kSize);
  in.number<std::uint32_t>("headers", out.headers, 1, kMany);
  in.number<std::uint32_t>("parameters", out.parameters, 1, kMany);
  in.parsed("form_bytes", out.form_bytes, parse_positive_size, kSize);
  in.parsed("forms_bytes", out.forms_bytes, parse_positive_size, kSize);
  in.parsed("hashed_body_bytes", out.hashed_body_bytes, parse_positive_size, kSize);
  in.parsed("hashed_bodies_bytes", out.hashed_bodies_bytes, parse_positive_size, kSize);
  in.number<std::uint32_t>("address_share", out.address_share, 1, 100);
  in.parsed("body_bytes", out.body_bytes, parse_body, "a size such as \"10MiB\", or \"none\"");
  in.parsed("body_rate", out.body_rate, parse_rate, "a rate such as \"256B/s\"");
  in.parsed("form_rate", out.form_rate, parse_rate, "a rate such as \"1KiB/s\"");
  in.number<std::uint32_t>("connections", out.connections, 1, kMany);
  in.number<std::uint32_t>("connections_per_address", out.connections_per_address, 0, kMany);
  in.number<std::uint32_t>("request_tokens", out.request_tokens, 1, kMany);
  if (out.form_bytes > out.forms_bytes) {
    in.clash("form_bytes", "forms_bytes", "leave no room for the largest form");
  }
  if (out.hashed_body_bytes > out.hashed_bodies_bytes) {
    in.clash("hashed_body_bytes", "hashed_bodies_bytes", "leave no room for the largest body");
  }
}

void read_timeouts(Reader& in, Timeouts& out) {
  in.parsed("header", out.header, parse_positive_duration, kDuration);
  in.parsed("body", out.body, parse_positive_duration, kDuration);
  in.parsed("hold", out.hold, parse_positive_duration, kDuration);
  in.parsed("idle", out.idle, parse_positive_duration, kDuration);
  in.parsed("upstream_connect", out.upstream_connect, parse_positive_duration, kDuration);
  in.parsed("upstream_response", out.upstream_response, parse_positive_duration, kDuration);
  in.parsed("drain", out.drain, parse_duration, "a duration such as \"30s\"");
}

void read_addresses(Reader& root, Settings& settings) {
  std::optional<Position> written;  // the last of the two addresses that is in the file
  section(root, "listen", [&](Reader& in) {
    read_listen(in, settings.listen);
    if (in.take("address")) written = in.where("address");
  });
  section(root, "admin", [&](Reader& in) {
    in.parsed("address", settings.admin.address, parse_address, kAddress);
    if (in.take("address")) written = in.where("address");
  });
  if (!written || settings.admin.address.port == 0) return;
  if (settings.admin.address != settings.listen.address) return;
  root.mistakes().add(*written,
                      "admin.address must differ from listen.address: metrics and health are never "
                      "on the public listener");
}

}  // namespace

void read_server(Reader& root, Settings& settings) {
  read_addresses(root, settings);
  section(root, "log", [&](Reader& in) { read_log(in, settings.log); });
  section(root, "store", [&](Reader& in) { read_store(in, settings.store); });
  section(root, "headers", [&](Reader& in) { read_headers(in, settings.headers); });
  section(root, "limits", [&](Reader& in) { read_limits(in, settings.limits); });
  section(root, "timeouts", [&](Reader& in) { read_timeouts(in, settings.timeouts); });
}

void check_allowed_names(Reader& root, const Settings& settings) {
  const Node* headers = root.take("headers");
  if (!headers || headers->kind != Node::Kind::Table) return;
  const Node* list = Reader(*headers, "headers", root.mistakes()).take("allow_names");
  if (!list || list->kind != Node::Kind::Array) return;
  for (const Node& item : list->items) {
    if (item.kind != Node::Kind::String || !is_token(item.text)) continue;
    const std::string claim = claim_of(item.text, settings);
    if (claim.empty()) continue;
    root.mistakes().add(item.where,
                        "headers.allow_names can't have " + quoted(item.text) + ", " + claim);
  }
}

}  // namespace conf
