#include "gateway/auth/identity_lines.h"

#include <string_view>

namespace gateway::auth {
namespace {

void put_encoded(std::string_view bytes, bool keep_spaces, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte > 0x20 && byte < 0x7f && c != '%') || (c == ' ' && keep_spaces)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
}

}  // namespace

std::string identity_lines(const Identity& identity, const conf::Headers& headers) {
  std::string out;
  auto line = [&out](const std::string& name, const std::string& value, bool keep_spaces) {
    if (value.empty()) return;
    out += name;
    out += ": ";
    put_encoded(value, keep_spaces, out);
    out += "\r\n";
  };
  line(headers.client, identity.client, false);
  line(headers.user, identity.user, false);
  line(headers.realms, identity.realms, true);
  line(headers.token, identity.token_id, false);
  return out;
}

}  // namespace gateway::auth
