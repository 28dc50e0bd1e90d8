// Any bytes as a Content-Type: where one of the ways below, in which backends look for a form,
// finds one, the gate sees a form too, or says that it is unclear; and it sees a form only where
// the media type is that of a form.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "verify/request.h"

namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

void must(bool good) {
  if (!good) std::abort();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string_view stripped(std::string_view text, std::string_view blanks) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

// Up to a semicolon, a comma or a space, by its beginning, and with blanks that are none in HTTP.
bool some_backend_sees_a_form(const std::string& type) {
  const std::string_view all = type;
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  if (stripped(all.substr(0, all.find(';')), kBlanks) == kForm) return true;
  if (stripped(all.substr(0, all.find_first_of(";,")), kBlanks) == kForm) return true;
  if (all.substr(0, all.find_first_of(";, \t")) == kForm) return true;
  if (all.starts_with(kForm)) return true;
  return stripped(all.substr(0, all.find(';')), " \t\r\n\f\v\x85\xa0") == kForm;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using verify::BodyKind;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string type = lower(text);
  const BodyKind kind = verify::body_kind(text);
  must(verify::body_kind(type) == kind);
  must(verify::is_form(text) == (kind == BodyKind::Form));
  if (some_backend_sees_a_form(type)) must(kind != BodyKind::Other);
  if (kind == BodyKind::Form) {
    must(stripped(std::string_view(type).substr(0, type.find(';')), " \t\r\n\f\v") == kForm);
  }
  // Parameters never make a form of what is none, nor something else of a form.
  if (type.find(';') == type.npos) {
    must(verify::body_kind(type + "; boundary=x") == kind);
    must(verify::body_kind(type + ";charset=UTF-8") == kind);
    if (kind == BodyKind::Form) {
      must(verify::body_kind(type + "; charset=utf-7") == BodyKind::Unclear);
    }
  }
  return 0;
}
