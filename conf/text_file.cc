#include "conf/text_file.h"

namespace conf {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMark = "\xef\xbb\xbf"sv;

struct Encoding {
  std::string_view mark;
  std::string_view says;
  std::string_view shape;  // of ASCII text without a mark: 0 a NUL, x anything else
};

// Those of four bytes first, for the mark of UTF-16 is the beginning of one of theirs.
constexpr Encoding kOthers[] = {
    {"\xff\xfe\0\0"sv, "is UTF-32 (little-endian): save it as UTF-8", "x000"},
    {"\0\0\xfe\xff"sv, "is UTF-32 (big-endian): save it as UTF-8", "000x"},
    {"\xff\xfe"sv, "is UTF-16 (little-endian): save it as UTF-8", "x0"},
    {"\xfe\xff"sv, "is UTF-16 (big-endian): save it as UTF-8", "0x"},
};

bool has_shape(std::string_view bytes, std::string_view shape) {
  if (bytes.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if ((bytes[i] == '\0') != (shape[i] == '0')) return false;
  }
  return true;
}

}  // namespace

std::size_t mark_size(std::string_view bytes) {
  std::size_t size = 0;
  while (bytes.substr(size).starts_with(kMark)) size += kMark.size();
  return size;
}

std::string_view other_encoding(std::string_view bytes) {
  for (const Encoding& one : kOthers) {
    if (bytes.starts_with(one.mark) || has_shape(bytes, one.shape)) return one.says;
  }
  return {};
}

std::string_view to_text(std::string& bytes) {
  const std::string_view other = other_encoding(bytes);
  if (other.empty()) bytes.erase(0, mark_size(bytes));
  return other;
}

}  // namespace conf
