#include "gateway/provider/form.h"

#include "verify/pairs.h"
#include "verify/percent.h"

namespace gateway::provider {

std::optional<Form> Form::parse(std::string_view text) {
  Form out;
  verify::FormPairs pairs(text);
  verify::Pair pair;
  while (pairs.next(pair)) {
    if (out.fields_.size() == kMaxFields) return std::nullopt;
    auto& [name, value] = out.fields_.emplace_back();
    if (!verify::form_decode(pair.name.text, name)) return std::nullopt;
    if (!verify::form_decode(pair.value.text, value)) return std::nullopt;
  }
  return out;
}

std::string_view Form::value(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string> Form::values(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : fields_) {
    if (key == name) out.push_back(value);
  }
  return out;
}

std::string_view query_of(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

std::string form_encoded(const std::vector<std::pair<std::string_view, std::string_view>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    verify::percent_encode(name, out);
    out += '=';
    verify::percent_encode(value, out);
  }
  return out;
}

}  // namespace gateway::provider
