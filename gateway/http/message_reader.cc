#include "gateway/http/message_reader.h"

#include <algorithm>
#include <optional>

#include "gateway/http/chunked.h"
#include "gateway/http/framing.h"
#include "gateway/http/head_parser.h"

namespace gateway::http {
namespace {

// The body of the message whose head was read last; most cost nothing but counting.
class BodyReader {
 public:
  explicit BodyReader(MessageKind kind) : kind_(kind) {}

  void begin(Framing framing, std::uint64_t length, const HeadBounds& bounds) {
    framing_ = framing;
    left_ = length;
    done_ = framing == Framing::None || (framing == Framing::Length && length == 0);
    chunked_.reset();
    if (framing == Framing::Chunked) chunked_.emplace(kind_, bounds);
  }

  Parse read(std::string_view bytes, std::size_t& used, std::vector<std::string_view>& pieces,
             Error& error) {
    used = 0;
    if (done_) return Parse::Done;
    if (framing_ == Framing::Chunked) {
      const Parse parse = chunked_->read(bytes, used, pieces, error);
      done_ = parse == Parse::Done;
      return parse;
    }
    used = bytes.size();
    if (framing_ == Framing::Length) used = std::min<std::uint64_t>(left_, used);
    if (used != 0) pieces.push_back(bytes.substr(0, used));
    left_ -= used;
    done_ = framing_ == Framing::Length && left_ == 0;
    return done_ ? Parse::Done : Parse::NeedMore;
  }

  bool end_of_stream() {
    if (framing_ == Framing::UntilClose) done_ = true;
    return done_;
  }

 private:
  const MessageKind kind_;
  Framing framing_ = Framing::None;
  std::uint64_t left_ = 0;  // with Framing::Length
  bool done_ = false;
  std::optional<ChunkDecoder> chunked_;
};

}  // namespace

struct RequestReader::State {
  BodyReader body{MessageKind::Request};
};

RequestReader::RequestReader() : state_(std::make_unique<State>()) {}
RequestReader::~RequestReader() = default;

namespace {

// What the fields of a request say beyond framing. One pass; Host, Authorization and the like may
// stand once.
Parse read_fields(const Gathered& gathered, RequestHead& out, Error& error) {
  unsigned hosts = 0, types = 0;
  for (const Field& field : out.fields) {
    switch (field.name.size()) {
      case 4:
        if (!same_name(field.name, "host")) break;
        ++hosts;
        out.host = field.value;
        break;
      case 6:
        if (same_name(field.name, "accept") && out.accept.empty()) out.accept = field.value;
        if (!same_name(field.name, "expect")) break;
        if (same_name(field.value, "100-continue")) {
          out.expect_continue = true;
        } else {
          out.expect_other = true;
        }
        break;
      case 12:
        if (!same_name(field.name, "content-type")) break;
        ++types;
        out.content_type = field.value;
        break;
      case 13:
        if (!same_name(field.name, "authorization")) break;
        if (out.has_authorization) {
          return bad(error, ErrorKind::Malformed, "Authorization given more than once");
        }
        out.has_authorization = true;
        out.authorization = field.value;
        break;
      default:
        break;
    }
  }
  if (types > 1) return bad(error, ErrorKind::Malformed, "Content-Type given more than once");
  if (hosts > 1) return bad(error, ErrorKind::Malformed, "Host given more than once");
  if (hosts == 0 && out.minor == 1) return bad(error, ErrorKind::Malformed, "no Host");
  out.keep_alive = !gathered.close && (out.minor == 1 || gathered.keep_alive);
  return Parse::Done;
}

}  // namespace

Parse RequestReader::read_head(std::string_view head, const HeadBounds& bounds, RequestHead& out,
                               Error& error) {
  out = RequestHead{.fields = std::move(out.fields), .connection = std::move(out.connection)};
  out.fields.clear();
  out.connection.clear();
  RequestLine line;
  Gathered gathered;
  if (parse_request_line(head, line, error) == Parse::Bad ||
      parse_fields(head, bounds.fields, out.fields, out.connection, gathered, error) ==
          Parse::Bad ||
      check_framing(gathered, line.version, out.framing, out.length, error) == Parse::Bad) {
    return Parse::Bad;
  }
  out.method = line.method;
  out.target = line.target;
  out.minor = line.version == 10 ? 0 : 1;
  if (line.target.size() > bounds.target_bytes) {
    return bad(error, ErrorKind::TargetTooLong, "target too long");
  }
  if (out.framing == Framing::Length && out.length == 0) out.framing = Framing::None;
  state_->body.begin(out.framing, out.length, bounds);
  return read_fields(gathered, out, error);
}

Parse RequestReader::read_body(std::string_view bytes, std::size_t& used,
                               std::vector<std::string_view>& pieces, Error& error) {
  return state_->body.read(bytes, used, pieces, error);
}

struct ResponseReader::State {
  BodyReader body{MessageKind::Response};
  std::string tidied;  // a head that was untidy
};

ResponseReader::ResponseReader() : state_(std::make_unique<State>()) {}
ResponseReader::~ResponseReader() = default;

HeadBounds response_bounds(const HeadBounds& requests) {
  HeadBounds bounds = requests;
  bounds.head_bytes = std::max(bounds.head_bytes, kResponseHeadBytes);
  bounds.fields = std::max(bounds.fields, kResponseFields);
  return bounds;
}

namespace {

Parse take_apart(std::string_view head, const HeadBounds& bounds, ResponseHead& out,
                 StatusLine& line, Gathered& gathered, Error& error) {
  out = ResponseHead{.fields = std::move(out.fields), .connection = std::move(out.connection)};
  out.fields.clear();
  out.connection.clear();
  gathered = {};
  if (parse_status_line(head, line, gathered, error) == Parse::Bad) return Parse::Bad;
  return parse_response_fields(head, bounds.fields, out.fields, out.connection, gathered, error);
}

}  // namespace

Parse ResponseReader::read_head(std::string_view head, const HeadBounds& bounds, bool bodiless,
                                ResponseHead& out, Error& error) {
  StatusLine line;
  Gathered gathered;
  Parse parse = take_apart(head, bounds, out, line, gathered, error);
  if (parse != Parse::Bad && gathered.untidy) {
    state_->tidied = head;
    tidy(state_->tidied);
    parse = take_apart(state_->tidied, bounds, out, line, gathered, error);
  }
  bool odd = false;
  if (parse == Parse::Bad ||
      check_response_framing(gathered, line.version, out, odd, error) == Parse::Bad) {
    return Parse::Bad;
  }
  out.minor = line.version == 10 ? 0 : 1;
  out.status = line.status;
  out.reason = line.reason;
  if (bodiless || out.status / 100 == 1 || out.status == 204 || out.status == 304) {
    out.framing = Framing::None;
  }
  out.keep_alive = !odd && !gathered.close && (out.minor == 1 || gathered.keep_alive) &&
                   out.framing != Framing::UntilClose;
  state_->body.begin(out.framing, out.length, bounds);
  return Parse::Done;
}

Parse ResponseReader::read_body(std::string_view bytes, std::size_t& used,
                                std::vector<std::string_view>& pieces, Error& error) {
  return state_->body.read(bytes, used, pieces, error);
}

bool ResponseReader::end_of_stream() { return state_->body.end_of_stream(); }

}  // namespace gateway::http
