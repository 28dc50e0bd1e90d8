#pragma once

// Fields of an application/x-www-form-urlencoded text: what a browser sends with a form, or in a
// query. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::provider {

class Form {
 public:
  inline static constexpr std::size_t kMaxFields = 200;

  // Nothing for a text with a bad '%' or more than kMaxFields fields.
  static std::optional<Form> parse(std::string_view text);

  // The first value of that name; empty without one.
  std::string_view value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// What stands behind '?' in a target.
std::string_view query_of(std::string_view target);

// "a=1&b=%C3%A9".
std::string form_encoded(const std::vector<std::pair<std::string_view, std::string_view>>& fields);

}  // namespace gateway::provider
