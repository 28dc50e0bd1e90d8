#include "gateway/cli/fields.h"

#include <algorithm>

#include "conf/quoting.h"
#include "gateway/cli/time_text.h"

namespace gateway::cli {
namespace {

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return value.get_bool() ? "true" : "false";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
    default:
      return "a number";
  }
}

}  // namespace

const json::value* JsonFields::take(std::string_view name) {
  known_.push_back(name);
  return object_.if_contains(name);
}

void JsonFields::wrong(std::string sentence) {
  if (!problem_) problem_ = std::move(sentence);
}

void JsonFields::wrong(std::string_view name, std::string_view sentence) {
  wrong("field " + conf::quoted(prefix_ + std::string(name)) + ": " + std::string(sentence));
}

void JsonFields::expected(std::string_view name, std::string_view what, const json::value& found) {
  wrong(name, "expected " + std::string(what) + ", not " + std::string(kind_of(found)));
}

void JsonFields::text(std::string_view name, std::string& out, Presence presence) {
  const json::value* found = take(name);
  if (!found) {
    if (presence == Presence::Required) wrong(name, "is missing");
  } else if (found->is_string()) {
    out = std::string_view(found->get_string());
  } else {
    expected(name, "a string", *found);
  }
}

void JsonFields::text_or_null(std::string_view name, std::optional<std::string>& out) {
  const json::value* found = take(name);
  if (!found || found->is_null()) return;
  if (found->is_string()) {
    out.emplace(std::string_view(found->get_string()));
  } else {
    expected(name, "a string or null", *found);
  }
}

void JsonFields::secret(std::string_view name, verify::Secret& out) {
  const json::value* found = take(name);
  if (!found) {
    wrong(name, "is missing");
  } else if (found->is_string()) {
    out = verify::Secret(std::string_view(found->get_string()));
  } else {
    expected(name, "a string", *found);
  }
}

void JsonFields::flag(std::string_view name, bool& out) {
  const json::value* found = take(name);
  if (!found) return;
  if (found->is_bool()) {
    out = found->get_bool();
  } else {
    expected(name, "true or false", *found);
  }
}

void JsonFields::flag_or_null(std::string_view name, std::optional<bool>& out) {
  const json::value* found = take(name);
  if (!found || found->is_null()) return;
  if (found->is_bool()) {
    out = found->get_bool();
  } else {
    expected(name, "true, false or null", *found);
  }
}

void JsonFields::time_or_null(std::string_view name, std::optional<std::int64_t>& out) {
  constexpr std::string_view kTime = "a time in UTC such as \"2030-01-31T12:00:00Z\", or null";
  const json::value* found = take(name);
  if (!found || found->is_null()) return;
  if (!found->is_string()) return expected(name, kTime, *found);
  out = parse_time(found->get_string());
  if (out) return;
  wrong(name, "expected " + std::string(kTime) + ", not " + conf::quoted(found->get_string()));
}

void JsonFields::texts(std::string_view name, std::vector<std::string>& out) {
  const json::value* found = take(name);
  if (!found) return;
  if (!found->is_array()) return expected(name, "a list of strings", *found);
  out.clear();
  for (const json::value& item : found->get_array()) {
    if (!item.is_string()) {
      return wrong(name, "expected strings alone in the list, not " + std::string(kind_of(item)));
    }
    out.emplace_back(std::string_view(item.get_string()));
  }
}

void JsonFields::text_map(std::string_view name, std::map<std::string, std::string>& out) {
  const json::value* found = take(name);
  if (!found) return;
  if (!found->is_object()) return expected(name, "an object with strings", *found);
  out.clear();
  for (const auto& [key, value] : found->get_object()) {
    if (!value.is_string()) {
      return wrong(name, "expected a string for " + conf::quoted(key) + ", not " +
                             std::string(kind_of(value)));
    }
    out.emplace(std::string(key), std::string(std::string_view(value.get_string())));
  }
}

std::optional<std::string> JsonFields::finish() {
  if (problem_) return problem_;
  for (const auto& member : object_) {
    const std::string_view name = member.key();
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    wrong(name, "is unknown" + conf::suggestion(name, known_));
    break;
  }
  return problem_;
}

}  // namespace gateway::cli
