// Which URL counts for a request that is looked at.

#include <algorithm>
#include <utility>

#include "conf/quoting.h"
#include "conf/url.h"
#include "gateway/cli/explain.h"
#include "gateway/http/message.h"
#include "gateway/http/target.h"
#include "gateway/routing/forwarded.h"
#include "gateway/routing/routes.h"

namespace gateway::cli {
namespace {

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

bool is_below(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

class Chooser {
 public:
  Chooser(const RequestText& request, const conf::Settings* settings)
      : request_(request), settings_(settings) {
    out_.target = request.target;
    scheme_ = request.scheme;
    authority_ = request.authority;
    http::Target target;
    std::string why;
    if (!request.target.starts_with('/') &&
        http::parse_target(request.method, request.target, target, why) &&
        !target.authority.empty()) {
      scheme_ = target.scheme;
      authority_ = target.authority;
      out_.target = target.origin;
    }
    host_ = request.value_or_empty("Host");
    // Of an absolute-form, the authority counts and not the field (RFC 9112 3.2.2).
    if (host_.empty() || request.authority.empty()) host_ = authority_.empty() ? host_ : authority_;
  }

  UrlUsed choose() && {
    if (settings_ != nullptr) {
      by_settings(*settings_);
    } else {
      by_request();
    }
    add_called();
    return std::move(out_);
  }

 private:
  void by_request() {
    out_.external.authority = host_;
    if (!scheme_.empty()) {
      out_.external.scheme = scheme_;
      out_.because = "the request is made for it";
    } else {
      out_.external.scheme = "https";
      out_.scheme_is_a_guess = true;
      out_.because = "the Host field names it, and https is taken for granted";
    }
  }

  void by_settings(const conf::Settings& settings) {
    const conf::Listen& listen = settings.listen;
    const bool secure = listen.tls.has_value();
    const routing::Forwarded forwarded = told_by_proxies(listen);
    const bool told = !forwarded.scheme.empty() || !forwarded.authority.empty();
    const auto external =
        routing::Authorities(listen, &settings.provider).resolve(host_, secure, forwarded);
    if (external) {
      out_.external = *external;
    } else {
      out_.external = {secure ? "https" : "http", host_, {}};
      out_.refused = (listen.external_url.empty() ? "listen.hosts does not have "
                                                  : "No listen.external_url is for ") +
                     std::string("the Host ") + conf::quoted(host_) + ".";
    }
    if (external && external->pages_only) {
      out_.because = "provider.host is this Host";
    } else if (!listen.external_url.empty() && external) {
      out_.because = "listen.external_url has it for this Host";
    } else if (told && external) {
      out_.because = "the fields of a trusted proxy tell of it";
    } else {
      out_.because = std::string("the Host field names it, and the listener ") +
                     (secure ? "has TLS" : "is plain HTTP") +
                     (external ? " (listen.external_url is not set)" : "");
    }
    cut_prefix();
    for (const conf::Url& url : listen.external_url) {
      add_other({url.scheme, url.authority(), url.path},
                "The signature is for another listen.external_url than the one of this Host");
    }
    add_forwarded();
  }

  // A dump is taken to come from such a proxy, if there are any.
  routing::Forwarded told_by_proxies(const conf::Listen& listen) {
    if (listen.trusted_proxies.empty()) return {};
    std::vector<http::Field> fields;
    for (const auto& [name, value] : request_.fields) fields.push_back({name, value});
    std::string chain;
    const auto read = routing::read_forwarded(fields, listen.trusted_proxies, chain);
    if (read) return *read;
    out_.refused = "The fields of the proxies can't be read: " + read.error() + '.';
    return {};
  }

  // A command has the URL that clients call, and the gate sees what is behind the prefix.
  void cut_prefix() {
    const std::string& prefix = out_.external.path_prefix;
    if (scheme_.empty() || prefix.empty() || !is_below(path_of(out_.target), prefix)) return;
    out_.target.erase(0, prefix.size());
    if (!out_.target.starts_with('/')) out_.target.insert(0, "/");
  }

  // Of proxies that nobody trusts.
  void add_forwarded() {
    routing::External told = out_.external;
    const auto last = [](std::string_view list) {
      list = list.substr(list.rfind(',') + 1);
      list.remove_prefix(std::min(list.find_first_not_of(' '), list.size()));
      return std::string(list);
    };
    const std::string scheme = last(request_.value_or_empty("X-Forwarded-Proto"));
    const std::string host = last(request_.value_or_empty("X-Forwarded-Host"));
    if (http::same_name(scheme, "https")) told.scheme = "https";
    if (http::same_name(scheme, "http")) told.scheme = "http";
    if (!host.empty()) told.authority = host;
    const std::string prefix = last(request_.value_or_empty("X-Forwarded-Prefix"));
    if (prefix.starts_with('/')) told.path_prefix = prefix;
    add_other(told,
              "The signature is for the URL that X-Forwarded fields tell of: set "
              "listen.external_url to it, or name the proxy in listen.trusted_proxies");
  }

  // The URL of the command or of the absolute-form.
  void add_called() {
    if (scheme_.empty()) return;
    add(scheme_, authority_, request_.authority.empty() ? out_.target : request_.target,
        "The signature is for the URL that is called: set listen.external_url to it");
  }

  void add_other(const routing::External& external, const std::string& sentence) {
    add(external.scheme, external.authority, external.path_prefix + out_.target, sentence);
  }

  void add(const std::string& scheme, const std::string& authority, std::string_view target,
           const std::string& sentence) {
    verify::OtherUrl other{scheme, authority, std::string(path_of(target)), {}};
    other.sentence = sentence + ", " + conf::quoted(scheme + "://" + authority + other.path) + ".";
    out_.others.push_back(std::move(other));
  }

  const RequestText& request_;
  const conf::Settings* settings_;
  std::string scheme_, authority_, host_;
  UrlUsed out_;
};

}  // namespace

UrlUsed choose_url(const RequestText& request, const conf::Settings* settings) {
  return Chooser(request, settings).choose();
}

}  // namespace gateway::cli
