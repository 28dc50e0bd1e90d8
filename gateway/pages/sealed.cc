#include "gateway/pages/sealed.h"

namespace gateway::pages {
namespace {

constexpr std::string_view kFirstStrongIsolate = "\xe2\x81\xa8", kPopIsolate = "\xe2\x81\xa9";
constexpr std::string_view kPopEmbedding = "\xe2\x80\xac";

enum class Mark : char {
  None = 0,
  Embed = 'e',
  Isolate = 'i',
  PopEmbed = 'E',
  PopIsolate = 'I',
  Separator = 's'
};

Mark mark_of(std::string_view three) {
  if (three.starts_with("\xe2\x80")) {
    const auto last = static_cast<unsigned char>(three[2]);
    if (last == 0xa8 || last == 0xa9) return Mark::Separator;
    if (last == 0xac) return Mark::PopEmbed;
    if (last >= 0xaa && last <= 0xae) return Mark::Embed;  // LRE, RLE, LRO, RLO
  } else if (three.starts_with("\xe2\x81")) {
    const auto last = static_cast<unsigned char>(three[2]);
    if (last == 0xa9) return Mark::PopIsolate;
    if (last >= 0xa6 && last <= 0xa8) return Mark::Isolate;  // LRI, RLI, FSI
  }
  return Mark::None;
}

// Closes what stands open, the latest first, down to `depth`.
void close(std::string& open, std::size_t depth, std::string& out) {
  for (; open.size() > depth; open.pop_back())
    out += open.back() == static_cast<char>(Mark::Isolate) ? kPopIsolate : kPopEmbedding;
}

}  // namespace

std::string sealed(std::string_view text) {
  std::string out, open;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view three = text.substr(i, 3);
    const Mark mark = three.size() == 3 ? mark_of(three) : Mark::None;
    const std::size_t length = mark == Mark::None ? 1 : 3;
    const bool pops = mark == Mark::PopEmbed || mark == Mark::PopIsolate;
    if (mark == Mark::Embed || mark == Mark::Isolate) open += static_cast<char>(mark);
    if (mark == Mark::PopEmbed && open.ends_with(static_cast<char>(Mark::Embed)))
      close(open, open.size() - 1, out);
    if (mark == Mark::PopIsolate) {
      // It ends the embeddings within, too.
      const std::size_t begin = open.rfind(static_cast<char>(Mark::Isolate));
      if (begin != open.npos) close(open, begin, out);
    }
    if (mark == Mark::Separator) {
      out += ' ';
    } else if (!pops) {
      out += text.substr(i, length);
    }
    i += length;
  }
  close(open, 0, out);
  return out;
}

std::string isolated(std::string_view text) {
  return std::string(kFirstStrongIsolate) + sealed(text) + std::string(kPopIsolate);
}

bool may_turn(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto at = [&](std::size_t more) {
      return static_cast<unsigned char>(i + more < text.size() ? text[i + more] : 0);
    };
    const unsigned char lead = at(0), second = at(1), third = at(2);
    // U+0580 to U+08FF, and the blocks of the same scripts further on.
    if (lead >= 0xd6 && lead <= 0xdf) return true;
    if (lead == 0xe0 && second >= 0xa0 && second <= 0xa3) return true;
    if (lead == 0xef && second >= 0xac && second <= 0xbb) return true;
    if (lead == 0xf0 && (second == 0x90 || second == 0x9e) && third >= 0xa0) return true;
    // U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069.
    if (lead == 0xe2 && second == 0x80 && ((third | 1) == 0x8f || (third >= 0xa8 && third <= 0xae)))
      return true;
    if (lead == 0xe2 && second == 0x81 && third >= 0xa6 && third <= 0xa9) return true;
  }
  return false;
}

}  // namespace gateway::pages
