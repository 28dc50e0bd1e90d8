#pragma once

// Named departures from RFC 5849 that some clients need. All are off unless a route or a client
// asks for them. Each lets a request be read in one more way; none takes the RFC's own way away.
// Plain values.

#include <cstdint>
#include <optional>
#include <string_view>

namespace verify {

enum class Quirk : std::uint8_t {
  UnencodedKey,  // "unencoded_key": secrets go into the key as they are (3.4.2 encodes them);
                 // WooCommerce, WordPress
  RawBodyHash,   // "raw_body_hash": oauth_body_hash and oauth_consumer_key may be signed as if they
                 // were encoded already; Mastercard
  QueryInForm,   // "query_in_form": what the form repeats of the query may be signed once; Canvas
  CrlfFields,    // "crlf_fields": line ends in form values may have been signed as LF, and a
                 // browser sent them as CRLF; LTI launches
  Milliseconds,  // "milliseconds": oauth_timestamp may count milliseconds
};
inline constexpr int kQuirkCount = 5;

std::string_view name(Quirk quirk);
std::optional<Quirk> quirk_from_name(std::string_view name);

class QuirkSet {
 public:
  constexpr QuirkSet() = default;
  constexpr void add(Quirk q) { bits_ = static_cast<std::uint8_t>(bits_ | bit(q)); }
  constexpr bool has(Quirk q) const { return (bits_ & bit(q)) != 0; }
  constexpr bool has_all(QuirkSet other) const { return (bits_ & other.bits_) == other.bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr QuirkSet operator|(QuirkSet a, QuirkSet b) {
    a.bits_ = static_cast<std::uint8_t>(a.bits_ | b.bits_);
    return a;
  }
  friend constexpr QuirkSet operator&(QuirkSet a, QuirkSet b) {
    a.bits_ = static_cast<std::uint8_t>(a.bits_ & b.bits_);
    return a;
  }
  friend constexpr bool operator==(QuirkSet, QuirkSet) = default;
  // Calls each(subset) with every part of this set, the empty one first.
  template <class Each>
  void each_subset(const Each& each) const {
    QuirkSet subset;
    do {
      each(subset);
      subset.bits_ = static_cast<std::uint8_t>((subset.bits_ - bits_) & bits_);
    } while (!subset.empty());
  }

 private:
  static constexpr std::uint8_t bit(Quirk q) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(q));
  }
  std::uint8_t bits_ = 0;
};

}  // namespace verify
