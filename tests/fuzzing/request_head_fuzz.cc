// Any bytes as a request, behind two that say where it is cut: whole, in two pieces and byte by
// byte it has the same head, framing, payload and end, or is refused each time. What was read has
// one meaning: written anew it is read the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/message_reader.h"
#include "tests/fuzzing/message_feed.h"

namespace {

using namespace gateway::http;
using fuzz::must;

std::string start_of(const RequestHead& head) {
  return std::string(head.method) + ' ' + std::string(head.target) + " HTTP/1." +
         std::to_string(head.minor) + "\r\n";
}

std::string told(const RequestHead& head) {
  std::string out = start_of(head);
  for (const Field& field : head.fields) {
    out += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  }
  out += std::to_string(static_cast<int>(head.framing)) + ' ' + std::to_string(head.length);
  out += head.keep_alive ? " keep " : " close ";
  out += head.expect_continue ? "continue " : "";
  out += head.expect_other ? "other " : "";
  for (const std::string_view option : head.connection) out += std::string(option) + ',';
  for (const std::string_view text :
       {head.host, head.authorization, head.content_type, head.accept}) {
    out += '\n' + std::string(text);
  }
  return out;
}

// Nothing of it can end a line, or a field, where it is written; and it ends in one way alone.
void check(const RequestHead& head, const HeadBounds& bounds) {
  must(fuzz::is_token(head.method) && head.method.size() <= kMaxMethod);
  must(!head.target.empty() && head.target.size() <= bounds.target_bytes);
  must(fuzz::is_text(head.target) && head.target.find_first_of(" \t") == head.target.npos);
  must(head.minor <= 1 && head.fields.size() <= bounds.fields);
  unsigned lengths = 0, codings = 0, hosts = 0, authorizations = 0;
  for (const Field& field : head.fields) {
    must(fuzz::is_token(field.name) && fuzz::is_text(field.value));
    lengths += same_name(field.name, "Content-Length");
    codings += same_name(field.name, "Transfer-Encoding");
    hosts += same_name(field.name, "Host");
    authorizations += same_name(field.name, "Authorization");
  }
  must(lengths + codings <= 1);
  must(hosts <= 1 && (hosts == 1 || head.minor == 0));
  must(authorizations == (head.has_authorization ? 1 : 0));
  must(head.framing != Framing::UntilClose);
  must((head.framing == Framing::Chunked) == (codings == 1));
  must(lengths == 1 || head.length == 0);
}

std::string read_anew(const RequestHead& head) {
  std::string text = start_of(head);
  for (const Field& field : head.fields) {
    text += std::string(field.name) + ':' + std::string(field.value) + "\r\n";
  }
  text += "\r\n";
  RequestReader reader;
  RequestHead again;
  Error error;
  must(reader.read_head(text, HeadBounds{}, again, error) == Parse::Done);
  return told(again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const HeadBounds bounds = fuzz::bounds_of(data[0] & 1);
  const auto read = [&bounds](const fuzz::Pieces& pieces) {
    RequestReader reader;
    RequestHead head;
    return fuzz::feed(pieces, MessageKind::Request, bounds, reader,
                      [&](std::string_view bytes, Error& error) {
                        if (reader.read_head(bytes, bounds, head, error) != Parse::Done) {
                          return std::string();
                        }
                        check(head, bounds);
                        const std::string line = told(head);
                        must(read_anew(head) == line);
                        return line;
                      });
  };
  const std::string_view whole(reinterpret_cast<const char*>(data + 2), size - 2);
  const fuzz::Outcome outcome = read({whole});
  must(read(fuzz::cut_by_number(data, size)) == outcome);
  if (whole.size() <= 1024) must(read(fuzz::byte_by_byte(whole)) == outcome);
  return 0;
}
