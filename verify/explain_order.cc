#include "verify/explain_order.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace verify {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits at the front, without zeros before them.
std::string_view take_number(std::string_view& text) {
  std::size_t end = 0, begin = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  while (begin + 1 < end && text[begin] == '0') ++begin;
  const std::string_view out = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return out;
}

// As Tcl's lsort -dictionary, but for what differs in case alone.
bool before_in_dictionary(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      const std::string_view x = take_number(a), y = take_number(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
      continue;
    }
    const std::string x = lower_case(a.substr(0, 1)), y = lower_case(b.substr(0, 1));
    if (x != y) return x < y;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.size() < b.size();
}

// The places of ASCII in the root collation of Unicode: what is equal but for its case is told
// apart by that, small letters first.
std::pair<std::string, std::string> locale_key(std::string_view text) {
  constexpr std::string_view kMarks = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
  std::string letters, cases;
  for (const char c : text) {
    const std::size_t mark = kMarks.find(c);
    const bool upper = c >= 'A' && c <= 'Z';
    letters += mark != kMarks.npos ? static_cast<char>(1 + mark)
               : upper             ? static_cast<char>(c - 'A' + 'a')
                                   : c;
    cases += upper ? '1' : '0';
  }
  return {std::move(letters), std::move(cases)};
}

bool is_own(const Entry& entry) { return entry.meant_name.starts_with("oauth_"); }

}  // namespace

void sort(std::vector<Entry>& entries, Order order) {
  const auto by = [&entries](auto key) {
    std::stable_sort(entries.begin(), entries.end(),
                     [&](const Entry& a, const Entry& b) { return key(a) < key(b); });
  };
  switch (order) {
    case Order::Encoded:
      return by([](const Entry& e) { return std::tie(e.name, e.value); });
    case Order::Decoded:
      return by([](const Entry& e) { return std::tie(e.meant_name, e.meant_value); });
    case Order::Joined:
      return by([](const Entry& e) { return e.joined(); });
    case Order::Names:
      return by([](const Entry& e) { return std::tie(e.name); });
    case Order::IgnoringCase:
      return by([](const Entry& e) { return lower_case(e.name); });
    case Order::Dictionary:
      std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return before_in_dictionary(a.joined(), b.joined());
      });
      return;
    case Order::Locale:
      return by([](const Entry& e) { return std::pair(locale_key(e.name), locale_key(e.value)); });
    case Order::Values:
      return by([](const Entry& e) { return std::tie(e.value); });
    case Order::ValuesDown:
      std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::tie(a.name, b.value) < std::tie(b.name, a.value);
      });
      return;
    case Order::OwnFirst:
      return by([](const Entry& e) { return std::tuple(!is_own(e), e.name, e.value); });
    case Order::OwnLast:
      return by([](const Entry& e) { return std::tuple(is_own(e), e.name, e.value); });
    case Order::ReceivedLast:
      return by([](const Entry& e) { return is_own(e); });
    case Order::ReceivedFirst:
      return by([](const Entry& e) { return !is_own(e); });
    case Order::Received:
      break;
  }
}

}  // namespace verify
