// libcrypto's own type for RSA keys reads one in 1 us where EVP_PKEY takes 90 us; keys are read
// again whenever something in the store has changed.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "verify/rsa.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace verify {
namespace {

using Bytes = std::span<const unsigned char>;
using Text = Failure<std::string>;

constexpr std::string_view kPrivate =
    "this is a private key: a client keeps it to itself, give its public key";
constexpr std::string_view kNoPem =
    "an RSA public key is PEM text from -----BEGIN PUBLIC KEY----- (or RSA PUBLIC KEY, or "
    "CERTIFICATE) to its END";
constexpr std::string_view kDamaged = "the PEM text holds no whole RSA public key";

template <auto free>
struct Deleter {
  template <class T>
  void operator()(T* what) const {
    free(what);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using RsaPointer = std::unique_ptr<RSA, Deleter<RSA_free>>;

// Failures leave their reasons in a list of the thread's, where others would find them.
struct CleanErrors {
  CleanErrors() = default;
  CleanErrors(const CleanErrors&) = delete;
  CleanErrors& operator=(const CleanErrors&) = delete;
  ~CleanErrors() { ERR_clear_error(); }
};

Text wrong(std::string_view sentence) { return Text(std::string(sentence)); }

// Faults of libcrypto itself that nothing can be done about.
void demand(bool worked) {
  if (!worked) std::abort();
}

int digest_name(Hash hash) {
  switch (hash) {
    case Hash::Sha1:
      return NID_sha1;
    case Hash::Sha256:
      return NID_sha256;
    case Hash::Sha512:
      break;
  }
  return NID_sha512;
}

// A byte order mark may have come along with the file.
Bio reader_of(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const char* const start = text.empty() ? "" : text.data();  // it takes no null
  Bio in(BIO_new_mem_buf(start, static_cast<int>(text.size())));
  demand(in != nullptr);
  return in;
}

// ---- From PEM to the bytes of an RSAPublicKey (RFC 8017 A.1.1)

struct Block {
  std::string name;
  std::vector<unsigned char> bytes;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What stands before the block, people's notes say, is passed over.
Result<Block, std::string> only_block(std::string_view pem) {
  const Bio in = reader_of(pem);
  char *name = nullptr, *header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  if (PEM_read_bio(in.get(), &name, &header, &bytes, &size) != 1) return wrong(kNoPem);
  Block block{name, {bytes, bytes + size}};
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(bytes);
  const std::size_t left = static_cast<std::size_t>(BIO_pending(in.get()));
  const std::string_view rest = pem.substr(pem.size() - left);
  if (!std::all_of(rest.begin(), rest.end(), is_space)) {
    return wrong("there is more behind the first key or certificate: give one alone");
  }
  return block;
}

// Takes the element of this tag off the front of `from`, and returns its content.
std::optional<Bytes> take(Bytes& from, int tag, int tag_class = V_ASN1_UNIVERSAL) {
  const unsigned char* at = from.data();
  long size = 0;
  int found = 0, found_class = 0;
  const int read =
      ASN1_get_object(&at, &size, &found, &found_class, static_cast<long>(from.size()));
  const bool bad = (read & 0x80) != 0 || (read & 1) != 0;  // cut short; of indefinite length
  if (bad || found != tag || found_class != tag_class) return std::nullopt;
  const Bytes content(at, static_cast<std::size_t>(size));
  from = from.subspan(static_cast<std::size_t>(at - from.data()) + content.size());
  return content;
}

// RFC 5280 section 4.1: in the certificate's signed part, behind version, serial number, algorithm,
// issuer, validity and subject.
std::optional<Bytes> key_info_of_certificate(Bytes certificate) {
  const auto outer = take(certificate, V_ASN1_SEQUENCE);
  if (!outer || !certificate.empty()) return std::nullopt;
  Bytes rest = *outer;
  const auto content = take(rest, V_ASN1_SEQUENCE);
  if (!content) return std::nullopt;
  Bytes part = *content;
  take(part, 0, V_ASN1_CONTEXT_SPECIFIC);
  if (!take(part, V_ASN1_INTEGER)) return std::nullopt;
  for (int i = 0; i < 4; ++i) {
    if (!take(part, V_ASN1_SEQUENCE)) return std::nullopt;
  }
  return take(part, V_ASN1_SEQUENCE);
}

// Of the content of a SubjectPublicKeyInfo.
Result<Bytes, std::string> key_of_info(Bytes info) {
  constexpr std::array<unsigned char, 9> kRsaEncryption{0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                        0x0d, 0x01, 0x01, 0x01};
  const auto algorithm = take(info, V_ASN1_SEQUENCE);
  const auto bits = take(info, V_ASN1_BIT_STRING);
  if (!algorithm || !bits || !info.empty()) return wrong(kDamaged);
  Bytes parts = *algorithm;
  const auto name = take(parts, V_ASN1_OBJECT);
  if (!name ||
      !std::equal(name->begin(), name->end(), kRsaEncryption.begin(), kRsaEncryption.end())) {
    return wrong("the key is not an RSA key");
  }
  if (bits->empty() || bits->front() != 0) return wrong(kDamaged);
  return bits->subspan(1);
}

Result<Bytes, std::string> key_of(const Block& block) {
  Bytes bytes = block.bytes;
  if (block.name == "RSA PUBLIC KEY") return bytes;
  std::optional<Bytes> info;
  if (block.name == "PUBLIC KEY") {
    info = take(bytes, V_ASN1_SEQUENCE);
    if (!bytes.empty()) info.reset();
  } else if (block.name == "CERTIFICATE") {
    info = key_info_of_certificate(bytes);
  } else {
    return wrong(kNoPem);
  }
  if (!info) return wrong(kDamaged);
  return key_of_info(*info);
}

// Whether the numbers can be a key at all; the exponent's bound is libcrypto's for large keys, and
// keeps a verification cheap.
bool is_sane(const BIGNUM* n, const BIGNUM* e) {
  return BN_is_odd(n) == 1 && BN_is_odd(e) == 1 && BN_is_one(e) == 0 && BN_num_bits(e) <= 64;
}

}  // namespace

struct RsaKey::Parsed {
  RsaPointer rsa;
  std::vector<unsigned char> modulus;
  std::vector<unsigned char> stand_in;  // less than the modulus, and no signature of anything known
};

Result<RsaKey, std::string> RsaKey::parse(std::string_view pem, int min_bits) {
  const CleanErrors clean;
  if (pem.size() > kMaxPemBytes) {
    return wrong("the PEM text of a key has at most " + std::to_string(kMaxPemBytes) +
                 " bytes, and this has " + std::to_string(pem.size()));
  }
  if (pem.find("PRIVATE KEY-----") != pem.npos) return wrong(kPrivate);
  const auto block = only_block(pem);
  if (!block) return block.failure();
  const auto bytes = key_of(*block);
  if (!bytes) return bytes.failure();

  auto parsed = std::make_shared<Parsed>();
  const unsigned char* at = bytes->data();
  parsed->rsa.reset(d2i_RSAPublicKey(nullptr, &at, static_cast<long>(bytes->size())));
  if (!parsed->rsa || at != bytes->data() + bytes->size()) return wrong(kDamaged);
  const BIGNUM* const n = RSA_get0_n(parsed->rsa.get());
  if (!is_sane(n, RSA_get0_e(parsed->rsa.get()))) return wrong(kDamaged);
  const int bits = BN_num_bits(n);
  if (bits < min_bits || bits > kMaxBits) {
    return wrong("the RSA key has " + std::to_string(bits) + " bits, and must have " +
                 std::to_string(min_bits) + " to " + std::to_string(kMaxBits));
  }
  parsed->modulus.resize(static_cast<std::size_t>(BN_num_bytes(n)));
  BN_bn2bin(n, parsed->modulus.data());
  parsed->stand_in = parsed->modulus;
  parsed->stand_in.front() = 0;
  return RsaKey(std::move(parsed));
}

int RsaKey::bits() const { return RSA_bits(parsed_->rsa.get()); }

bool RsaKey::verify(Hash hash, const Digest& digest, Bytes signature) const {
  const std::vector<unsigned char>& n = parsed_->modulus;
  // libcrypto refuses at once what is of another length than the modulus, or not less. Whoever
  // knows a client's public key could tell from that time whether the key is known here.
  const bool possible =
      signature.size() == n.size() &&
      std::lexicographical_compare(signature.begin(), signature.end(), n.begin(), n.end());
  const Bytes tried = possible ? signature : Bytes(parsed_->stand_in);
  const bool good =
      RSA_verify(digest_name(hash), digest.bytes.data(), static_cast<unsigned>(digest.size),
                 tried.data(), static_cast<unsigned>(tried.size()), parsed_->rsa.get()) == 1;
  if (!good) ERR_clear_error();
  return good && possible;
}

std::string unpaired_rsa_key(int bits) {
  RsaPointer rsa(RSA_new());
  Number n(BN_new()), e(BN_new());
  demand(rsa && n && e && BN_rand(n.get(), bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD) == 1 &&
         BN_set_word(e.get(), RSA_F4) == 1 &&
         RSA_set0_key(rsa.get(), n.release(), e.release(), nullptr) == 1);
  const Bio out(BIO_new(BIO_s_mem()));
  demand(out && PEM_write_bio_RSA_PUBKEY(out.get(), rsa.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Result<std::vector<unsigned char>, std::string> rsa_signature(const Secret& private_key, Hash hash,
                                                              std::string_view message) {
  const CleanErrors clean;
  const std::string_view pem = private_key.reveal();
  if (pem.size() > RsaKey::kMaxPemBytes) {
    return wrong("the PEM text of a key has at most " + std::to_string(RsaKey::kMaxPemBytes) +
                 " bytes");
  }
  const Bio in = reader_of(pem);
  // Without this, libcrypto would ask the terminal for the passphrase.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  const RsaPointer rsa(PEM_read_bio_RSAPrivateKey(in.get(), nullptr, no_passphrase, nullptr));
  if (!rsa) {
    return wrong("to sign with RSA takes a private RSA key in PEM, not encrypted");
  }
  const Digest hashed = digest(hash, message);
  std::vector<unsigned char> out(static_cast<std::size_t>(RSA_size(rsa.get())));
  unsigned size = 0;
  if (RSA_sign(digest_name(hash), hashed.bytes.data(), static_cast<unsigned>(hashed.size),
               out.data(), &size, rsa.get()) != 1) {
    return wrong("the private RSA key can't sign: it is too short, or damaged");
  }
  out.resize(size);
  return out;
}

}  // namespace verify
