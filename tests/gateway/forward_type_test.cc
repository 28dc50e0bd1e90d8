// The Content-Type of what goes on.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/forward.h"
#include "gateway/message.h"

using namespace gateway;

TEST_CASE("a body without a type beside an identity is told not to be a form") {
  Onward proven;
  proven.identity_lines = "X-OAuth-User: alice\r\n";
  proven.framing = Framing::Length;
  proven.length = 3;
  const auto types = [](const std::vector<Field>& fields, const Onward& how) {
    std::string head;
    RequestHead request{.method = "POST", .fields = fields};
    for (const Field& field : fields) request.content_type = field.value;
    write_request_head(request, how, Hygiene(conf::Headers{}), head);
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
  Onward chunked = proven;
  chunked.framing = Framing::Chunked;
  CHECK(types({}, chunked) == untyped);
  Onward empty = proven;
  empty.length = 0;
  CHECK(types({}, empty) == Types{});
  Onward none = proven;
  none.framing = Framing::None;
  CHECK(types({}, none) == Types{});
  Onward anonymous = proven;
  anonymous.identity_lines = {};
  CHECK(types({}, anonymous) == Types{});
}
