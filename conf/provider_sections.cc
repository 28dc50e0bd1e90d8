// [provider] and [login]: the provider's own pages, and who the user at them is.

#include <utility>

#include "conf/field_names.h"
#include "conf/provider_paths.h"
#include "conf/quoting.h"
#include "conf/sections.h"
#include "conf/values.h"

namespace conf {
namespace {

constexpr std::string_view kPath = "a path such as \"/oauth/sign_in\", without query";
constexpr std::string_view kDuration = "a duration above zero such as \"30m\"";

std::optional<Milliseconds> positive(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration && duration->count() > 0 ? duration : std::nullopt;
}

// Where the response of the application names the user: "json:/pointer" or "header:NAME".
bool is_user_place(std::string_view text) {
  if (text.starts_with("header:")) return is_token(text.substr(7));
  return text.starts_with("json:/") && is_text(text);
}

// "{return}" stands for where the browser came from.
bool is_sign_in_url(std::string_view text) {
  constexpr std::string_view kReturn = "{return}";
  std::string filled(text);
  for (std::size_t at = 0; (at = filled.find(kReturn, at)) != std::string::npos;) {
    filled.replace(at, kReturn.size(), "x");
  }
  if (filled.starts_with('/') && !filled.starts_with("//")) filled.insert(0, "http://host");
  return parse_url(filled).has_value();
}

void check_login(Reader& in, const Settings& settings) {
  const Login& login = settings.login;
  const auto needs = [&](std::string_view mode, std::string_view key, bool there) {
    if (there) return;
    in.mistakes().add(in.where("mode"),
                      "login.mode " + quoted(mode) + " needs " + std::string(key));
  };
  if (login.mode == LoginMode::App) {
    needs("app", "login.check_url", in.take("check_url"));
    needs("app", "login.user", in.take("user"));
    needs("app", "login.sign_in_url", in.take("sign_in_url"));
  } else if (login.mode == LoginMode::Header) {
    needs("header", "login.header", in.take("header"));
    needs("header", "listen.trusted_proxies", !settings.listen.trusted_proxies.empty());
  }
  if (!login.header) return;
  const FieldRole role = role_of(*login.header);
  if (role != FieldRole::Hop && role != FieldRole::Judged && folded(*login.header) != "host") {
    return;
  }
  in.mistakes().add(in.where("header"), "login.header can't be " + quoted(*login.header) +
                                            ", by which the gate itself decides");
}

// Two of the provider's addresses that are one.
void check_paths(Reader& root, const Settings& settings) {
  const auto paths = provider_paths(settings);
  const auto where = [&](std::string_view name) {
    const std::size_t dot = name.find('.');
    const Node* table = root.take(name.substr(0, dot));
    if (!table || table->kind != Node::Kind::Table) return Position{};
    return Reader(*table, "", root.mistakes()).where(name.substr(dot + 1));
  };
  for (std::size_t i = 0; i < paths.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (paths[i].path != paths[j].path) continue;
      const ProviderPath *late = &paths[i], *early = &paths[j];
      const Position i_at = where(late->key), j_at = where(early->key);
      const bool swapped = std::pair(i_at.line, i_at.column) < std::pair(j_at.line, j_at.column);
      if (swapped) std::swap(late, early);
      root.mistakes().add(swapped ? j_at : i_at, std::string(late->key) + " and " +
                                                     std::string(early->key) + " are both " +
                                                     quoted(late->path));
    }
  }
}

}  // namespace

std::vector<ProviderPath> provider_paths(const Settings& settings) {
  const OAuth& oauth = settings.oauth;
  const Provider& provider = settings.provider;
  return {{"oauth.error_uri", oauth.error_uri},
          {"oauth.request_token_path", oauth.request_token_path},
          {"oauth.authorize_path", oauth.authorize_path},
          {"oauth.access_token_path", oauth.access_token_path},
          {"provider.sign_in_path", provider.sign_in_path},
          {"provider.sign_out_path", provider.sign_out_path},
          {"provider.grants_path", provider.grants_path},
          {"provider.revoke_path", provider.revoke_path}};
}

void read_provider(Reader& root, Settings& settings) {
  Provider& out = settings.provider;
  section(root, "provider", [&](Reader& in) {
    in.flag("enabled", out.enabled);
    in.parsed("host", out.host, parse_authority,
              "a host name or address, with a port if browsers send one");
    in.parsed("templates", out.templates, only(is_text), "the path of a folder");
    in.parsed("texts", out.texts, only(is_text), "the path of a TOML file");
    in.parsed("sign_in_path", out.sign_in_path, only(is_plain_path), kPath);
    in.parsed("sign_out_path", out.sign_out_path, only(is_plain_path), kPath);
    in.parsed("grants_path", out.grants_path, only(is_plain_path), kPath);
    in.parsed("revoke_path", out.revoke_path, only(is_plain_path), kPath);
  });
  check_paths(root, settings);
}

void read_login(Reader& root, Settings& settings) {
  Login& out = settings.login;
  section(root, "login", [&](Reader& in) {
    in.choice<LoginMode>(
        "mode", out.mode,
        {{"local", LoginMode::Local}, {"app", LoginMode::App}, {"header", LoginMode::Header}});
    in.parsed("session_idle", out.session_idle, positive, kDuration);
    in.parsed("session_lifetime", out.session_lifetime, positive, kDuration);
    in.parsed("check_url", out.check_url,
              only([](std::string_view text) { return parse_url(text).has_value(); }),
              "an http or https URL without user name or fragment");
    in.parsed("user", out.user, only(is_user_place),
              "\"json:/POINTER\" or \"header:NAME\", where the answer names the user");
    in.parsed("sign_in_url", out.sign_in_url, only(is_sign_in_url),
              "a path or an http or https URL, as in \"/login?next={return}\"");
    in.parsed("header", out.header, only(is_token),
              "a header field's name such as \"X-Forwarded-User\"");
    check_login(in, settings);
  });
}

}  // namespace conf
