// Any bytes as the PEM text of a key, and as what PEM text is made of: what is read has a size
// within the bounds, and takes no bytes for a signature that are none.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "verify/rsa.h"

namespace {

void try_key(std::string_view pem) {
  using namespace verify;
  const auto key = RsaKey::parse(pem);
  if (!key) {
    if (key.error().empty()) std::abort();
    return;
  }
  if (key->bits() < RsaKey::kMinBits || key->bits() > RsaKey::kMaxBits) std::abort();
  if (key->bits() > 4096) return;  // slow, and no different
  const std::array<unsigned char, 256> zeros{};
  if (key->verify(Hash::Sha1, digest(Hash::Sha1, pem), zeros)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verify;
  try_key({reinterpret_cast<const char*>(data), size});
  const std::string text = to_base64({data, size});
  for (const std::string name : {"PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"}) {
    std::string pem = "-----BEGIN " + name + "-----\n";
    for (std::size_t at = 0; at < text.size(); at += 64) pem += text.substr(at, 64) + '\n';
    try_key(pem + "-----END " + name + "-----\n");
  }
  return 0;
}
