#include "store/fields.h"

#include <utility>

namespace store {

void put_integer(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
}

std::uint64_t take_integer(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string time_bytes(std::int64_t time) {
  std::string out;
  put_integer(out, static_cast<std::uint64_t>(time), 8);
  return out;
}

std::size_t room(const std::vector<std::string>& all) {
  std::size_t out = 0;
  for (const std::string& one : all) out += one.size() + kFieldRoom;
  return out;
}

Writer::Writer(RecordKind kind, std::size_t estimate) {
  out_.reserve(estimate);
  put_integer(out_, kLayoutVersion, 1);
  put_integer(out_, static_cast<std::uint8_t>(kind), 1);
}

void Writer::head(std::uint8_t field, std::size_t length) {
  put_integer(out_, field, 1);
  put_integer(out_, length, 4);
}

Result<verify::Secret> Writer::finish(const char* what) {
  if (out_.size() > kMaxRecordBytes)
    return fail(Error::Kind::Invalid, std::string("the record of a ") + what + " has " +
                                          std::to_string(out_.size()) + " bytes; at most " +
                                          std::to_string(kMaxRecordBytes) + " can be stored");
  return verify::Secret(std::move(out_));
}

Failure<Error> damaged(const char* what, const std::string& why) {
  return fail(Error::Kind::Unavailable, std::string("a stored ") + what + " is damaged: " + why);
}

Scanner::Scanner(const char* what, RecordKind kind, std::string_view bytes)
    : what_(what), rest_(bytes) {
  if (!rest_.empty()) version_ = static_cast<std::uint8_t>(rest_[0]);
  if (rest_.size() < 2) {
    wrong("it is cut short");
  } else if (version_ < kOldestLayout || version_ > kLayoutVersion) {
    wrong("its version is " + std::to_string(version_));
  } else if (static_cast<std::uint8_t>(rest_[1]) != static_cast<std::uint8_t>(kind)) {
    wrong("it is of another kind");
  } else {
    rest_.remove_prefix(2);
  }
}

bool Scanner::next(std::uint32_t lists) {
  if (mistake_ || rest_.empty()) return false;
  if (rest_.size() < 5) return wrong("it is cut short"), false;
  const auto number = static_cast<std::uint8_t>(rest_[0]);
  const std::uint64_t length = take_integer(rest_.substr(1, 4));
  rest_.remove_prefix(5);
  if (length > rest_.size()) return wrong("it is cut short"), false;
  const bool repeats = number < 32 && (lists >> number & 1) != 0;
  if (number < number_ || (number == number_ && !repeats))
    return wrong("field " + std::to_string(number) + " is out of order"), false;
  number_ = number;
  seen_ |= number < 32 ? 1u << number : 0;
  bytes_ = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

std::string Scanner::text() {
  if (bytes_.empty()) wrong("field " + std::to_string(number_) + " is empty");
  return std::string(bytes_);
}

std::uint8_t Scanner::byte(std::uint8_t highest) {
  const std::uint8_t value =
      bytes_.size() == 1 ? static_cast<std::uint8_t>(bytes_[0]) : std::uint8_t{0xff};
  if (value <= highest) return value;
  return bad_value(), std::uint8_t{0};
}

std::int64_t Scanner::time() {
  if (bytes_.size() != 8) return bad_value(), 0;
  return static_cast<std::int64_t>(take_integer(bytes_));
}

void Scanner::bad_value() { wrong("field " + std::to_string(number_) + " has no meaning"); }

std::optional<Failure<Error>> Scanner::mistake(std::uint32_t needed) {
  if (!mistake_ && (seen_ & needed) != needed) wrong("a field is missing");
  if (!mistake_) return std::nullopt;
  if (version_ > kLayoutVersion)
    return fail(Error::Kind::Newer, std::string("a stored ") + what_ +
                                        " was written by a newer version of portcullis (layout " +
                                        std::to_string(version_) + "): use that version");
  return damaged(what_, *mistake_);
}

void Scanner::wrong(std::string why) {
  if (!mistake_) mistake_ = std::move(why);
}

}  // namespace store
