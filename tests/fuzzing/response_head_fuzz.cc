// Any bytes as a response, behind two that say where it is cut, and whether it is one to HEAD:
// whole, in two pieces and byte by byte it has the same head, framing, payload and end, also the
// one that the closed connection makes, or is refused each time. Written anew it is read the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/message_reader.h"
#include "tests/fuzzing/message_feed.h"

namespace {

using namespace gateway::http;
using fuzz::must;

std::string start_of(const ResponseHead& head) {
  return "HTTP/1." + std::to_string(head.minor) + ' ' + std::to_string(head.status) + ' ' +
         std::string(head.reason) + "\r\n";
}

std::string told(const ResponseHead& head) {
  std::string out = start_of(head);
  for (const Field& field : head.fields) {
    out += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  }
  out += std::to_string(static_cast<int>(head.framing)) + ' ' + std::to_string(head.length);
  out += head.told ? " told " + std::to_string(*head.told) : "";
  out += head.keep_alive ? " keep " : " close ";
  for (const std::string_view option : head.connection) out += std::string(option) + ',';
  return out;
}

// Nothing of it can end a line, or a field, where it is written.
void check(const ResponseHead& head, bool bodiless, const HeadBounds& bounds) {
  must(head.minor <= 1 && head.status >= 100 && head.status <= 999);
  must(fuzz::is_text(head.reason) && head.fields.size() <= bounds.fields);
  bool lengths = false, codings = false;
  for (const Field& field : head.fields) {
    must(fuzz::is_token(field.name) && fuzz::is_text(field.value));
    lengths = lengths || same_name(field.name, "Content-Length");
    codings = codings || same_name(field.name, "Transfer-Encoding");
  }
  must(head.framing != Framing::Chunked || (codings && head.minor == 1));
  must(head.framing != Framing::Length || (lengths && head.told == head.length));
  must(head.framing != Framing::UntilClose || !head.keep_alive);
  must(!lengths || !codings || !head.keep_alive);
  if (bodiless || head.status < 200 || head.status == 204 || head.status == 304) {
    must(head.framing == Framing::None);
  } else {
    must(head.framing != Framing::None);
  }
}

std::string read_anew(const ResponseHead& head, bool bodiless) {
  std::string text = start_of(head);
  for (const Field& field : head.fields) {
    text += std::string(field.name) + ':' + std::string(field.value) + "\r\n";
  }
  text += "\r\n";
  ResponseReader reader;
  ResponseHead again;
  Error error;
  must(reader.read_head(text, HeadBounds{}, bodiless, again, error) == Parse::Done);
  return told(again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const HeadBounds bounds = fuzz::bounds_of(data[0] & 1);
  const bool bodiless = data[0] & 2;
  const auto read = [&bounds, bodiless](const fuzz::Pieces& pieces) {
    ResponseReader reader;
    ResponseHead head;
    fuzz::Outcome out = fuzz::feed(
        pieces, MessageKind::Response, bounds, reader, [&](std::string_view bytes, Error& error) {
          if (reader.read_head(bytes, bounds, bodiless, head, error) != Parse::Done) {
            return std::string();
          }
          check(head, bodiless, bounds);
          const std::string line = told(head);
          must(read_anew(head, bodiless) == line);
          return line;
        });
    if (out.end != fuzz::Outcome::End::InBody) return out;
    // The upstream closes: that ends no body but one that ends so.
    const bool proper = reader.end_of_stream();
    must(proper == (head.framing == Framing::UntilClose) && fuzz::body_done(reader) == proper);
    if (proper) out.end = fuzz::Outcome::End::Done;
    return out;
  };
  const std::string_view whole(reinterpret_cast<const char*>(data + 2), size - 2);
  const fuzz::Outcome outcome = read({whole});
  must(read(fuzz::cut_by_number(data, size)) == outcome);
  if (whole.size() <= 1024) must(read(fuzz::byte_by_byte(whole)) == outcome);
  return 0;
}
