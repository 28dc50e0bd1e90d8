// What the gate refuses of a request before it looks for credentials.

#include <algorithm>

#include "gateway/cli/explain.h"
#include "gateway/http/message.h"
#include "verify/parameters.h"

namespace gateway::cli {
namespace {

std::size_t head_bytes(const RequestText& request) {
  std::size_t bytes = request.method.size() + request.target.size() + sizeof "  HTTP/1.1\r\n\r\n";
  for (const auto& [name, value] : request.fields) {
    bytes += name.size() + value.size() + sizeof ": \r\n" - 1;
  }
  return bytes - 1;
}

Cause too_much(std::string word, std::string_view what, std::uint64_t has, std::string_view key,
               std::uint64_t limit, std::string_view status) {
  return {std::move(word), std::string(what) + " has " + std::to_string(has) + ", and limits." +
                               std::string(key) + " is " + std::to_string(limit) +
                               ": the gate answers " + std::string(status) + '.'};
}

}  // namespace

std::vector<Cause> early_causes(const conf::Settings& settings, const RequestText& request) {
  const conf::Limits& limits = settings.limits;
  std::vector<Cause> out;
  const std::size_t target = request.target.size();
  if (target > limits.target_bytes) {
    out.push_back(too_much("target_too_long", "The number of bytes of the target", target,
                           "target_bytes", limits.target_bytes, "414"));
  }
  const std::size_t head = head_bytes(request);
  if (head > limits.header_bytes) {
    out.push_back(
        too_much("head_too_large", "The head", head, "header_bytes", limits.header_bytes, "431"));
  }
  if (request.fields.size() > limits.headers) {
    out.push_back(too_much("head_too_large", "The head", request.fields.size(), "headers",
                           limits.headers, "431"));
  }
  const bool form = verify::is_form(request.value_or_empty("Content-Type"));
  const std::uint64_t most =
      form ? std::min(limits.form_bytes, limits.body_bytes) : limits.body_bytes;
  if (request.body.size() > most) {
    out.push_back(too_much("body_too_large", "The body", request.body.size(),
                           form ? "form_bytes" : "body_bytes", most, "413"));
  }
  if (request.method == "CONNECT" || request.method == "TRACE") {
    out.push_back({"method_not_implemented", "The gate does not do this method: it answers 501."});
  }
  const std::string_view expect = request.value_or_empty("Expect");
  if (!expect.empty() && !http::same_name(expect, "100-continue")) {
    out.push_back({"expectation_failed",
                   "The field Expect asks for what the gate can't do: it answers 417."});
  }
  return out;
}

}  // namespace gateway::cli
