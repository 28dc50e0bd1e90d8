#include "gateway/reply/accept.h"

#include <algorithm>
#include <cstddef>

#include "gateway/http/message.h"

namespace gateway::reply {
namespace {

constexpr int kMaxElements = 32;

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// Takes what stands before the separator off `text`.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(piece);
}

bool digit(char c) { return c >= '0' && c <= '9'; }

// Thousandths of a qvalue (12.4.2). What isn't one counts as 0.
int thousandths(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int value = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return 0;
  int unit = 100;
  for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (!digit(text[i])) return 0;
    value += unit * (text[i] - '0');
  }
  return value > 1000 ? 0 : value;
}

// How well one kind of body is wanted, by the most specific range that covers it.
struct Wish {
  int precision = -1;  // 2: named, 1: application/*, 0: */*
  int quality = 0;
  void note(int at, int q) {
    if (at < precision) return;
    quality = at == precision ? std::max(quality, q) : q;
    precision = at;
  }
};

}  // namespace

bool prefers_json(std::string_view accept) {
  Wish json, form;
  for (int i = 0; i < kMaxElements && !accept.empty(); ++i) {
    std::string_view element = take(accept, ',');
    const std::string_view range = take(element, ';');
    int quality = 1000;
    while (!element.empty()) {
      const std::string_view parameter = take(element, ';');
      if (http::same_name(parameter.substr(0, 2), "q=")) quality = thousandths(parameter.substr(2));
    }
    if (range == "*/*" || http::same_name(range, "application/*")) {
      json.note(range == "*/*" ? 0 : 1, quality);
      form.note(range == "*/*" ? 0 : 1, quality);
    } else if (http::same_name(range, "application/problem+json") ||
               http::same_name(range, "application/json")) {
      json.note(2, quality);
    } else if (http::same_name(range, "application/x-www-form-urlencoded")) {
      form.note(2, quality);
    }
  }
  if (json.quality != form.quality) return json.quality > form.quality;
  return json.quality > 0 && json.precision > form.precision;
}

}  // namespace gateway::reply
