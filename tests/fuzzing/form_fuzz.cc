// Any bytes as what a browser sends with a form: the fields are those that a plain reading of the
// standard finds, in their order; and written anew they are read the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/provider/form.h"

namespace {

using gateway::provider::Form;
using Fields = std::vector<std::pair<std::string, std::string>>;

void must(bool good) {
  if (!good) std::abort();
}

int hex(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
  const std::size_t at = kDigits.find(c);
  return at == kDigits.npos ? -1 : static_cast<int>(at % 16);
}

bool decode(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return false;
      out += static_cast<char>(hex(text[i + 1]) << 4 | hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return true;
}

// Without a look at the gate's own reader. False: it is to be refused.
bool plainly_read(std::string_view text, Fields& out) {
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find('&'));
    text.remove_prefix(piece.size() < text.size() ? piece.size() + 1 : piece.size());
    if (piece.empty()) continue;
    const std::size_t equals = piece.find('=');
    auto& [name, value] = out.emplace_back();
    if (!decode(piece.substr(0, equals), name)) return false;
    if (equals != piece.npos && !decode(piece.substr(equals + 1), value)) return false;
  }
  return out.size() <= Form::kMaxFields;
}

void check_same(const Form& form, const Fields& fields) {
  for (const auto& [name, value] : fields) {
    std::vector<std::string> values;
    for (const auto& [other, its] : fields) {
      if (other == name) values.push_back(its);
    }
    must(form.values(name) == values);
    must(form.value(name) == values[0]);
  }
  must(form.values("no such name").empty() && form.value("no such name").empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.size() > 4096 || text.find("no+such+name") != text.npos) return 0;
  const auto form = Form::parse(text);
  Fields fields;
  must(form.has_value() == plainly_read(text, fields));
  if (!form) return 0;
  for (const auto& [name, value] : fields) {
    if (name == "no such name") return 0;
  }
  check_same(*form, fields);
  std::vector<std::pair<std::string_view, std::string_view>> views(fields.begin(), fields.end());
  const std::string anew = gateway::provider::form_encoded(views);
  for (const char c : anew) must(c > ' ' && c <= '~' && c != '+' && c != '"');
  const auto again = Form::parse(anew);
  must(again.has_value());
  check_same(*again, fields);
  const std::string target = "/page?" + anew;
  must(gateway::provider::query_of(target) == anew);
  return 0;
}
