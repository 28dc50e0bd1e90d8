#include "gateway/message_reader.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cassert>
#include <optional>

#include "gateway/framing.h"
#include "gateway/head_parser.h"

namespace gateway {
namespace {

namespace http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

constexpr std::uint64_t kMaxChunkExtensions = 4096;  // bytes of chunk extensions in one body
constexpr std::size_t kShortestChunk = 5;            // bytes: the last one, "0 CRLF CRLF"

std::string_view view(BeastView bytes) { return {bytes.data(), bytes.size()}; }

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

// Beast's parser, for chunked bodies alone: a head of our own puts it before the first chunk.
class ChunkedBody final : public http::basic_parser<true> {
 public:
  explicit ChunkedBody(std::size_t max_fields) : max_fields_(max_fields) {
    static constexpr std::string_view head =
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    body_limit(boost::none);
    BeastError error;
    put(boost::asio::const_buffer(head.data(), head.size()), error);
    assert(!error && is_header_done());
    trailer_ = true;
    eager(true);
  }

  Parse read(std::string_view bytes, std::size_t& used, std::vector<std::string_view>& pieces,
             Flaw& flaw) {
    pieces_ = &pieces;
    BeastError error;
    while (!is_done()) {
      const boost::asio::const_buffer rest(bytes.data() + used, bytes.size() - used);
      // Beast takes for granted that it never sees less of the last chunk.
      const bool at_chunk_head = chunk_left_ == 0;
      if (rest.size() < (at_chunk_head ? kShortestChunk : 1)) return Parse::NeedMore;
      const std::size_t taken = put(rest, error);
      used += taken;
      if (error == http::error::need_more) return Parse::NeedMore;
      if (error) return bad(flaw, Fault::Malformed, "body doesn't parse (" + error.message() + ")");
      if (taken == 0 && !is_done()) return Parse::NeedMore;
    }
    return Parse::Done;
  }

 private:
  void on_request_impl(http::verb, BeastView, BeastView, int, BeastError&) override {}
  void on_response_impl(int, BeastView, int, BeastError&) override {}
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, BeastError&) override {}
  void on_finish_impl(BeastError&) override {}

  // A trailer is checked by Beast, and dropped.
  void on_field_impl(http::field, BeastView, BeastView, BeastError& error) override {
    if (trailer_ && ++trailers_ > max_fields_) error = http::error::header_limit;
  }
  std::size_t on_body_impl(BeastView bytes, BeastError&) override { return bytes.size(); }
  void on_chunk_header_impl(std::uint64_t size, BeastView extensions, BeastError& error) override {
    chunk_left_ = size;
    extension_bytes_ += extensions.size();
    bool clean = std::none_of(extensions.begin(), extensions.end(), is_control);
    if (extension_bytes_ > kMaxChunkExtensions || !clean) error = http::error::bad_chunk_extension;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView bytes, BeastError&) override {
    chunk_left_ -= bytes.size();
    pieces_->push_back(view(bytes));
    return bytes.size();
  }

  std::size_t max_fields_;
  std::vector<std::string_view>* pieces_ = nullptr;
  bool trailer_ = false;
  std::size_t trailers_ = 0;
  std::uint64_t chunk_left_ = 0;  // payload bytes to come
  std::uint64_t extension_bytes_ = 0;
};

// The body of the message whose head was read last; most cost nothing but counting.
class BodyReader {
 public:
  void begin(Framing framing, std::uint64_t length, std::size_t max_fields) {
    framing_ = framing;
    left_ = length;
    done_ = framing == Framing::None || (framing == Framing::Length && length == 0);
    chunked_.reset();
    if (framing == Framing::Chunked) chunked_.emplace(max_fields);
  }

  Parse read(std::string_view bytes, std::size_t& used, std::vector<std::string_view>& pieces,
             Flaw& flaw) {
    used = 0;
    if (done_) return Parse::Done;
    if (framing_ == Framing::Chunked) {
      const Parse parse = chunked_->read(bytes, used, pieces, flaw);
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
  bool done() const { return done_; }

 private:
  Framing framing_ = Framing::None;
  std::uint64_t left_ = 0;  // with Framing::Length
  bool done_ = false;
  std::optional<ChunkedBody> chunked_;
};

}  // namespace

struct RequestReader::State {
  BodyReader body;
};

RequestReader::RequestReader() : state_(std::make_unique<State>()) {}
RequestReader::~RequestReader() = default;

namespace {

// What the fields of a request say beyond framing. One pass; Host, Authorization and the like may
// stand once.
Parse read_fields(const Gathered& gathered, RequestHead& out, Flaw& flaw) {
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
          return bad(flaw, Fault::Malformed, "Authorization given more than once");
        }
        out.has_authorization = true;
        out.authorization = field.value;
        break;
      default:
        break;
    }
  }
  if (types > 1) return bad(flaw, Fault::Malformed, "Content-Type given more than once");
  if (hosts > 1) return bad(flaw, Fault::Malformed, "Host given more than once");
  if (hosts == 0 && out.minor == 1) return bad(flaw, Fault::Malformed, "no Host");
  out.keep_alive = !gathered.close && (out.minor == 1 || gathered.keep_alive);
  return Parse::Done;
}

}  // namespace

Parse RequestReader::read_head(std::string_view head, const HeadBounds& bounds, RequestHead& out,
                               Flaw& flaw) {
  out = RequestHead{.fields = std::move(out.fields), .connection = std::move(out.connection)};
  out.fields.clear();
  out.connection.clear();
  RequestLine line;
  Gathered gathered;
  if (parse_request_line(head, line, flaw) == Parse::Bad ||
      parse_fields(head, bounds.fields, out.fields, out.connection, gathered, flaw) == Parse::Bad ||
      check_framing(gathered, line.version, out.framing, out.length, flaw) == Parse::Bad) {
    return Parse::Bad;
  }
  out.method = line.method;
  out.target = line.target;
  out.minor = line.version == 10 ? 0 : 1;
  if (line.target.size() > bounds.target_bytes) {
    return bad(flaw, Fault::TargetTooLong, "target too long");
  }
  if (out.framing == Framing::Length && out.length == 0) out.framing = Framing::None;
  state_->body.begin(out.framing, out.length, bounds.fields);
  return read_fields(gathered, out, flaw);
}

Parse RequestReader::read_body(std::string_view bytes, std::size_t& used,
                               std::vector<std::string_view>& pieces, Flaw& flaw) {
  return state_->body.read(bytes, used, pieces, flaw);
}

bool RequestReader::body_done() const { return state_->body.done(); }

struct ResponseReader::State {
  BodyReader body;
};

ResponseReader::ResponseReader() : state_(std::make_unique<State>()) {}
ResponseReader::~ResponseReader() = default;

Parse ResponseReader::read_head(std::string_view head, const HeadBounds& bounds, bool bodiless,
                                ResponseHead& out, Flaw& flaw) {
  out = ResponseHead{.fields = std::move(out.fields), .connection = std::move(out.connection)};
  out.fields.clear();
  out.connection.clear();
  StatusLine line;
  Gathered gathered;
  if (parse_status_line(head, line, flaw) == Parse::Bad ||
      parse_fields(head, bounds.fields, out.fields, out.connection, gathered, flaw) == Parse::Bad ||
      check_framing(gathered, line.version, out.framing, out.length, flaw) == Parse::Bad) {
    return Parse::Bad;
  }
  out.minor = line.version == 10 ? 0 : 1;
  out.status = line.status;
  out.reason = line.reason;
  if (bodiless || out.status / 100 == 1 || out.status == 204 || out.status == 304) {
    out.framing = Framing::None;
  }
  out.keep_alive = !gathered.close && (out.minor == 1 || gathered.keep_alive) &&
                   out.framing != Framing::UntilClose;
  state_->body.begin(out.framing, out.length, bounds.fields);
  return Parse::Done;
}

Parse ResponseReader::read_body(std::string_view bytes, std::size_t& used,
                                std::vector<std::string_view>& pieces, Flaw& flaw) {
  return state_->body.read(bytes, used, pieces, flaw);
}

bool ResponseReader::end_of_stream() { return state_->body.end_of_stream(); }

bool ResponseReader::body_done() const { return state_->body.done(); }

}  // namespace gateway
