#pragma once

// Reads a JSON object field by field, and keeps the first thing that is wrong with it as a sentence
// that names the field, and never shows a value that may be a secret. One thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/json.h"
#include "verify/secret.h"

namespace gateway::cli {

// Every function that takes a name makes it known. A field that is absent leaves `out` as it is,
// unless it is required.
class JsonFields {
 public:
  enum class Presence : bool { Optional, Required };

  // `object` must outlive it. `prefix` stands before names in sentences: "secrets[1].".
  explicit JsonFields(const json::object& object, std::string prefix = {})
      : object_(object), prefix_(std::move(prefix)) {}

  const json::value* take(std::string_view name);

  void text(std::string_view name, std::string& out, Presence presence = Presence::Optional);
  void text_or_null(std::string_view name, std::optional<std::string>& out);
  void secret(std::string_view name, verify::Secret& out);  // required
  void flag(std::string_view name, bool& out);
  void flag_or_null(std::string_view name, std::optional<bool>& out);
  void time_or_null(std::string_view name, std::optional<std::int64_t>& out);  // RFC 3339, UTC
  void texts(std::string_view name, std::vector<std::string>& out);
  void text_map(std::string_view name, std::map<std::string, std::string>& out);

  void wrong(std::string_view name, std::string_view sentence);
  void wrong(std::string sentence);

  bool ok() const { return !problem_; }
  // What is wrong, or nothing; a field that nobody asked for is wrong too. Call it last.
  std::optional<std::string> finish();

 private:
  void expected(std::string_view name, std::string_view what, const json::value& found);

  const json::object& object_;
  std::string prefix_;
  std::vector<std::string_view> known_;
  std::optional<std::string> problem_;
};

}  // namespace gateway::cli
