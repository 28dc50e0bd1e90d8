// login.mode "app": the application in front of which the gate stands says who is signed in. It is
// asked like any page of its own, with the browser's cookies and nothing else of the request.

#include <algorithm>

#include "conf/url.h"
#include "gateway/exchange/ask_backend.h"
#include "gateway/net/json.h"
#include "gateway/provider/browser.h"
#include "gateway/provider/cookie.h"
#include "store/records.h"

namespace gateway::provider {
namespace {

constexpr std::size_t kLargestResponse = 64 << 10;  // bytes of its body

exchange::RefusalPtr unavailable(const std::string& why) {
  return exchange::stop(
      {.kind = reply::RefusalKind::SignInUnavailable, .detail = "login.check_url: " + why});
}

// Path and query as they are written: conf::Url leaves out a '/' at the end, where applications
// respond with a redirect, which would mean that nobody is signed in.
std::string target_of(std::string_view url) {
  const std::size_t start = url.find_first_of("/?", url.find("://") + 3);
  const std::string target(url.substr(std::min(start, url.size())));
  return target.starts_with('/') ? target : "/" + target;
}

std::string question(const exchange::Exchange& x, const conf::Url& url) {
  std::string out = "GET " + target_of(*x.config.settings.login.check_url);
  out += " HTTP/1.1\r\nHost: " + url.authority() + "\r\nAccept: application/json, */*;q=0.5\r\n";
  const std::string cookies = foreign_cookies(x.request);
  if (!cookies.empty()) out += "Cookie: " + cookies + "\r\n";
  out += "X-Request-Id: " + std::string(std::string_view(x.request_id)) + "\r\n";
  return out + "Connection: close\r\n\r\n";
}

net::Task<exchange::RefusalPtr> read_body(exchange::Exchange& x, std::string& body) {
  http::Buffer& up = x.scratch.up;
  up.consume(x.response_head_size);
  http::Error broken;
  for (;;) {
    x.scratch.pieces.clear();
    std::size_t used = 0;
    const http::Parse parse =
        x.scratch.response_reader.read_body(up.view(), used, x.scratch.pieces, broken);
    if (parse == http::Parse::Bad) co_return unavailable("its answer is no HTTP");
    for (const std::string_view piece : x.scratch.pieces) body += piece;
    up.consume(used);
    if (body.size() > kLargestResponse) co_return unavailable("its answer is too large");
    if (parse == http::Parse::Done) co_return nullptr;
    up.compact();
    if (up.space_size() == 0) co_return unavailable("its answer is no HTTP");
    x.upstream->set(x.config.settings.timeouts.upstream_response);
    auto [error, bytes] = co_await x.upstream->read_some(up.space(), up.space_size());
    up.filled(bytes);
    if (!error) continue;
    if (error == asio::error::eof && x.scratch.response_reader.end_of_stream()) co_return nullptr;
    co_return unavailable(x.upstream->fired() ? "it took too long" : error.message());
  }
}

// What the response's field of that name says; empty if there is none, or more than one.
std::string in_field(const http::ResponseHead& head, std::string_view name) {
  std::string found;
  unsigned count = 0;
  for (const http::Field& field : head.fields) {
    if (!http::same_name(field.name, name)) continue;
    found = field.value;
    ++count;
  }
  return count == 1 ? found : std::string();
}

// What the JSON text says at that place; empty if it says nothing there that could be a name.
std::string in_json(std::string_view text, std::string_view pointer) {
  json::error_code error;
  const json::value response = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return {};
  const json::value* found =
      response.find_pointer(json::string_view(pointer.data(), pointer.size()), error);
  if (found == nullptr) return {};
  if (found->is_int64()) return std::to_string(found->get_int64());
  if (found->is_uint64()) return std::to_string(found->get_uint64());
  if (!found->is_string()) return {};
  const json::string& name = found->get_string();
  return std::string(name.data(), name.size());
}

// Sends the question, and reads the head of the response.
net::Task<exchange::RefusalPtr> ask(exchange::Exchange& x, const conf::Url& url) {
  const conf::Upstream application{
      .name = "login.check_url",
      .servers = {conf::Url{.scheme = url.scheme, .host = url.host, .port = url.port}},
      .where = {}};
  upstream::UpstreamPool pool(x.worker.context().get_executor(), x.worker.deadlines(), application,
                              x.config.settings.timeouts.upstream_connect);
  auto connected = co_await pool.connect();
  if (!connected) co_return unavailable(connected.error().detail);
  x.upstream = std::move(*connected);
  x.scratch.out = question(x, url);
  x.scratch.up.clear();
  x.interim_bytes = 0;
  x.scratch.gathered.assign(1, asio::buffer(x.scratch.out));
  std::span<asio::const_buffer> rest(x.scratch.gathered);
  x.upstream->set(x.config.settings.timeouts.upstream_response);
  net::ErrorCode error;
  const bool written = x.upstream->write_now(rest, error);
  if (!written && !error) error = co_await x.upstream->write_rest(rest);
  if (error) co_return unavailable(error.message());
  exchange::RefusalPtr failed = co_await exchange::read_response_head(x, false);
  if (failed) co_return unavailable(failed->detail);
  co_return nullptr;
}

// Who the response says is signed in; empty: nobody.
net::Task<exchange::RefusalPtr> hear(exchange::Exchange& x, std::string_view place,
                                     std::string& user) {
  const unsigned status = x.scratch.response.status;
  if (status == 401 || status == 403 || (status >= 300 && status < 400)) co_return nullptr;
  if (status != 200) co_return unavailable("it answers " + std::to_string(status));
  constexpr std::string_view kField = "header:", kJson = "json:";
  if (place.starts_with(kField)) {
    user = in_field(x.scratch.response, place.substr(kField.size()));
  } else {
    std::string body;
    exchange::RefusalPtr failed = co_await read_body(x, body);
    if (failed) co_return failed;
    user = in_json(body, place.substr(kJson.size()));
  }
  if (store::is_user_name(user)) co_return nullptr;
  user.clear();
  co_return unavailable("its answer names no user at " + std::string(place));
}

}  // namespace

net::Task<exchange::RefusalPtr> ask_application(exchange::Exchange& x, std::string& user) {
  const conf::Login& login = x.config.settings.login;
  const auto url = conf::parse_url(*login.check_url);
  const conf::Url& asked = *url;
  exchange::RefusalPtr failed = co_await ask(x, asked);
  if (!failed) failed = co_await hear(x, *login.user, user);
  x.upstream.reset();
  co_return failed;
}

}  // namespace gateway::provider
