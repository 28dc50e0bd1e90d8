#include "gateway/upstream/header_filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "conf/field_names.h"

// Heads are written in one pass into memory that was made large enough before, since this runs for
// each request.

namespace gateway::upstream {
namespace {

// Appends to a string whose end was moved out of the way before, and puts it back when done.
class Writer {
 public:
  // `most`: upper bound of what will be written.
  Writer(std::string& out, std::size_t most) : out_(out), begin_(out.size()) {
    out_.resize(begin_ + most);
    at_ = out_.data() + begin_;
  }
  ~Writer() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void put(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void put(char byte) { *at_++ = byte; }
  void put(std::uint64_t number) { at_ = std::to_chars(at_, at_ + kDigits, number).ptr; }
  void line(std::string_view name, std::string_view value) {
    put(name);
    put(": ");
    put(value);
    put("\r\n");
  }

  static constexpr std::size_t kDigits = 20;

 private:
  std::string& out_;
  std::size_t begin_;
  char* at_;
};

// What the fixed names, spaces and line ends of a head may take together.
constexpr std::size_t kFixed = 320;

constexpr std::string_view kUntyped = "Content-Type: application/octet-stream\r\n";

std::size_t size_of(const std::vector<http::Field>& fields) {
  std::size_t size = 0;
  for (const http::Field& field : fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

bool is_identity(std::string_view name, std::string_view prefix,
                 const std::vector<std::string>& names) {
  if (!prefix.empty() && conf::folds_to_begin(name, prefix)) return true;
  for (const std::string& canonical : names) {
    if (conf::folds_to(name, canonical)) return true;
  }
  return false;
}

// What Connection can't take away: without these a request would mean something else.
bool shielded(std::string_view name) {
  return http::same_name(name, "content-type") || http::same_name(name, "authorization") ||
         http::same_name(name, "host");
}

bool named(std::string_view name, const std::vector<std::string_view>& connection) {
  for (std::string_view option : connection) {
    if (option.size() == name.size() && http::same_name(option, name)) return !shielded(name);
  }
  return false;
}

bool is_oauth(std::string_view authorization) {
  authorization.remove_prefix(
      std::min(authorization.find_first_not_of(" \t"), authorization.size()));
  return http::same_name(authorization.substr(0, authorization.find_first_of(" \t,")), "OAuth");
}

// Calls each(cookie) for what stands between the semicolons.
template <class Each>
void each_cookie(std::string_view value, Each each) {
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(';'), value.size());
    each(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

void write_cookies(const http::Field& field, Writer& to) {
  bool any = false;
  each_cookie(field.value, [&any](std::string_view cookie) { any = any || is_own_cookie(cookie); });
  if (!any) return to.line(field.name, field.value);
  bool first = true;
  each_cookie(field.value, [&](std::string_view cookie) {
    if (is_own_cookie(cookie)) return;
    if (first) {
      to.put(field.name);
      to.put(": ");
      cookie.remove_prefix(std::min(cookie.find_first_not_of(" \t"), cookie.size()));
    } else {
      to.put(';');
    }
    to.put(cookie);
    first = false;
  });
  if (!first) to.put("\r\n");
}

// No type at all: none was sent, or nothing stands before the parameters.
bool names_no_type(std::string_view content_type) {
  content_type.remove_prefix(std::min(content_type.find_first_not_of(" \t"), content_type.size()));
  return content_type.empty() || content_type.front() == ';';
}

// Some backends take a body without a type for a form (cgi.FieldStorage of Python does). Nobody
// signed it, so it must not look like one beside an identity. RFC 9110 8.3 lets a recipient take
// it for what is said here.
bool needs_type(const http::RequestHead& head, const UpstreamRequest& upstream) {
  const bool body = upstream.framing == http::Framing::Chunked ||
                    (upstream.framing == http::Framing::Length && upstream.length > 0);
  return body && !upstream.identity_lines.empty() && names_no_type(head.content_type);
}

void write_request_field(const http::Field& field, const http::RequestHead& head,
                         const UpstreamRequest& upstream, const HeaderFilter& header_filter,
                         Writer& to) {
  const std::string_view name = field.name;
  if (header_filter.forged(name)) return;
  if (!head.connection.empty() && named(name, head.connection)) return;
  if (header_filter.names_login_user(name)) {
    if (upstream.pass_login_user && header_filter.is_login_header(name)) to.line(name, field.value);
    return;
  }
  if (!header_filter.may_be_named(name)) return;
  switch (conf::role_of(name)) {
    case conf::FieldRole::Hop:
    case conf::FieldRole::Dropped:
      return;
    case conf::FieldRole::Judged:
      if (http::same_name(name, "cookie")) return write_cookies(field, to);
      if (http::same_name(name, "content-type") && names_no_type(field.value)) return;
      if (http::same_name(name, "authorization") && !upstream.pass_authorization &&
          is_oauth(field.value)) {
        return;
      }
      break;
    case conf::FieldRole::Other:
      break;
  }
  to.line(name, field.value);
}

void write_framing(http::Framing framing, std::uint64_t length, Writer& to) {
  if (framing == http::Framing::Chunked) to.put("Transfer-Encoding: chunked\r\n");
  if (framing == http::Framing::Length || framing == http::Framing::None) {
    to.put("Content-Length: ");
    to.put(framing == http::Framing::None ? 0 : length);
    to.put("\r\n");
  }
}

bool wants_length(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

bool is_own_cookie(std::string_view cookie) {
  // Browsers send "=portcullis=x" without the first "=".
  cookie.remove_prefix(std::min(cookie.find_first_not_of(" \t="), cookie.size()));
  std::string_view name = cookie.substr(0, cookie.find_first_of("=;"));
  name = name.substr(0, name.find_last_not_of(" \t") + 1);
  for (const std::string_view prefix : {"__host-", "__secure-"}) {
    if (!http::same_name(name.substr(0, prefix.size()), prefix)) continue;
    name.remove_prefix(prefix.size());
    break;
  }
  return http::same_name(name, "portcullis") || http::same_name(name, "portcullis-known");
}

HeaderFilter::HeaderFilter(const conf::Headers& headers, const conf::Login& login)
    : headers_(headers),
      prefix_(conf::folded(headers.strip_prefix)),
      login_header_(login.header.value_or("")),
      login_(conf::folded(login_header_)) {
  for (const std::string* name :
       {&headers.user, &headers.client, &headers.realms, &headers.token}) {
    std::string canonical = conf::folded(*name);
    if (prefix_.empty() || !canonical.starts_with(prefix_)) names_.push_back(std::move(canonical));
  }
}

bool HeaderFilter::forged(std::string_view name) const {
  if (is_identity(name, prefix_, names_)) return true;
  const std::string_view rest = conf::without_cgi_prefix(name);
  return rest.size() != name.size() && is_identity(rest, prefix_, names_);
}

bool HeaderFilter::may_be_named(std::string_view name) const {
  if (conf::is_plain_name(name)) return true;
  const auto& allowed = headers_.allow_names;
  return std::any_of(allowed.begin(), allowed.end(),
                     [name](const std::string& one) { return http::same_name(one, name); });
}

bool HeaderFilter::names_login_user(std::string_view name) const {
  if (login_.empty()) return false;
  return conf::folds_to(name, login_) || conf::folds_to(conf::without_cgi_prefix(name), login_);
}

bool HeaderFilter::is_login_header(std::string_view name) const {
  return http::same_name(name, login_header_);
}

void write_request_head(const http::RequestHead& head, const UpstreamRequest& upstream,
                        const HeaderFilter& header_filter, std::string& out) {
  Writer to(out, kFixed + head.method.size() + upstream.target.size() + upstream.host.size() +
                     size_of(head.fields) + upstream.forwarded_for.size() + upstream.scheme.size() +
                     upstream.authority.size() + upstream.request_id.size() +
                     upstream.identity_lines.size());
  to.put(head.method);
  to.put(' ');
  to.put(upstream.target);
  to.put(" HTTP/1.1\r\n");
  to.line("Host", upstream.host);
  for (const http::Field& field : head.fields)
    write_request_field(field, head, upstream, header_filter, to);
  to.line("X-Forwarded-For", upstream.forwarded_for);
  to.line("X-Forwarded-Proto", upstream.scheme);
  to.line("X-Forwarded-Host", upstream.authority);
  to.line("X-Request-Id", upstream.request_id);
  to.put(upstream.identity_lines);
  if (needs_type(head, upstream)) to.put(kUntyped);
  if (upstream.framing != http::Framing::None || wants_length(head.method)) {
    write_framing(upstream.framing, upstream.length, to);
  }
  to.put("\r\n");
}

void write_response_head(const http::ResponseHead& head, const DownstreamResponse& downstream,
                         std::string& out) {
  const bool lengthless = head.status < 200 || head.status == 204;
  Writer to(out, kFixed + head.reason.size() + size_of(head.fields) + downstream.request_id.size());
  to.put("HTTP/1.1 ");
  to.put(std::uint64_t{head.status});
  to.put(' ');
  to.put(head.reason);
  to.put("\r\n");
  for (const http::Field& field : head.fields) {
    if (conf::role_of(field.name) == conf::FieldRole::Hop) continue;
    if (!head.connection.empty() && named(field.name, head.connection)) continue;
    if (conf::folds_to(field.name, "set-cookie") && is_own_cookie(field.value)) continue;
    to.line(field.name, field.value);
  }
  if (downstream.bodiless && !lengthless && head.told) {
    write_framing(http::Framing::Length, *head.told, to);
  }
  to.line("X-Request-Id", downstream.request_id);
  if (!downstream.bodiless && !lengthless) write_framing(downstream.framing, downstream.length, to);
  if (downstream.close) {
    to.put("Connection: close\r\n");
  } else if (downstream.client_minor == 0) {
    to.put("Connection: keep-alive\r\n");
  }
  to.put("\r\n");
}

}  // namespace gateway::upstream
