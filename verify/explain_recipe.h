#pragma once

// How a client may have made its signature base string: the right way (RFC 5849 section 3.4.1), and
// every way to go wrong that explain knows of. Slow, and meant to be read. Pure values and
// functions.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/claim.h"
#include "verify/percent.h"
#include "verify/quirk.h"
#include "verify/request.h"

namespace verify {

// How bytes are escaped; as it stands, the way of section 3.6.
struct Codec {
  std::string_view left = {};     // reserved bytes that are left as they are
  std::string_view escaped = {};  // unreserved bytes that are escaped nevertheless
  bool plus_for_space = false;
  bool lower_case = false;  // %c3 and not %C3
};
std::string encode(std::string_view bytes, const Codec& codec);

std::string lower_case(std::string_view text);

// How a name or value comes into the parameter string.
enum class Writing : std::uint8_t {
  Encoded,          // decoded, then encoded: the right way
  Received,         // as it was received
  ReceivedEncoded,  // as it was received, encoded once more
  Decoded,          // decoded, and not encoded
  EncodedTwice,
};

// What the parameters are sorted by.
enum class Order : std::uint8_t {
  Encoded,        // name and then value, both encoded: the right way
  Decoded,        // name and then value, before they are encoded
  Joined,         // the text "name=value"
  Names,          // the name alone; values as they were received
  IgnoringCase,   // the name alone, in any case
  Dictionary,     // the text "name=value" in any case, and digits as numbers
  Locale,         // as people's languages sort: marks, digits, letters in any case
  Values,         // the value alone
  ValuesDown,     // the name, and then the value downwards
  Received,       // nothing
  OwnFirst,       // each kind by itself, and those that begin with oauth_ first
  OwnLast,        // the same, and those last
  ReceivedLast,   // nothing, and those that begin with oauth_ last
  ReceivedFirst,  // nothing, and those first
};

struct Item {
  std::string name, value;  // as received
  Source source{};
  bool bare = false;      // received without a '='
  bool raw = false;       // its value is never encoded by itself
  bool raw_name = false;  // nor its name
  bool operator==(const Item&) const = default;
};

// Name and value of an Item as they were meant.
std::string decoded_name(const Item& item);
std::string decoded_value(const Item& item);

// How the parameters of one source come into the parameter string.
struct SourceWriting {
  Writing names = Writing::Encoded;
  Writing values = Writing::Encoded;
  Plus plus = Plus::Space;
};

// How the three parts become one text.
enum class Frame : std::uint8_t {
  Usual,    // with '&' between them
  LineEnd,  // with a line feed behind the last
  Encoded,  // and then encoded as a whole
  Joined,   // with nothing between them
  Lines,    // with a line feed between them
};

struct Recipe {
  std::string method, scheme, authority, path;  // as they are signed, but for the encoding
  std::optional<std::string> url;               // in place of the last three
  std::vector<Item> items;                      // without oauth_signature and the header's realm
  // By Source.
  std::array<SourceWriting, 3> spellings{{{.plus = Plus::Literal}, {}, {}}};
  Order order = Order::Encoded;
  Codec inner, outer;       // of names and values; of the three parts of the base string
  bool bare_names = false;  // what has no '=' is signed without one
  bool uri_encoded = true, uri_encoded_twice = false;
  bool parameters_encoded = true, parameters_encoded_twice = false;
  Frame frame = Frame::Usual;

  SourceWriting& of(Source source) { return spellings[static_cast<std::size_t>(source)]; }
  const SourceWriting& of(Source source) const {
    return spellings[static_cast<std::size_t>(source)];
  }
};

// What build_base_string() does, as a recipe.
Recipe right_recipe(const RequestView& request, QuirkSet quirks);

// The three parts of a base string, and what is made of them.
std::string method_part(const Recipe& recipe);
std::string url_part(const Recipe& recipe);
std::string parameter_part(const Recipe& recipe);
std::string framed(const Recipe& recipe, std::string_view method, std::string_view url,
                   std::string_view parameters);
std::string base_string(const Recipe& recipe);

// The pairs of a text in the notation of queries and forms.
std::vector<Item> form_items(std::string_view text, Source source);

// Changes `items` as the quirk says that clients do.
void bend(std::vector<Item>& items, Quirk quirk);

}  // namespace verify
