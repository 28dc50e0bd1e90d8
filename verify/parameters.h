#pragma once

// The parameters of one request, from the Authorization field, the query and the form body, as they
// go into the signature base string (RFC 5849 section 3.4.1.3). One thread at a time; see Workspace
// in claim.h.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "verify/arena.h"
#include "verify/claim.h"
#include "verify/pairs.h"
#include "verify/rejection.h"
#include "verify/request.h"

namespace verify {

// The protocol parameters that have a meaning of their own.
enum class Field : std::uint8_t {
  ConsumerKey,
  Token,
  SignatureMethod,
  Signature,
  Timestamp,
  Nonce,
  Version,
  Callback,
  Verifier,
  BodyHash,
  SessionHandle
};
inline constexpr std::size_t kFieldCount = 11;

std::string_view name(Field field);  // "oauth_consumer_key"

// Name and value in the one spelling that is signed (section 3.6). Views into the request where
// that was the spelling received, else into the arena.
struct Parameter {
  std::uint64_t order = 0;  // the first eight bytes of the name: most comparisons end there
  std::string_view name;
  std::string_view value;
  bool plain = true;  // neither holds a '%'
  Source source{};
};

// By name and then value (section 3.4.1.3.2).
bool before(const Parameter& a, const Parameter& b);

class Parameters {
 public:
  // Forgets the last request and reads this one. Says what is wrong with its parameters as such;
  // what they mean is for read_claim().
  std::optional<Rejection> read(const RequestView& request, const Bounds& bounds);

  // By name and then value; without oauth_signature and the Authorization field's realm.
  const std::vector<Parameter>& sorted() const { return sorted_; }
  // Decoded.
  std::optional<std::string_view> field(Field field) const {
    return fields_[static_cast<std::size_t>(field)];
  }
  std::optional<std::string_view> realm() const { return realm_; }  // the Authorization field's
  Source source() const { return source_; }
  Arena& arena() { return arena_; }

 private:
  struct Place {
    bool used = false;       // protocol parameters stand here; a realm is none
    std::string_view first;  // the name of one of them, rather not one that may stand apart
    bool apart = true;       // all of them may stand apart from the others
  };

  void clear();
  bool read_header(HeaderPairs pairs);
  bool read_form(std::string_view text, Source source);
  bool take_room();
  bool add(Pair pair, Source source);
  void add_field(std::string_view name, Piece value, Source source);
  void add_realm(std::string_view value);
  bool recode(Piece& piece, Source source);
  std::optional<std::string_view> decode(Piece piece, Source source);
  void note(Reason reason, std::string_view detail);
  std::optional<Rejection> split(bool apart) const;
  std::optional<Rejection> misplaced(const Places& allowed) const;
  std::optional<Rejection> repeated() const;
  void sort();

  Arena arena_;
  std::vector<Parameter> sorted_;
  std::array<std::optional<std::string_view>, kFieldCount> fields_{};
  std::optional<std::string_view> realm_;
  std::array<Place, 3> places_{};  // by Source
  Source source_{};
  std::uint32_t room_ = 0;                 // how many more parameters are allowed
  bool foreign_allowed_ = false;           // Bounds::authorization_passed_on
  std::uint32_t strangers_ = 0;            // oauth_ parameters that are no Field
  std::optional<std::string_view> twice_;  // the name of a parameter that stands twice, and may not
  std::optional<Rejection> problem_;       // the first one
};

struct Workspace::State {
  Parameters parameters;
};

}  // namespace verify
