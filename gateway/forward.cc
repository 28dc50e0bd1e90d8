#include "gateway/forward.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "conf/field_names.h"

// Heads are written in one pass into memory that was made large enough before, since this runs for
// each request.

namespace gateway {
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

std::size_t size_of(const std::vector<Field>& fields) {
  std::size_t size = 0;
  for (const Field& field : fields) size += field.name.size() + field.value.size() + 4;
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
  return same_name(name, "content-type") || same_name(name, "authorization") ||
         same_name(name, "host");
}

bool named(std::string_view name, const std::vector<std::string_view>& connection) {
  for (std::string_view option : connection) {
    if (option.size() == name.size() && same_name(option, name)) return !shielded(name);
  }
  return false;
}

bool is_oauth(std::string_view authorization) {
  authorization.remove_prefix(
      std::min(authorization.find_first_not_of(" \t"), authorization.size()));
  return same_name(authorization.substr(0, authorization.find_first_of(" \t,")), "OAuth");
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

void write_cookies(const Field& field, Writer& to) {
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
bool needs_type(const RequestHead& head, const Onward& onward) {
  const bool body = onward.framing == Framing::Chunked ||
                    (onward.framing == Framing::Length && onward.length > 0);
  return body && !onward.identity_lines.empty() && names_no_type(head.content_type);
}

void write_request_field(const Field& field, const RequestHead& head, const Onward& onward,
                         const Hygiene& hygiene, Writer& to) {
  const std::string_view name = field.name;
  if (hygiene.forged(name)) return;
  if (!head.connection.empty() && named(name, head.connection)) return;
  if (hygiene.names_login_user(name)) {
    if (onward.pass_login_user && hygiene.is_login_header(name)) to.line(name, field.value);
    return;
  }
  if (!hygiene.may_be_named(name)) return;
  switch (conf::role_of(name)) {
    case conf::FieldRole::Hop:
    case conf::FieldRole::Dropped:
      return;
    case conf::FieldRole::Judged:
      if (same_name(name, "cookie")) return write_cookies(field, to);
      if (same_name(name, "content-type") && names_no_type(field.value)) return;
      if (same_name(name, "authorization") && !onward.pass_authorization && is_oauth(field.value)) {
        return;
      }
      break;
    case conf::FieldRole::Other:
      break;
  }
  to.line(name, field.value);
}

void write_framing(Framing framing, std::uint64_t length, Writer& to) {
  if (framing == Framing::Chunked) to.put("Transfer-Encoding: chunked\r\n");
  if (framing == Framing::Length || framing == Framing::None) {
    to.put("Content-Length: ");
    to.put(framing == Framing::None ? 0 : length);
    to.put("\r\n");
  }
}

bool wants_length(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

void put_encoded(std::string_view bytes, bool keep_spaces, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte > 0x20 && byte < 0x7f && c != '%') || (c == ' ' && keep_spaces)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
}

}  // namespace

bool is_own_cookie(std::string_view cookie) {
  // Browsers send "=portcullis=x" without the first "=".
  cookie.remove_prefix(std::min(cookie.find_first_not_of(" \t="), cookie.size()));
  std::string_view name = cookie.substr(0, cookie.find_first_of("=;"));
  name = name.substr(0, name.find_last_not_of(" \t") + 1);
  for (const std::string_view prefix : {"__host-", "__secure-"}) {
    if (!same_name(name.substr(0, prefix.size()), prefix)) continue;
    name.remove_prefix(prefix.size());
    break;
  }
  return same_name(name, "portcullis") || same_name(name, "portcullis-known");
}

Hygiene::Hygiene(const conf::Headers& headers, const conf::Login& login)
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

bool Hygiene::forged(std::string_view name) const {
  if (is_identity(name, prefix_, names_)) return true;
  const std::string_view rest = conf::without_cgi_prefix(name);
  return rest.size() != name.size() && is_identity(rest, prefix_, names_);
}

bool Hygiene::may_be_named(std::string_view name) const {
  if (conf::is_plain_name(name)) return true;
  const auto& allowed = headers_.allow_names;
  return std::any_of(allowed.begin(), allowed.end(),
                     [name](const std::string& one) { return same_name(one, name); });
}

bool Hygiene::names_login_user(std::string_view name) const {
  if (login_.empty()) return false;
  return conf::folds_to(name, login_) || conf::folds_to(conf::without_cgi_prefix(name), login_);
}

bool Hygiene::is_login_header(std::string_view name) const {
  return same_name(name, login_header_);
}

std::string identity_lines(const Identity& identity, const conf::Headers& headers) {
  std::string out;
  auto line = [&out](const std::string& name, const std::string& value, bool keep_spaces) {
    if (value.empty()) return;
    out += name;
    out += ": ";
    put_encoded(value, keep_spaces, out);
    out += "\r\n";
  };
  line(headers.client, identity.client, false);
  line(headers.user, identity.user, false);
  line(headers.realms, identity.realms, true);
  line(headers.token, identity.token_id, false);
  return out;
}

void write_request_head(const RequestHead& head, const Onward& onward, const Hygiene& hygiene,
                        std::string& out) {
  Writer to(out, kFixed + head.method.size() + onward.target.size() + onward.host.size() +
                     size_of(head.fields) + onward.forwarded_for.size() + onward.scheme.size() +
                     onward.authority.size() + onward.request_id.size() +
                     onward.identity_lines.size());
  to.put(head.method);
  to.put(' ');
  to.put(onward.target);
  to.put(" HTTP/1.1\r\n");
  to.line("Host", onward.host);
  for (const Field& field : head.fields) write_request_field(field, head, onward, hygiene, to);
  to.line("X-Forwarded-For", onward.forwarded_for);
  to.line("X-Forwarded-Proto", onward.scheme);
  to.line("X-Forwarded-Host", onward.authority);
  to.line("X-Request-Id", onward.request_id);
  to.put(onward.identity_lines);
  if (needs_type(head, onward)) to.put(kUntyped);
  if (onward.framing != Framing::None || wants_length(head.method)) {
    write_framing(onward.framing, onward.length, to);
  }
  to.put("\r\n");
}

void write_response_head(const ResponseHead& head, const Returned& returned, std::string& out) {
  const bool lengthless = head.status < 200 || head.status == 204;
  Writer to(out, kFixed + head.reason.size() + size_of(head.fields) + returned.request_id.size());
  to.put("HTTP/1.1 ");
  to.put(std::uint64_t{head.status});
  to.put(' ');
  to.put(head.reason);
  to.put("\r\n");
  for (const Field& field : head.fields) {
    if (conf::role_of(field.name) == conf::FieldRole::Hop) continue;
    if (!head.connection.empty() && named(field.name, head.connection)) continue;
    if (conf::folds_to(field.name, "set-cookie") && is_own_cookie(field.value)) continue;
    to.line(field.name, field.value);
  }
  if (returned.bodiless && !lengthless && head.told) {
    write_framing(Framing::Length, *head.told, to);
  }
  to.line("X-Request-Id", returned.request_id);
  if (!returned.bodiless && !lengthless) write_framing(returned.framing, returned.length, to);
  if (returned.close) {
    to.put("Connection: close\r\n");
  } else if (returned.client_minor == 0) {
    to.put("Connection: keep-alive\r\n");
  }
  to.put("\r\n");
}

}  // namespace gateway
