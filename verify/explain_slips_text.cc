// Slips in how parameters are written and sorted, and in what is made of the three parts.

#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "verify/explain_slips.h"

namespace verify {
namespace {

// The parameters that a slip is about: all of query and form, or one of the two.
struct Where {
  const char *suffix, *of;
  bool query, form;
};
constexpr Where kWhere[] = {{"", "", true, true},
                            {"_of_query", " of the query", true, false},
                            {"_of_form", " of the form", false, true}};

// Only where that is something else than all of them.
std::span<const Where> places(const Recipe& right) {
  const auto has = [&](Source source) {
    return std::any_of(right.items.begin(), right.items.end(),
                       [source](const Item& item) { return item.source == source; });
  };
  const bool both = has(Source::Query) && has(Source::Form);
  return std::span<const Where>(kWhere).first(both ? 3 : 1);
}

template <class Edit>
std::function<void(Recipe&)> at(const Where& where, Edit change) {
  return [where, change](Recipe& r) {
    if (where.query) change(r.of(Source::Query));
    if (where.form) change(r.of(Source::Form));
  };
}

void add_writings(const Recipe& right, Slips& out) {
  struct Row {
    const char* name;
    Writing spelling;
    const char* sentence;
  };
  constexpr Row rows[] = {
      {"not_decoded", Writing::ReceivedEncoded,
       " were encoded once more as they stand in the URL or form: decode them first, then encode "
       "each once."},
      {"encoded_twice", Writing::EncodedTwice,
       " were encoded twice before they were joined: encode each once."},
      {"not_encoded", Writing::Decoded,
       " were joined without being encoded: encode each, join them, and then encode the whole."},
      {"as_received", Writing::Received,
       " were joined as they stand in the URL or form: decode each and encode it anew, since there "
       "is one spelling that is signed."},
  };
  for (const Where& where : places(right)) {
    for (const Row& row : rows) {
      const Writing spelling = row.spelling;
      const std::string kind = std::string(row.name) + where.suffix;
      const std::string sentence = std::string(where.of) + row.sentence;
      out.add(Aspect::Names, "names_" + kind, "Names of parameters" + sentence,
              at(where, [spelling](SourceWriting& s) { s.names = spelling; }));
      out.add(Aspect::Values, "values_" + kind, "Values of parameters" + sentence,
              at(where, [spelling](SourceWriting& s) { s.values = spelling; }));
      out.add(Aspect::Values, "parameters_" + kind, "Names and values of parameters" + sentence,
              at(where, [spelling](SourceWriting& s) { s.names = s.values = spelling; }));
    }
  }
  for (const Row& row : rows) {
    const Writing spelling = row.spelling;
    out.add(Aspect::HeaderValues, std::string("header_") + row.name,
            std::string("Values of the Authorization field") + row.sentence,
            [spelling](Recipe& r) { r.of(Source::Header).values = spelling; });
  }
}

void add_orders(Slips& out) {
  struct Row {
    const char* name;
    Order order;
    const char* sentence;
  };
  constexpr Row rows[] = {
      {"sorted_before_encoding", Order::Decoded, "before they were encoded"},
      {"sorted_as_joined", Order::Joined, "as whole texts of the form name=value"},
      {"sorted_by_name_alone", Order::Names, "by name alone, and not by value too"},
      {"sorted_in_any_case", Order::IgnoringCase, "without regard to upper and lower case"},
      {"sorted_as_in_dictionaries", Order::Dictionary,
       "as in a dictionary, in any case and with digits as numbers"},
      {"sorted_by_locale", Order::Locale, "as people's languages sort, and not by bytes"},
      {"own_parameters_first", Order::OwnFirst, "with those of OAuth before all others"},
      {"own_parameters_last", Order::OwnLast, "with those of OAuth behind all others"},
      {"sorted_by_value", Order::Values, "by value"},
      {"values_sorted_down", Order::ValuesDown, "by name, but those of one name downwards"},
      {"not_sorted", Order::Received, "not at all"},
      {"not_sorted", Order::ReceivedLast, "not at all"},
      {"not_sorted", Order::ReceivedFirst, "not at all"},
  };
  for (const Row& row : rows) {
    const Order order = row.order;
    out.add(Aspect::Order, row.name,
            std::string("The parameters were sorted ") + row.sentence +
                ": encode them, and then sort by the bytes of name and value.",
            [order](Recipe& r) { r.order = order; });
  }
}

constexpr CodecRow kCodecs[] = {
    {"lower_case_escapes", {.lower_case = true}, "Escapes were written in lower case (%2f)"},
    {"left_script",
     {.left = "!*'()"},
     "The bytes ! * ' ( ) were left as they are, as JavaScript's encodeURIComponent does"},
    {"space_as_plus", {.plus_for_space = true}, "A space was written as '+'"},
    {"form_encoding",
     {.escaped = "~", .plus_for_space = true},
     "A space was written as '+' and '~' was escaped, as PHP's urlencode does"},
    {"java_encoding",
     {.left = "*", .escaped = "~", .plus_for_space = true},
     "A space was written as '+', '*' was left and '~' escaped, as Java's URLEncoder does"},
    {"script_form_encoding",
     {.left = "!*'()", .plus_for_space = true},
     "A space was written as '+' and ! * ' ( ) were left as they are, as scripts for forms do"},
    {"dot_net_encoding",
     {.left = "!*()", .escaped = "~", .plus_for_space = true, .lower_case = true},
     "Bytes were escaped as .NET's HttpUtility.UrlEncode does, in lower case and a space as '+'"},
    {"dot_net_web_encoding",
     {.left = "!*()", .escaped = "~", .plus_for_space = true},
     "Bytes were escaped as .NET's WebUtility.UrlEncode does, a space as '+' and ! * ( ) left"},
    {"tilde_escaped", {.escaped = "~"}, "The byte ~ was escaped"},
    {"slash_left", {.left = "/"}, "The byte / was left as it is, as Python's quote does"},
    {"asterisk_left", {.left = "*"}, "The byte * was left as it is"},
    {"asterisk_left",
     {.left = "*", .escaped = "~"},
     "The byte * was left as it is and ~ was escaped, as Java's URLEncoder does"},
    {"slash_left",
     {.left = "/", .escaped = "~"},
     "The byte / was left as it is and ~ was escaped, as Python's quote once did"},
    {"lower_case_form_encoding",
     {.escaped = "~", .plus_for_space = true, .lower_case = true},
     "A space was written as '+', '~' was escaped, and escapes were written in lower case"},
    {"lower_case_script",
     {.left = "!*'()", .lower_case = true},
     "The bytes ! * ' ( ) were left as they are, and escapes were written in lower case"},
    {"script_escape",
     {.left = "@*/+", .escaped = "~"},
     "The bytes @ * / + were left and ~ was escaped, as JavaScript's escape does"},
    {"dash_escaped", {.escaped = "-._~"}, "The bytes - . _ ~ were escaped"},
};
constexpr CodecRow kUrlCodecs[] = {
    {"url_encoding",
     {.left = ";,/?:@&=+$!*'()#"},
     "Reserved bytes were left as they are, as JavaScript's encodeURI does"},
    {"reserved_left",
     {.left = ":/?#[]@!$&'()*+,;="},
     "Reserved bytes were left as they are, as for a whole URL"},
    {"query_reserved_left",
     {.left = "!$&'()*+,;=:@/?"},
     "Reserved bytes were left as they are, as for a query"},
};

void add_codec(const CodecRow& row, Slips& out) {
  const Codec codec = row.codec;
  const std::string sentence =
      std::string(row.sentence) +
      ": escape every byte but letters, digits and - . _ ~, as %XX in upper case.";
  out.add(Aspect::Whole, row.name, sentence, [codec](Recipe& r) { r.inner = r.outer = codec; });
  out.add(Aspect::Codec, std::string(row.name) + "_in_parameters", sentence,
          [codec](Recipe& r) { r.inner = codec; });
}

using Map = std::string (*)(std::string_view);

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  for (std::size_t at = out.find(from); at != out.npos; at = out.find(from, at + to.size())) {
    out.replace(at, from.size(), to);
  }
  return out;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  const std::size_t end = text.find_last_not_of(kSpace);
  return std::string(text.substr(begin, end == text.npos ? 0 : end + 1 - begin));
}

// Each byte taken for a character of Latin-1, as UTF-8.
std::string utf8_of_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

// Calls each(rune, its bytes) for the characters of UTF-8, as far as they are.
template <class Each>
void each_rune(std::string_view text, const Each& each) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const std::string_view bytes = text.substr(i, size);
    unsigned rune = lead < 0xc0 ? lead : lead & (0x7fu >> size);
    for (const char c : bytes.substr(1)) rune = rune << 6 | (static_cast<unsigned char>(c) & 0x3f);
    each(rune, bytes);
    i += bytes.size();
  }
}

std::string latin1_of_utf8(std::string_view text) {
  std::string out;
  each_rune(text, [&out](unsigned rune, std::string_view) {
    out += rune < 0x100 ? static_cast<char>(rune) : '?';
  });
  return out;
}

std::string question_marks(std::string_view text) {
  std::string out;
  each_rune(text, [&out](unsigned rune, std::string_view) {
    out += rune < 0x80 ? static_cast<char>(rune) : '?';
  });
  return out;
}

std::string ascii_alone(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return out;
}

struct TextRow {
  const char* name;
  Map map;
  const char* sentence;
};
const TextRow kTexts[] = {
    {"double_utf8", utf8_of_latin1,
     "Text was signed as UTF-8 of UTF-8: it was taken for Latin-1 and converted once more. Sign "
     "the "
     "bytes that are sent"},
    {"signed_as_latin1", latin1_of_utf8,
     "Text was signed as Latin-1 and is sent as UTF-8: sign the bytes that are sent, UTF-8"},
    {"signed_as_ascii", question_marks,
     "Letters beyond ASCII were signed as '?': sign the bytes that are sent, UTF-8"},
    {"signed_as_ascii", ascii_alone,
     "Letters beyond ASCII were left out of what is signed: sign the bytes that are sent, UTF-8"},
    {"line_feeds_signed", [](std::string_view text) { return replaced(text, "\r\n", "\n"); },
     "Line ends were signed as LF and are sent as CRLF: sign what is sent"},
    {"crlf_signed",
     [](std::string_view text) { return replaced(replaced(text, "\r\n", "\n"), "\n", "\r\n"); },
     "Line ends were signed as CRLF and are sent as LF: sign what is sent"},
    {"trimmed", trimmed,
     "Spaces around values were cut off before they were signed: sign what is "
     "sent"},
    {"space_as_plus_twice", [](std::string_view text) { return replaced(text, " ", "+"); },
     "A space was written as '+' and that was encoded, as %2B: encode a space as %20"},
    {"spaces_left_out", [](std::string_view text) { return replaced(text, " ", ""); },
     "Spaces were left out of what is signed: sign what is sent"},
    {"html_escaped",
     [](std::string_view text) {
       return replaced(replaced(replaced(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;");
     },
     "Text was signed with & < > escaped as for HTML: sign what is sent"},
    {"html_escaped",
     [](std::string_view text) {
       return replaced(replaced(replaced(replaced(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"),
                       "\"", "&quot;");
     },
     "Text was signed escaped as for HTML: sign what is sent"},
};

}  // namespace

void add_encoding_slips(const Recipe& right, Slips& out) {
  for (const Where& where : places(right)) {
    out.add(Aspect::Plus, std::string("plus_as_itself") + where.suffix,
            std::string("A '+' in the ") + (*where.of ? where.of + 8 : "query or form") +
                " was signed as a '+': it stands for a space; send %2B for a plus sign.",
            at(where, [](SourceWriting& s) { s.plus = Plus::Literal; }));
  }
  add_orders(out);
  for (const CodecRow& row : kCodecs) add_codec(row, out);
  add_writings(right, out);
  for (const CodecRow& row : kUrlCodecs) add_codec(row, out);
}

void add_text_slips(Slips& out) {
  for (const TextRow& row : kTexts) {
    const Map map = row.map;
    out.add(Aspect::Text, row.name, std::string(row.sentence) + '.', [map](Recipe& r) {
      for (Item& item : r.items) {
        const std::string name = decoded_name(item), value = decoded_value(item);
        const std::string new_name = map(name), new_value = map(value);
        if (new_name != name) item.name = percent_encode(new_name);
        if (new_value != value) item.value = percent_encode(new_value);
      }
    });
  }
  out.add(Aspect::Text, "names_in_lower_case",
          "Names of parameters were signed in lower case: sign them as they are sent.",
          [](Recipe& r) {
            for (Item& item : r.items) {
              const std::string name = decoded_name(item);
              if (lower_case(name) != name) item.name = percent_encode(lower_case(name));
            }
          });
}

void add_whole_slips(Slips& out) {
  out.add(Aspect::ParametersCodec, "parameters_not_encoded_as_a_whole",
          "The joined parameters stand in the base string as they are: encode them as a whole.",
          [](Recipe& r) { r.parameters_encoded = false; });
  out.add(Aspect::ParametersCodec, "parameters_encoded_twice_as_a_whole",
          "The joined parameters were encoded twice as a whole: encode them once.",
          [](Recipe& r) { r.parameters_encoded_twice = true; });
  out.add(Aspect::Whole, "base_string_not_encoded",
          "URL and parameters stand in the base string as they are: encode each of the two.",
          [](Recipe& r) { r.uri_encoded = r.parameters_encoded = false; });
  const auto frame = [&out](const char* name, const char* sentence, Frame kind) {
    out.add(Aspect::Whole, name, sentence, [kind](Recipe& r) { r.frame = kind; });
  };
  frame("line_end_behind_base_string",
        "The base string was signed with a line end behind it: leave that out (echo adds one, "
        "printf does not).",
        Frame::LineEnd);
  frame("base_string_encoded",
        "The base string was encoded as a whole before it was signed: its two '&' stay as they "
        "are.",
        Frame::Encoded);
  frame("base_string_without_ampersands",
        "The three parts of the base string were joined without the '&' between them.",
        Frame::Joined);
  frame("base_string_in_lines",
        "The three parts of the base string were joined by line ends: '&' stands between them.",
        Frame::Lines);
}

std::span<const CodecRow> known_codecs() { return kCodecs; }

}  // namespace verify
