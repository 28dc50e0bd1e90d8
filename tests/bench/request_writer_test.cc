#include "bench/request_writer.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "verify/claim.h"
#include "verify/percent.h"
#include "verify/sign.h"

namespace {

using verify::Secret;

std::vector<bench::Identity> two_identities() {
  return {{"dpf43f3p2l4k3l03", Secret(std::string("kd94hf93k423kf44")), "nnch734d00sl2jdk",
           Secret(std::string("pfkkdhi9sl3r4s00"))},
          {"a!b&c%+", Secret(std::string("s/&=+ %")), "t\"o,k=", Secret(std::string("x y"))}};
}

// The value of a header field, up to the end of its line.
std::string field(std::string_view request, const std::string& name) {
  const std::string start = "\r\n" + name + ": ";
  const std::size_t at = request.find(start);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = request.substr(at + start.size());
  return std::string(rest.substr(0, rest.find("\r\n")));
}

// The value of an OAuth parameter in a header, decoded.
std::string parameter(const std::string& header, const std::string& name) {
  const std::string start = name + "=\"";
  const std::size_t at = header.find(start) + start.size();
  std::string out;
  REQUIRE(verify::percent_decode(header.substr(at, header.find('"', at) - at), out));
  return out;
}

std::string signature_by_verify(const std::string& authority, const std::string& target,
                                const bench::Identity& who, std::int64_t now,
                                const std::string& nonce) {
  verify::RequestView request;
  request.method = "GET";
  request.scheme = "http";
  request.authority = authority;
  request.target = target;
  verify::Signer signer;
  signer.client = who.client;
  signer.client_secret = who.client_secret;
  signer.token = who.token;
  signer.token_secret = who.token_secret;
  const auto header = verify::authorization_header(request, signer, now, nonce);
  REQUIRE(header.ok());
  return parameter(*header, "oauth_signature");
}

}  // namespace

TEST_CASE("the signature is the one that the client's side of verify makes") {
  const struct {
    const char* authority;
    const char* target;
  } cases[] = {
      {"127.0.0.1:8080", "/"},
      {"127.0.0.1:8080", "/api/items?fields=id%2Cname&limit=50&sort=-created_at&q=caf%C3%A9+noir"},
      {"localhost:80", "/api/a%2Fb//c"},
      {"LOCALHOST:8000", "/p?z=1&a=2&a=1&oauth=x&oauti=y&empty=&bare&&A=%7e"},
      {"127.0.0.1", "/p?"},
  };
  const std::vector<bench::Identity> identities = two_identities();
  for (const auto& c : cases) {
    CAPTURE(c.target);
    auto writer = bench::RequestWriter::make(c.authority, c.target, identities);
    REQUIRE_MESSAGE(writer.ok(), writer.error());
    for (std::size_t i = 0; i < identities.size(); ++i) {
      const std::string request(writer->write(i, 1'191'242'096, "kllo9940pd9333jh"));
      const std::string header = field(request, "Authorization");
      const bench::Identity& who = identities[writer->identity_at(i)];
      CHECK(parameter(header, "oauth_consumer_key") == who.client);
      CHECK(parameter(header, "oauth_token") == who.token);
      CHECK(parameter(header, "oauth_nonce") == "kllo9940pd9333jh");
      CHECK(parameter(header, "oauth_timestamp") == "1191242096");
      CHECK(parameter(header, "oauth_signature") ==
            signature_by_verify(c.authority, c.target, who, 1'191'242'096, "kllo9940pd9333jh"));
    }
  }
}

TEST_CASE("a request asks for the target at the authority and ends in an empty line") {
  for (const bool is_signed : {true, false}) {
    auto writer = bench::RequestWriter::make(
        "127.0.0.1:8080", "/a?b=c", is_signed ? two_identities() : std::vector<bench::Identity>{});
    REQUIRE(writer.ok());
    const std::string request(writer->next(1));
    CHECK(request.starts_with("GET /a?b=c HTTP/1.1\r\n"));
    CHECK(field(request, "Host") == "127.0.0.1:8080");
    CHECK(request.find("\r\n\r\n") == request.size() - 4);
    CHECK(field(request, "Authorization").empty() != is_signed);
  }
}

TEST_CASE("every request has a nonce of its own and the identities take turns") {
  auto writer = bench::RequestWriter::make("127.0.0.1", "/", two_identities());
  REQUIRE(writer.ok());
  std::set<std::string> nonces;
  std::vector<std::string> clients;
  constexpr std::size_t kRequests = 1'001;  // the counter carries twice
  for (std::size_t i = 0; i < kRequests; ++i) {
    const std::string header = field(writer->next(1), "Authorization");
    nonces.insert(parameter(header, "oauth_nonce"));
    clients.push_back(parameter(header, "oauth_consumer_key"));
  }
  CHECK(nonces.size() == kRequests);
  CHECK(clients[0] != clients[1]);
  CHECK(clients[0] == clients[2]);
}

TEST_CASE("two runs share no nonce") {
  auto one = bench::RequestWriter::make("127.0.0.1", "/", two_identities());
  auto other = bench::RequestWriter::make("127.0.0.1", "/", two_identities());
  REQUIRE((one.ok() && other.ok()));
  CHECK(parameter(field(one->next(1), "Authorization"), "oauth_nonce") !=
        parameter(field(other->next(1), "Authorization"), "oauth_nonce"));
}

TEST_CASE("the timestamp follows the clock") {
  auto writer = bench::RequestWriter::make("127.0.0.1", "/", two_identities());
  REQUIRE(writer.ok());
  for (const std::int64_t now : {1, 1, 2, 1'700'000'000}) {
    const std::string header = field(writer->next(now), "Authorization");
    CHECK(parameter(header, "oauth_timestamp") == std::to_string(now));
  }
}

TEST_CASE("a target that can't be signed is refused") {
  const char* const cases[] = {"",        "a",           "/?a=%",        "/?a=%2",
                               "/?a=%zz", "/?oauth_x=1", "/?oaut%68_x=1"};
  for (const char* target : cases) {
    CAPTURE(target);
    CHECK_FALSE(bench::RequestWriter::make("127.0.0.1", target, two_identities()).ok());
  }
}
