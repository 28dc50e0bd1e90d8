#include "gateway/provider/browser.h"

#include <algorithm>

#include "gateway/provider/callback.h"
#include "gateway/provider/cookie.h"
#include "gateway/provider/provider.h"
#include "verify/crypto.h"
#include "verify/percent.h"

namespace gateway::provider {
namespace {

constexpr std::size_t kFormTokenBytes = 16;

bool https(const exchange::Exchange& x) { return x.external->scheme == "https"; }

std::string_view field_of(const http::RequestHead& head, std::string_view name) {
  for (const http::Field& field : head.fields) {
    if (http::same_name(field.name, name)) return field.value;
  }
  return {};
}

// A session, or at least a browser that was here before.
exchange::RefusalPtr find_session(const exchange::Exchange& x, Visit& visit) {
  const auto cookies = cookie_values(x.request, cookie_name(https(x)));
  for (const std::string_view cookie : cookies) {
    if (!is_cookie_id(cookie)) continue;
    if (visit.cookie.empty()) visit.cookie = cookie;
    if (x.config.settings.login.mode != conf::LoginMode::Local) break;
    auto session = x.config.storage.sessions.find(cookie, session_limits(x.config.settings.login),
                                                  x.config.clock.unix_seconds());
    if (!session) return store_fault(session.error());
    if (!*session) continue;
    visit.cookie = cookie;
    visit.user = (*session)->user;
    visit.seen = (*session)->seen;
    break;
  }
  if (visit.cookie.empty()) {
    visit.cookie = verify::random_name(kCookieLength);
    visit.fresh = true;
  }
  return nullptr;
}

// Whoever was removed or disabled since is nobody. Those whom somebody else signs in are users here
// once they have granted something; but not if they were disabled here.
exchange::RefusalPtr check_user(exchange::Exchange& x, Visit& visit) {
  const bool local = x.config.settings.login.mode == conf::LoginMode::Local;
  auto user = x.worker.reader().user(visit.user);
  if (user && user->enabled) return nullptr;
  const bool missing = !user && user.error().kind == store::Error::Kind::NotFound;
  if (!user && !missing) return store_fault(user.error());
  if (missing && !local) return nullptr;
  visit.user.clear();
  return local ? nullptr : exchange::stop({.kind = reply::RefusalKind::UserNotAllowed});
}

// login.mode "header": who a trusted proxy says is there. Nobody if it says so twice: one of the
// two may be the browser's own.
std::string said_by_proxy(const exchange::Exchange& x, std::string_view name) {
  if (!routing::is_trusted(x.config.settings.listen.trusted_proxies, x.connection.peer_ip()))
    return {};
  std::string user;
  unsigned count = 0;
  for (const http::Field& field : x.request.fields) {
    if (!http::same_name(field.name, name)) continue;
    user = field.value;
    ++count;
  }
  return count == 1 && store::is_user_name(user) ? user : std::string();
}

}  // namespace

store::SessionLimits session_limits(const conf::Login& login) {
  using std::chrono::ceil;
  using std::chrono::seconds;
  return {.idle_s = ceil<seconds>(login.session_idle).count(),
          .lifetime_s = ceil<seconds>(login.session_lifetime).count()};
}

net::Task<exchange::RefusalPtr> find_visit(exchange::Exchange& x, Visit& visit) {
  exchange::RefusalPtr failed = find_session(x, visit);
  if (failed) co_return failed;
  const conf::Login& login = x.config.settings.login;
  if (login.mode == conf::LoginMode::App) {
    std::string& user = visit.user;
    failed = co_await ask_application(x, user);
    if (failed) co_return failed;
  } else if (login.mode == conf::LoginMode::Header) {
    visit.user = said_by_proxy(x, *login.header);
  }
  if (!visit.user.empty()) failed = check_user(x, visit);
  x.page_user = visit.user;
  if (failed || visit.user.empty() || login.mode != conf::LoginMode::Local) co_return failed;
  exchange::Storage& storage = x.config.storage;
  const std::int64_t now = x.config.clock.unix_seconds();
  const store::SessionLimits limits = session_limits(login);
  if (now < visit.seen + limits.note_after()) co_return nullptr;
  auto touch = [&storage, &visit, &limits, now] {
    return storage.sessions.touch(visit.cookie, limits, now).ok();
  };
  co_await in_background(x, net::Background::Kind::Session, std::move(touch));
  co_return nullptr;
}

std::string form_token(const exchange::Exchange& x, const Visit& visit, std::string_view purpose,
                       std::string_view about) {
  const verify::HmacKey key(verify::Hash::Sha256, x.config.storage.sessions.key().reveal());
  std::string text;
  for (const std::string_view part :
       {purpose, about, std::string_view(visit.user), std::string_view(visit.cookie)}) {
    text += std::to_string(part.size()) + ":";
    text += part;
  }
  return verify::to_hex(key.sign(text).view().first(kFormTokenBytes));
}

std::optional<Form> sent_form(const exchange::Exchange& x) {
  if (!x.body_held || !verify::is_form(x.request.content_type)) return std::nullopt;
  return Form::parse(x.scratch.held.in_memory());
}

// Browsers say with every form where it comes from (RFC 6454 section 7). Who says nothing is no
// browser, or an old one, and has to have the token all the same.
bool from_here(const exchange::Exchange& x) {
  const std::string_view origin = field_of(x.request, "Origin");
  const std::string_view site = field_of(x.request, "Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin") return false;
  return origin.empty() || origin == x.external->scheme + "://" + x.external->authority;
}

bool is_ours(const exchange::Exchange& x, const Visit& visit, const Form& form,
             std::string_view purpose, std::string_view about) {
  const verify::Secret right(form_token(x, visit, purpose, about));
  return from_here(x) && !visit.fresh && right == verify::Secret(form.value("csrf"));
}

std::string browser_name(const Visit& visit) {
  return verify::to_hex(
      verify::digest(verify::Hash::Sha256, "browser " + visit.cookie).view().first(16));
}

void send_to(exchange::Exchange& x, std::string location) {
  x.own_response = std::make_unique<reply::Response>();
  x.own_response->status = 303;
  x.own_response->fields = {{"Location", std::move(location)}, {"Referrer-Policy", "no-referrer"}};
}

void send_to_error(exchange::Exchange& x, std::string_view word) {
  const std::string& uri = x.config.settings.oauth.error_uri;
  const std::string base = uri.starts_with('/') ? own_path(x, routing::Endpoint::Errors) : uri;
  send_to(x, with_parameters(base, {{"error", word}}));
}

void send_to_sign_in(exchange::Exchange& x, std::string_view target) {
  const conf::Login& login = x.config.settings.login;
  if (login.mode == conf::LoginMode::Local) {
    return send_to(x, with_parameters(own_path(x, routing::Endpoint::SignIn), {{"next", target}}));
  }
  if (login.mode == conf::LoginMode::Header) return send_to_error(x, "sign_in_unavailable");
  // Applications take a path of their own host, and wonder about whole addresses.
  constexpr std::string_view kReturn = "{return}";
  std::string url = *login.sign_in_url;
  std::string back(target);
  if (!url.starts_with('/')) back = x.external->scheme + "://" + x.external->authority + back;
  const std::string encoded = verify::percent_encode(back);
  for (std::size_t at = 0; (at = url.find(kReturn, at)) != url.npos; at += encoded.size()) {
    url.replace(at, kReturn.size(), encoded);
  }
  send_to(x, std::move(url));
}

std::string own_path(const exchange::Exchange& x, routing::Endpoint endpoint) {
  return x.external->path_prefix + x.config.endpoints.path(endpoint);
}

PageStyle style_of(const exchange::Exchange& x, const Visit& visit) {
  const bool local = x.config.settings.login.mode == conf::LoginMode::Local;
  PageStyle style{verify::random_name(kCookieLength), {}};
  if (local && !visit.user.empty()) style.sign_out_url = own_path(x, routing::Endpoint::SignOut);
  return style;
}

void answer_page(exchange::Exchange& x, const Visit& visit, int status,
                 std::string_view callback_origin, const PageStyle& style, std::string html) {
  x.own_response = std::make_unique<reply::Response>();
  reply::Response& response = *x.own_response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(html);
  response.fields = {
      {"Content-Security-Policy", pages::content_security_policy(style.nonce, callback_origin)},
      {"X-Frame-Options", "DENY"},
      {"X-Content-Type-Options", "nosniff"},
      // Not "no-referrer": browsers then send forms with Origin: null.
      {"Referrer-Policy", "same-origin"},
      {"Vary", "Cookie"}};
  if (visit.fresh) response.fields.emplace_back("Set-Cookie", set_cookie(https(x), visit.cookie));
}

}  // namespace gateway::provider
