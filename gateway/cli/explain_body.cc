// What clients sign of bodies that are no forms, and what is too large for the gate.

#include "gateway/cli/explain.h"
#include "gateway/http/message.h"
#include "gateway/net/json.h"

namespace gateway::cli {
namespace {

using Members = verify::Evidence::Members;

constexpr std::size_t kMaxMembers = 1000;
constexpr int kMaxDepth = 16;

// How members that hold others are written as one text.
enum class Inner { Json, Script, Brackets, Dots };

std::string plain(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

// As JavaScript's String() does.
std::string script_text(const json::value& value, int depth) {
  if (value.is_object()) return "[object Object]";
  if (!value.is_array()) return value.is_null() ? "" : plain(value);
  std::string out;
  for (const json::value& one : value.as_array()) {
    if (&one != &value.as_array().front()) out += ',';
    if (depth < kMaxDepth) out += script_text(one, depth + 1);
  }
  return out;
}

void add(const std::string& name, const json::value& value, Inner inner, int depth, Members& out) {
  if (out.size() >= kMaxMembers || depth > kMaxDepth) return;
  const bool holds = value.is_object() || value.is_array();
  if (!holds || inner == Inner::Json) {
    out.emplace_back(name, plain(value));
  } else if (inner == Inner::Script) {
    out.emplace_back(name, script_text(value, 0));
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.as_object()) {
      const std::string own(key);
      add(inner == Inner::Dots ? name + '.' + own : name + '[' + own + ']', member, inner,
          depth + 1, out);
    }
  } else {
    std::size_t index = 0;
    for (const json::value& one : value.as_array()) {
      const std::string at = std::to_string(index++);
      add(inner == Inner::Dots ? name + '.' + at : name + '[' + at + ']', one, inner, depth + 1,
          out);
    }
  }
}

Members read(const std::string& body, Inner inner) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  Members out;
  if (error || !value.is_object()) return out;
  for (const auto& [key, member] : value.as_object()) add(std::string(key), member, inner, 0, out);
  return out;
}

// The value of a parameter of a field: `name="form-data"` and `name=form-data`.
std::string parameter_of(std::string_view field, const std::string& name) {
  const std::string mark = name + '=';
  for (std::size_t at = field.find(mark); at != field.npos; at = field.find(mark, at + 1)) {
    if (at > 0 && field[at - 1] != ' ' && field[at - 1] != ';' && field[at - 1] != '\t') continue;
    std::string_view rest = field.substr(at + mark.size());
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      return std::string(rest.substr(0, rest.find('"')));
    }
    return std::string(rest.substr(0, rest.find_first_of("; \t\r\n")));
  }
  return {};
}

std::string_view take_until(std::string_view& rest, std::string_view mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view out = rest.substr(0, at);
  rest.remove_prefix(at == rest.npos ? rest.size() : at + mark.size());
  return out;
}

}  // namespace

Members members_of(const std::string& body) { return read(body, Inner::Json); }

std::vector<Members> more_members_of(const std::string& body) {
  std::vector<Members> out;
  for (const Inner inner : {Inner::Script, Inner::Brackets, Inner::Dots}) {
    out.push_back(read(body, inner));
  }
  return out;
}

Members parts_of(std::string_view content_type, std::string_view body) {
  Members out;
  if (!http::same_name(content_type.substr(0, 10), "multipart/")) return out;
  const std::string boundary = "--" + parameter_of(content_type, "boundary");
  if (boundary.size() == 2) return out;
  take_until(body, boundary);
  while (!body.empty() && out.size() < kMaxMembers) {
    std::string_view part = take_until(body, boundary);
    if (part.starts_with("--")) break;
    const bool crlf = part.starts_with("\r\n");
    const std::string_view head = take_until(part, crlf ? "\r\n\r\n" : "\n\n");
    const std::string name = parameter_of(head, "name");
    part = part.substr(0, part.size() - std::min<std::size_t>(part.size(), crlf ? 2 : 1));
    const bool file = head.find("filename") != head.npos;
    if (!name.empty() && !file) out.emplace_back(name, std::string(part));
  }
  return out;
}

std::vector<Cause> size_causes(const RequestText& request,
                               const std::optional<conf::Settings>& settings) {
  const conf::Limits limits = settings ? settings->limits : conf::Limits();
  std::vector<Cause> out;
  const auto beyond = [&](std::uint64_t size, std::uint64_t limit, const char* what,
                          const char* key, const char* status) {
    if (size <= limit) return;
    out.push_back({"too_large", std::string(what) + " beyond " + key + ", " +
                                    std::to_string(limit) + ": the gate answers " + status + '.'});
  };
  std::uint64_t head =
      request.method.size() + request.target.size() + sizeof "  HTTP/1.1\r\n\r\n" - 1;
  for (const auto& [name, value] : request.fields) head += name.size() + value.size() + 4;
  beyond(request.target.size(), limits.target_bytes, "The target is", "limits.target_bytes", "414");
  beyond(head, limits.header_bytes, "The head is", "limits.header_bytes", "431");
  beyond(request.fields.size(), limits.headers, "The fields are", "limits.headers", "431");
  if (verify::is_form(request.value_or_empty("Content-Type"))) {
    beyond(request.body.size(), limits.form_bytes, "The form is", "limits.form_bytes", "413");
  }
  return out;
}

}  // namespace gateway::cli
