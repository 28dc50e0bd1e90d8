// The Content-Type of what goes on.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/http/message.h"
#include "gateway/upstream/header_filter.h"

using namespace gateway;
using namespace gateway::upstream;

TEST_CASE("a body without a type beside an identity is told not to be a form") {
  UpstreamRequest proven;
  proven.identity_lines = "X-OAuth-User: alice\r\n";
  proven.framing = http::Framing::Length;
  proven.length = 3;
  const auto types = [](const std::vector<http::Field>& fields, const UpstreamRequest& how) {
    std::string head;
    http::RequestHead request{.method = "POST", .fields = fields};
    for (const http::Field& field : fields) request.content_type = field.value;
    write_request_head(request, how, HeaderFilter(conf::Headers{}), head);
    std::vector<std::string> out;
    for (std::size_t at = head.find("Content-Type: "); at != head.npos;
         at = head.find("Content-Type: ", at + 1)) {
      out.push_back(head.substr(at + 14, head.find('\r', at) - at - 14));
    }
    return out;
  };
  using Types = std::vector<std::string>;
  const Types untyped{"application/octet-stream"};
  CHECK(types({}, proven) == untyped);
  for (const char* value : {"", " ", "; charset=utf-8", " \t;a"}) {
    CHECK(types({{"Content-Type", value}}, proven) == untyped);
  }
  CHECK(types({{"Content-Type", "text/plain"}}, proven) == Types{"text/plain"});
  UpstreamRequest chunked = proven;
  chunked.framing = http::Framing::Chunked;
  CHECK(types({}, chunked) == untyped);
  UpstreamRequest empty = proven;
  empty.length = 0;
  CHECK(types({}, empty) == Types{});
  UpstreamRequest none = proven;
  none.framing = http::Framing::None;
  CHECK(types({}, none) == Types{});
  UpstreamRequest anonymous = proven;
  anonymous.identity_lines = {};
  CHECK(types({}, anonymous) == Types{});
}
