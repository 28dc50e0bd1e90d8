#pragma once

// What clients do differently from RFC 5849 when they make a base string, as changes to a Recipe:
// those of one request, the likely ones first. Pure.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verify/explain.h"
#include "verify/explain_recipe.h"

namespace verify {

// What a slip changes. Two of one aspect are not tried together, but for those of items.
enum class Aspect : std::uint8_t {
  Method,
  Scheme,
  Authority,
  Path,
  UrlCodec,
  Whole,  // from here on: not the URL alone
  Items,
  OneItem,
  Text,
  Names,
  Values,
  HeaderValues,
  Plus,
  Order,
  Codec,
  ParametersCodec
};

// The part of a base string that an aspect is of.
enum class Part : std::uint8_t { Method, Url, Parameters, Whole };
Part part_of(Aspect aspect);

struct Slip {
  Aspect aspect{};
  Edit change;
  std::function<void(Recipe&)> apply;
};

class Slips {
 public:
  void add(Aspect aspect, std::string name, std::string sentence,
           std::function<void(Recipe&)> apply) {
    all_.push_back({aspect, {std::move(name), std::move(sentence)}, std::move(apply)});
  }
  std::vector<Slip> take() && { return std::move(all_); }

 private:
  std::vector<Slip> all_;
};

// `right`: what the gate itself does with the evidence.
std::vector<Slip> slips_of(const Evidence& evidence, const Recipe& right, QuirkSet quirks);

// The parts of it.
void add_url_slips(const Evidence& evidence, const Recipe& right, Slips& out);
void add_path_slips(const Evidence& evidence, const Recipe& right, Slips& out);
void add_method_slips(const Evidence& evidence, const Recipe& right, Slips& out);
void add_quirk_slips(QuirkSet quirks, Slips& out);
void add_body_slips(const Evidence& evidence, Slips& out);
void add_item_slips(const Evidence& evidence, const Recipe& right, Slips& out);
void add_repeat_slips(const Recipe& right, Slips& out);
void add_query_slips(const Evidence& evidence, Slips& out);
void add_left_out_slips(const Recipe& right, Slips& out);
void add_encoding_slips(const Recipe& right, Slips& out);
void add_text_slips(Slips& out);
void add_whole_slips(Slips& out);

// How some languages' libraries escape, with a name and a sentence without its end.
struct CodecRow {
  const char* name;
  Codec codec;
  const char* sentence;
};
std::span<const CodecRow> known_codecs();

// A name or value that a stranger chose, for a sentence: quoted, and clipped.
std::string shown(std::string_view text);

// A protocol parameter, which the form or the query may hold beside what it is meant for.
bool is_own(const Item& item);

// A parameter that the request does not have, from what is meant.
Item made(std::string_view name, std::string_view value);

}  // namespace verify
