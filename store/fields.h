#pragma once

// How the fields of every stored record are spelt (see layout.h), for the files of this room that
// write records. Plain values, one thread at a time; reading survives any bytes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/error.h"
#include "verify/secret.h"

namespace store {

inline constexpr std::uint8_t kLayoutVersion = 2;
inline constexpr std::uint8_t kOldestLayout = 1;
inline constexpr std::size_t kMaxRecordBytes = 1 << 20;

enum class RecordKind : std::uint8_t {
  Client = 1,
  User = 2,
  Token = 3,
  Refusal = 4,
  RequestToken = 5,
  Session = 6,
  Throttle = 7,
};

// Big-endian.
void put_integer(std::string& out, std::uint64_t value, int bytes);
std::uint64_t take_integer(std::string_view bytes);
std::string time_bytes(std::int64_t time);

inline constexpr std::size_t kFieldRoom = 32;  // more than any field needs beside its text
std::size_t room(const std::vector<std::string>& all);

// Appends fields, in rising order of their numbers. Its memory is claimed at once, so that no copy
// of a secret stays behind in an outgrown one.
class Writer {
 public:
  Writer(RecordKind kind, std::size_t estimate);

  template <class Field>
  void element(Field field, std::string_view a, std::string_view b = {}, std::string_view c = {}) {
    head(static_cast<std::uint8_t>(field), a.size() + b.size() + c.size());
    out_.append(a).append(b).append(c);
  }
  template <class Field>
  void text(Field field, std::string_view bytes) {
    if (!bytes.empty()) element(field, bytes);
  }
  template <class Field>
  void byte(Field field, std::uint8_t value) {
    const char c = static_cast<char>(value);
    element(field, {&c, 1});
  }
  template <class Field>
  void flag(Field field, bool value) {
    byte(field, value ? 1 : 0);
  }
  template <class Field>
  void time(Field field, std::int64_t value) {
    element(field, time_bytes(value));
  }
  template <class Field>
  void list(Field field, const std::vector<std::string>& all) {
    for (const std::string& one : all) element(field, one);
  }

  Result<verify::Secret> finish(const char* what);  // Invalid: more than kMaxRecordBytes

 private:
  void head(std::uint8_t field, std::size_t length);
  std::string out_;
};

Failure<Error> damaged(const char* what, const std::string& why);

// Takes a record apart. The first mistake is kept and ends the reading; callers ask once, at the
// end.
class Scanner {
 public:
  Scanner(const char* what, RecordKind kind, std::string_view bytes);

  // Steps to the next field; false at the end or after a mistake. Only fields in `lists` may
  // repeat.
  bool next(std::uint32_t lists);

  std::uint8_t number() const { return number_; }
  std::uint8_t version() const { return version_; }
  std::string_view bytes() const { return bytes_; }
  std::string text();                       // not empty
  std::uint8_t byte(std::uint8_t highest);  // one byte, at most this
  bool flag() { return byte(1) != 0; }
  std::int64_t time();
  void bad_value();

  // Nothing if all was well and the fields in `needed` were there.
  std::optional<Failure<Error>> mistake(std::uint32_t needed);

 private:
  void wrong(std::string why);

  const char* what_;
  std::string_view rest_, bytes_;
  std::uint8_t version_ = 0, number_ = 0;
  std::uint32_t seen_ = 0;
  std::optional<std::string> mistake_;
};

template <class Field>
constexpr std::uint32_t bit(Field field) {
  return 1u << static_cast<unsigned>(field);
}

}  // namespace store
