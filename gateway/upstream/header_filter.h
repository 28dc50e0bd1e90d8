#pragma once

// Heads as they go onward: hop-by-hop fields out, forged identity out, proven identity in, framing
// written by us and never copied (RFC 9110 7.6, RFC 9112 6). Pure; output is appended to `out`,
// which callers reuse.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"
#include "gateway/http/message.h"

namespace gateway::upstream {

// Which inbound fields never reach the backend, prepared from the settings. Immutable, any thread.
class HeaderFilter {
 public:
  explicit HeaderFilter(const conf::Headers& headers, const conf::Login& login = {});
  // The name, folded, begins with strip_prefix or is an identity field.
  bool forged(std::string_view name) const;
  // Letters, digits and '-', or one of headers.allow_names.
  bool may_be_named(std::string_view name) const;
  // A backend may read it as login.header.
  bool names_login_user(std::string_view name) const;
  // It is that field.
  bool is_login_header(std::string_view name) const;
  const conf::Headers& headers() const { return headers_; }

 private:
  conf::Headers headers_;
  std::string prefix_;              // folded
  std::vector<std::string> names_;  // folded
  std::string login_header_;
  std::string login_;  // folded; empty: none
};

// Whether "name=value" of a Cookie or Set-Cookie field is a cookie of our own pages, which backends
// neither see nor set.
bool is_own_cookie(std::string_view cookie);

struct UpstreamRequest {
  std::string_view target;          // origin-form, byte for byte
  std::string_view host;            // the Host to send
  std::string_view identity_lines;  // empty on routes without proof
  std::string_view request_id;
  std::string_view forwarded_for;  // the client's address, and those of the proxies behind it
  std::string_view scheme;         // external, for X-Forwarded-Proto
  std::string_view authority;      // external, for X-Forwarded-Host
  // The request came from a trusted proxy that says who is there, and nobody signed it:
  // login.header goes on. From anybody else it never does.
  bool pass_login_user = false;
  // Otherwise Authorization is dropped when its scheme is OAuth; other schemes always pass.
  bool pass_authorization = false;
  // Length or Chunked when there is a body; POST, PUT and PATCH without one say Content-Length: 0.
  http::Framing framing = http::Framing::None;
  std::uint64_t length = 0;
};
// Method, target and fields of `head` onward, these in the order received. Not passed on, whatever
// the route, names compared as in conf/field_names.h:
// - fields whose names aren't plain, unless headers.allow_names has them;
// - what ends at this hop, and what Connection names (which can't harm Host, framing, Content-Type,
//   Authorization or what is written here);
// - what a backend would take for another path, method, host, scheme, address or user than was
//   decided on; X-Forwarded-For, -Proto, -Host and X-Request-Id are written anew;
// - forged identity, and the cookies of our own pages;
// - a Content-Type that names no type. A body without one is application/octet-stream where there
//   is identity beside it.
void write_request_head(const http::RequestHead& head, const UpstreamRequest& upstream,
                        const HeaderFilter& header_filter, std::string& out);

struct DownstreamResponse {
  std::string_view request_id;
  bool close = false;         // this response is the connection's last
  unsigned client_minor = 1;  // of the request; 1.0 clients are told keep-alive explicitly
  http::Framing framing = http::Framing::None;  // towards the client; UntilClose: no framing field
  std::uint64_t length = 0;
  bool bodiless = false;  // HEAD, 204, 304: the upstream's Content-Length is told, if it has one
};
// Likewise; a Set-Cookie of our own cookies' names is dropped too.
void write_response_head(const http::ResponseHead& head, const DownstreamResponse& downstream,
                         std::string& out);

}  // namespace gateway::upstream
