#include "bench/response_reader.h"

#include <algorithm>
#include <charconv>

namespace bench {

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 200"
constexpr std::size_t kStatusDigits = 3;

bool equal_any_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Digits and nothing else.
template <class Number>
bool read_number(std::string_view text, Number& out) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end && out >= 0;
}

}  // namespace

void ResponseReader::reset() {
  state_ = State::Head;
  status_ = 0;
  stays_open_ = true;
  has_length_ = false;
  body_left_ = 0;
  partial_.clear();
}

std::size_t ResponseReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  // A 1xx answer (and nothing else) puts the reader back to the head of the next.
  while (state_ == State::Head && taken < bytes.size()) taken += feed_head(bytes.substr(taken));
  if (state_ != State::Body) return taken;
  const std::size_t body = std::min<std::uint64_t>(body_left_, bytes.size() - taken);
  body_left_ -= body;
  if (body_left_ == 0) state_ = State::Done;
  return taken + body;
}

std::size_t ResponseReader::feed_head(std::string_view bytes) {
  // Nearly always the whole head arrives at once, and is read where it lies.
  const std::size_t before = partial_.size();
  if (before > 0) partial_.append(bytes.substr(0, kMaxHead - before));
  const std::string_view seen = before > 0 ? partial_ : bytes.substr(0, kMaxHead);
  const std::size_t end = seen.find(kHeadEnd, before - std::min(before, kHeadEnd.size()));
  if (end == std::string_view::npos) {
    if (seen.size() == kMaxHead) {
      state_ = State::Broken;
    } else if (before == 0) {
      partial_ = seen;
    }
    return bytes.size();
  }
  const std::string kept = std::move(partial_);  // what `seen` may view
  partial_.clear();
  read_head((before > 0 ? std::string_view(kept) : seen).substr(0, end));
  return end + kHeadEnd.size() - before;
}

void ResponseReader::read_head(std::string_view head) {
  std::string_view line = head.substr(0, head.find("\r\n"));
  if (!line.starts_with(kVersion) || line.size() < kStatusAt + kStatusDigits ||
      !read_number(line.substr(kStatusAt, kStatusDigits), status_)) {
    state_ = State::Broken;
    return;
  }
  stays_open_ = line[kVersion.size()] != '0';
  while (line.size() < head.size()) {
    head.remove_prefix(line.size() + 2);
    line = head.substr(0, head.find("\r\n"));
    read_field(line);
    if (state_ == State::Broken) return;
  }
  if (status_ >= 100 && status_ < 200) return reset();
  if (status_ == 204 || status_ == 304) {
    body_left_ = 0;
  } else if (!has_length_) {
    state_ = State::Broken;
    return;
  }
  state_ = body_left_ == 0 ? State::Done : State::Body;
}

void ResponseReader::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    state_ = State::Broken;
    return;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (equal_any_case(name, "content-length")) {
    has_length_ = true;
    if (!read_number(value, body_left_)) state_ = State::Broken;
  } else if (equal_any_case(name, "connection")) {
    if (equal_any_case(value, "close")) stays_open_ = false;
    if (equal_any_case(value, "keep-alive")) stays_open_ = true;
  } else if (equal_any_case(name, "transfer-encoding")) {
    state_ = State::Broken;
  }
}

}  // namespace bench
