#include "gateway/cli/sign.h"

#include <algorithm>
#include <utility>

#include "conf/quoting.h"
#include "conf/url.h"
#include "conf/values.h"
#include "gateway/cli/client_print.h"
#include "gateway/cli/text.h"
#include "gateway/http/target.h"
#include "gateway/net/json.h"
#include "verify/crypto.h"
#include "verify/judge.h"
#include "verify/sign.h"

namespace gateway::cli {
namespace {

constexpr std::size_t kNonceLength = 27;

Outcome<Done> check_usage(const Sign& options) {
  if (options.client.has_value() == options.key.has_value()) {
    return misused("give either --client K, to sign from the store, or --key K and --secret @FILE");
  }
  if (options.client && (options.secret || options.token_secret)) {
    return misused("--secret and --token-secret go with --key; with --client the store knows them");
  }
  if (options.key && !options.secret && !options.private_key) {
    return misused("--key needs --secret or --private-key beside it");
  }
  if (options.key && (options.where.store || options.where.config)) {
    return misused("--key needs no store; leave --store and --config out");
  }
  const bool secret_needed = options.token && !options.private_key;
  if (options.key && (options.token_secret ? !options.token : secret_needed)) {
    return misused("--token and --token-secret go together");
  }
  const auto inputs = {options.secret, options.token_secret, options.private_key};
  if (std::count(inputs.begin(), inputs.end(), "-") > 1) {
    return misused("only one secret can come from standard input; give the other as @FILE");
  }
  return Done{};
}

Outcome<Done> read_into(verify::Secret& out, const std::optional<std::string>& given,
                        std::string_view option, Console& console) {
  if (!given) return Done{};
  auto secret = read_secret(*given, option, console);
  if (!secret) return secret.failure();
  out = *std::move(secret);
  return Done{};
}

Outcome<Done> read_private_key(const Sign& options, Console& console, verify::Signer& out) {
  std::optional<std::string> given = options.private_key;
  if (given && *given != "-" && !given->starts_with('@')) given->insert(0, "@");
  return read_into(out.private_key, given, "--private-key", console);
}

// The method that is named, else the first of the client's that suits the key that is there.
Outcome<Done> choose_method(const Sign& options, const std::vector<std::string>& of_client,
                            verify::Signer& out) {
  const bool rsa = !out.private_key.empty();
  out.method = rsa ? verify::Method::RsaSha1 : verify::Method::HmacSha1;
  for (const std::string& name : of_client) {
    const auto method = verify::method_from_name(name);
    if (!method || (rsa && !verify::is_rsa(*method))) continue;
    out.method = *method;
    break;
  }
  if (options.signature_method) {
    const auto named = verify::method_from_name(*options.signature_method);
    if (!named) {
      return misused("--signature-method takes a name such as HMAC-SHA1, not " +
                     conf::quoted(*options.signature_method));
    }
    out.method = *named;
  }
  if (verify::is_rsa(out.method) == rsa) return Done{};
  const std::string name(verify::name(out.method));
  return misused(rsa ? "--private-key goes with an RSA method, and not with " + name
                     : name + " is signed with a private key: give --private-key FILE");
}

Outcome<Done> given_signer(const Sign& options, Console& console, verify::Signer& out) {
  out.client = *options.key;
  if (auto done = choose_method(options, {}, out); !done) return done;
  if (!verify::is_rsa(out.method) && !options.secret) {
    return misused("--key needs --secret beside it");
  }
  auto done = read_into(out.client_secret, options.secret, "--secret", console);
  if (!done || !options.token) return done;
  out.token = options.token;
  return read_into(out.token_secret, options.token_secret, "--token-secret", console);
}

Outcome<Done> stored_client(const Sign& options, const store::Client& client, std::int64_t now,
                            Console& console, verify::Signer& out) {
  if (!client.enabled) note(console, "the client is disabled: the gate will refuse this");
  out.client = client.key;
  out.realm = client.header_realm;
  if (auto done = choose_method(options, client.signature_methods, out); !done) return done;
  if (verify::is_rsa(out.method)) return Done{};
  const auto live =
      std::find_if(client.secrets.begin(), client.secrets.end(),
                   [now](const auto& one) { return !one.expires || *one.expires > now; });
  if (live == client.secrets.end()) {
    return refused("client " + conf::quoted(client.key) +
                   " has no live secret; portcullis client rotate gives it one");
  }
  out.client_secret = live->secret;
  return Done{};
}

Outcome<Done> stored_signer(const Sign& options, Console& console, std::int64_t now,
                            verify::Signer& out) {
  auto place = open_place(options.where, Access::Read, console);
  if (!place) return place.failure();
  auto reader = place->credentials->reader();
  if (!reader) return refused(reader.error());
  const auto client = reader->client(*options.client);
  if (!client) return refused(client.error());
  if (auto done = stored_client(options, *client, now, console, out); !done) return done;
  if (!options.token) return Done{};
  const auto token = reader->token(*options.token);
  if (!token) return refused(token.error());
  if (token->client != client->key) {
    return refused("the token belongs to another client than " + conf::quoted(client->key));
  }
  if (token->revoked) note(console, "the token is revoked: the gate will refuse this");
  if (token->expires && *token->expires <= now) {
    note(console, "the token has expired: the gate will refuse this");
  }
  out.token = token->token;
  out.token_secret = token->secret;
  return Done{};
}

std::string curl_command(const Sign& options, const std::string& method, const std::string& field,
                         const std::optional<std::string>& data) {
  std::string out = "curl";
  if (method == "HEAD") {
    out += " --head";
  } else {
    out += " -X " + shell_quoted(method);
  }
  // curl would otherwise fold dot segments, and expand braces and brackets.
  if (options.url.find("/.") != std::string::npos) out += " --path-as-is";
  if (options.url.find_first_of("[]{}") != std::string::npos) out += " --globoff";
  out += " -H " + shell_quoted("Authorization: " + field);
  if (data) {
    out += " -H 'Content-Type: application/x-www-form-urlencoded'";
    out += (data->starts_with('@') ? " --data-raw " : " -d ") + shell_quoted(*data);
  }
  return out + ' ' + shell_quoted(options.url);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

void print_signed(const Sign& options, const std::string& method, const std::string& field,
                  const std::optional<std::string>& data, Console& console) {
  if (options.curl) {
    const std::string command = curl_command(options, method, field, data);
    if (options.json) {
      print({{"curl", command}}, console.out);
    } else {
      console.out << command << '\n';
    }
  } else if (options.json) {
    print({{"authorization", field}}, console.out);
  } else {
    console.out << "Authorization: " << field << '\n';
  }
}

}  // namespace

std::optional<SplitUrl> split_url(const std::string& url) {
  const std::size_t slashes = url.find("://");
  if (slashes == url.npos) return std::nullopt;
  const std::size_t begin = slashes + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  SplitUrl out;
  out.authority = url.substr(begin, end - begin);
  const auto origin = conf::parse_url(url.substr(0, end));
  if (!origin || !origin->path.empty()) return std::nullopt;  // a port that is no number
  out.scheme = origin->scheme;
  out.target = url.substr(end);
  if (!out.target.starts_with('/')) out.target.insert(0, "/");
  http::Target target;
  std::string why;
  if (!http::parse_target("GET", out.target, target, why)) return std::nullopt;
  return out;
}

Outcome<Done> sign(const Sign& options, Console& console, const net::Clock& clock) {
  if (auto done = check_usage(options); !done) return done;
  const std::string method = upper(options.method);
  if (!conf::is_method(method)) {
    return misused(conf::quoted(options.method) + " is no HTTP method: give one such as GET");
  }
  const auto url = split_url(options.url);
  if (!url) {
    return misused(conf::quoted(options.url) +
                   " is no URL that can be signed: give one such as https://api.example/mail?n=1");
  }
  std::optional<std::string> data;
  if (options.data) {
    auto read = read_data(*options.data);
    if (!read) return read.failure();
    data = *std::move(read);
  }
  verify::Signer signer;
  const std::int64_t now = clock.unix_seconds();
  if (auto done = read_private_key(options, console, signer); !done) return done;
  auto known = options.client ? stored_signer(options, console, now, signer)
                              : given_signer(options, console, signer);
  if (!known) return known;
  verify::RequestView request;
  request.method = method;
  request.scheme = url->scheme;
  request.authority = url->authority;
  request.target = url->target;
  if (data) request.form = *data;
  const auto field =
      verify::authorization_header(request, signer, now, verify::random_name(kNonceLength));
  if (!field) return refused(field.error());
  print_signed(options, method, *field, data, console);
  return Done{};
}

}  // namespace gateway::cli
