// Any bytes as a request: as it is written to a backend it has the same method, target, framing and
// body, and the next request begins where it did; nothing in it says who is there but what the gate
// wrote; no field comes from nowhere; and written once more it stays the same.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "conf/field_names.h"
#include "gateway/http/target.h"
#include "gateway/upstream/header_filter.h"
#include "tests/fuzzing/message_feed.h"

namespace {

using namespace gateway::http;
using fuzz::must;
using gateway::upstream::HeaderFilter;
using gateway::upstream::UpstreamRequest;

constexpr std::string_view kIdentity = "X-OAuth-User: alice\r\nX-OAuth-Client: app\r\n";
constexpr std::string_view kOurs[] = {
    "Host",         "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id",
    "X-OAuth-User", "X-OAuth-Client",  "Content-Length",    "Transfer-Encoding"};

const HeaderFilter& filter() {
  static const HeaderFilter one = [] {
    conf::Headers headers;
    headers.allow_names = {"odd_name"};
    conf::Login login;
    login.header = "Remote-User";
    return HeaderFilter(headers, login);
  }();
  return one;
}

UpstreamRequest upstream_of(const RequestHead& head, const Target& target) {
  UpstreamRequest out;
  out.target = target.origin;
  out.host = "backend.example";
  out.identity_lines = kIdentity;
  out.request_id = "r-1";
  out.forwarded_for = "192.0.2.1";
  out.scheme = "https";
  out.authority = "api.example";
  out.framing = head.framing;
  out.length = head.length;
  return out;
}

std::string written(const RequestHead& head, const UpstreamRequest& upstream) {
  std::string out = "before";
  gateway::upstream::write_request_head(head, upstream, filter(), out);
  must(out.starts_with("before"));
  return out.substr(6);
}

std::string in_chunks(std::string_view payload) {
  std::array<char, 24> line{};
  std::snprintf(line.data(), line.size(), "%zx\r\n", payload.size());
  const std::string last = "0\r\n\r\n";
  return payload.empty() ? last : line.data() + std::string(payload) + "\r\n" + last;
}

bool is_ours(std::string_view name) {
  return std::any_of(std::begin(kOurs), std::end(kOurs),
                     [name](std::string_view ours) { return same_name(ours, name); });
}

bool came_in(const Field& field, const RequestHead& head) {
  if (same_name(field.name, "Cookie")) return true;  // some of it may be left out
  if (same_name(field.name, "Content-Type") && field.value == "application/octet-stream") {
    return true;
  }
  return std::any_of(head.fields.begin(), head.fields.end(), [&field](const Field& one) {
    return one.name == field.name && one.value == field.value;
  });
}

void check_field(const Field& field, const RequestHead& head, const UpstreamRequest& upstream) {
  must(fuzz::is_token(field.name) && fuzz::is_text(field.value));
  if (filter().forged(field.name)) {
    must(field.value == (same_name(field.name, "X-OAuth-User") ? "alice" : "app"));
  }
  if (is_ours(field.name)) return;
  must(came_in(field, head));
  if (filter().names_login_user(field.name)) {
    must(upstream.pass_login_user && same_name(field.name, "Remote-User"));
    return;
  }
  must(same_name(field.name, "odd_name") || conf::is_plain_name(field.name));
  // As a program sees it that takes '_' and '-' for one.
  for (const std::string_view ours : kOurs) must(!conf::folds_to(field.name, conf::folded(ours)));
  const conf::FieldRole role = conf::role_of(field.name);
  must(role != conf::FieldRole::Hop && role != conf::FieldRole::Dropped);
  if (same_name(field.name, "Authorization") && !upstream.pass_authorization) {
    must(!same_name(field.value.substr(0, field.value.find(' ')), "OAuth"));
  }
  for (const std::string_view option : head.connection) {
    if (same_name(option, field.name)) {
      must(same_name(option, "Content-Type") || same_name(option, "Authorization"));
    }
  }
}

void check_fields(const RequestHead& onward, const RequestHead& head,
                  const UpstreamRequest& upstream) {
  for (const Field& field : onward.fields) check_field(field, head, upstream);
  for (const std::string_view ours : kOurs) {
    const auto times =
        std::count_if(onward.fields.begin(), onward.fields.end(),
                      [ours](const Field& field) { return same_name(field.name, ours); });
    const bool framing = ours.starts_with("Content") || ours.starts_with("Transfer");
    must(framing ? times <= 1 : times == 1);
  }
}

// The same message, and behind it the same rest.
void check_body(const std::string& text, const RequestHead& head, std::string_view payload) {
  const std::string body =
      head.framing == Framing::Chunked ? in_chunks(payload) : std::string(payload);
  RequestReader reader;
  RequestHead again;
  const fuzz::Outcome outcome = fuzz::feed(
      {text + body + "GET /next HTTP/1.1\r\n"}, MessageKind::Request, HeadBounds{.fields = 200},
      reader, [&](std::string_view bytes, Error& error) {
        const HeadBounds bounds{.head_bytes = 64 << 10, .fields = 200};
        return reader.read_head(bytes, bounds, again, error) == Parse::Done ? "read"
                                                                            : std::string();
      });
  must(outcome.end == fuzz::Outcome::End::Done && outcome.payload == payload);
  must(outcome.rest == "GET /next HTTP/1.1\r\n");
}

// Without the blanks at their ends, which an empty cookie behind others is.
std::vector<std::string> sorted_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    must(end != text.npos);
    const std::string_view line = text.substr(0, end);
    lines.emplace_back(line.substr(0, line.find_last_not_of(" \t") + 1));
    text.remove_prefix(end + 2);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

void check_onward(const RequestHead& head, const UpstreamRequest& upstream) {
  const std::string text = written(head, upstream);
  must(text.find("\r\n\r\n") == text.size() - 4);
  const HeadBounds bounds{.head_bytes = 64 << 10, .fields = 200};
  RequestReader reader;
  RequestHead onward;
  Error error;
  must(reader.read_head(text, bounds, onward, error) == Parse::Done);
  must(onward.method == head.method && onward.target == upstream.target && onward.minor == 1);
  must(onward.framing == head.framing && onward.length == head.length);
  must(onward.host == upstream.host && onward.connection.empty() && onward.keep_alive);
  must(!onward.expect_continue && !onward.expect_other);
  check_fields(onward, head, upstream);
  must(sorted_lines(written(onward, upstream)) == sorted_lines(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view whole(reinterpret_cast<const char*>(data), size);
  RequestReader reader;
  RequestHead head;
  Target target;
  std::string text, why;
  const fuzz::Outcome outcome =
      fuzz::feed({whole}, MessageKind::Request, HeadBounds{}, reader,
                 [&](std::string_view bytes, Error& error) -> std::string {
                   if (reader.read_head(bytes, HeadBounds{}, head, error) != Parse::Done) return "";
                   if (!parse_target(head.method, head.target, target, why)) return "no target";
                   UpstreamRequest upstream = upstream_of(head, target);
                   text = written(head, upstream);
                   check_onward(head, upstream);
                   upstream.pass_authorization = upstream.pass_login_user = true;
                   check_onward(head, upstream);
                   return "read";
                 });
  if (outcome.end != fuzz::Outcome::End::Done || text.empty()) return 0;
  check_body(text, head, outcome.payload);
  return 0;
}
