// RSA keys as text, and the signatures they verify.

#include "verify/rsa.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/verify/rsa_keys.h"
#include "tests/verify/support.h"

using namespace verify;
using namespace verify::testing;

namespace {

std::string record_error(const std::string& pem, int min_bits = RsaKey::kMinBits) {
  const auto key = RsaKey::parse(pem, min_bits);
  return key.ok() ? "" : key.error();
}

RsaKey parsed(const std::string& pem) {
  const auto key = RsaKey::parse(pem);
  REQUIRE(key.ok());
  return *key;
}

using Signature = std::vector<unsigned char>;

Signature made(const std::string& private_key, Hash hash, std::string_view text) {
  const auto signature = rsa_signature(secret(private_key), hash, text);
  REQUIRE(signature.ok());
  return *signature;
}

const std::string kDamaged = "the PEM text holds no whole RSA public key";

std::string pem_of(const std::string& name, const std::vector<unsigned char>& bytes) {
  return "-----BEGIN " + name + "-----\n" + to_base64(bytes) + "\n-----END " + name + "-----\n";
}

}  // namespace

TEST_CASE("a public key is read from each form it comes in, and is the same key") {
  const std::string crlf = [] {
    std::string out;
    for (const char c : kPublic) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return out;
  }();
  const std::string texts[] = {kPublic,
                               kPublicPkcs1,
                               kCertificate,
                               crlf,
                               "\n \n" + kPublic + " \t\r\n\n",
                               kPublic.substr(0, kPublic.size() - 1),
                               "Certificate:\n    Data:\n" + kCertificate};
  const auto signature = made(kPrivate, Hash::Sha256, "message");
  const Digest right = digest(Hash::Sha256, "message");
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(record_error(text) == "");
    const RsaKey key = parsed(text);
    CHECK(key.bits() == 2048);
    CHECK(key.verify(Hash::Sha256, right, signature));
  }
}

TEST_CASE("text that is no RSA public key is refused in a sentence without the text") {
  const std::string no_pem =
      "an RSA public key is PEM text from -----BEGIN PUBLIC KEY----- (or RSA PUBLIC KEY, or "
      "CERTIFICATE) to its END";
  const std::string is_private =
      "this is a private key: a client keeps it to itself, give its public key";
  const std::string more = "there is more behind the first key or certificate: give one alone";
  struct Row {
    std::string text, sentence;
  };
  const Row rows[] = {
      {"", no_pem},
      {"hush", no_pem},
      {std::string("\0", 1), no_pem},
      {kPublic.substr(0, kPublic.size() / 2), no_pem},
      {"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", no_pem},
      {replaced(kPublic, "END PUBLIC", "END RSA PUBLIC"), no_pem},
      {replaced(replaced(kPublic, "PUBLIC KEY", "X509 CRL"), "PUBLIC KEY", "X509 CRL"), no_pem},
      {kPrivate, is_private},
      {kShortPrivate, is_private},
      {kShortEncrypted, is_private},
      {kPublic + kPrivate, is_private},
      {kPublic + "x", more},
      {kPublic + kOtherPublic, more},
      {kCertificate + kCertificate, more},
      {kEllipticPublic, "the key is not an RSA key"},
      {kEllipticCertificate, "the key is not an RSA key"},
      {kPssPublic, "the key is not an RSA key"},
      {replaced(replaced(kPublic, " PUBLIC", " RSA PUBLIC"), "END PUBLIC", "END RSA PUBLIC"),
       kDamaged},
      {replaced(replaced(kPublicPkcs1, "RSA ", ""), "RSA ", ""), kDamaged},
      {replaced(replaced(kPublic, "PUBLIC KEY", "CERTIFICATE"), "PUBLIC KEY", "CERTIFICATE"),
       kDamaged},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(record_error(row.text) == row.sentence);
  }
}

TEST_CASE("a key whose numbers make no key is refused") {
  using Bytes = std::vector<unsigned char>;
  const auto integer = [](Bytes value) {
    const std::array<unsigned char, 4> head{0x02, 0x82,
                                            static_cast<unsigned char>(value.size() >> 8),
                                            static_cast<unsigned char>(value.size())};
    value.insert(value.begin(), head.begin(), head.end());
    return value;
  };
  const auto sequence = [](const Bytes& a, const Bytes& b, const Bytes& behind = {}) {
    const std::size_t size = a.size() + b.size();
    Bytes out{0x30, 0x82, static_cast<unsigned char>(size >> 8), static_cast<unsigned char>(size)};
    out.insert(out.end(), a.begin(), a.end());
    out.insert(out.end(), b.begin(), b.end());
    out.insert(out.end(), behind.begin(), behind.end());
    return out;
  };
  Bytes modulus(129, 0xab);
  modulus[0] = 0;
  Bytes even = modulus;
  even.back() = 0xaa;
  const Bytes e{1, 0, 1}, e64{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
      e65{1, 0, 0, 0, 0, 0, 0, 0, 1};
  struct Row {
    std::string what;
    Bytes key;
    std::string sentence;
  };
  const Row rows[] = {
      {"a key", sequence(integer(modulus), integer(e)), ""},
      {"exponent of 64 bits", sequence(integer(modulus), integer(e64)), ""},
      {"exponent of 65 bits", sequence(integer(modulus), integer(e65)), kDamaged},
      {"exponent 1", sequence(integer(modulus), integer({1})), kDamaged},
      {"exponent 2", sequence(integer(modulus), integer({2})), kDamaged},
      {"modulus even", sequence(integer(even), integer(e)), kDamaged},
      {"modulus small", sequence(integer({3}), integer(e)),
       "the RSA key has 2 bits, and must have 1024 to 16384"},
      {"more behind", sequence(integer(modulus), integer(e), {0x05, 0x00}), kDamaged},
      {"one number", sequence(integer(modulus), {}), kDamaged},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(record_error(pem_of("RSA PUBLIC KEY", row.key)) == row.sentence);
  }
}

TEST_CASE("a key has at least the bits that are asked for, at most 16384, and bounded text") {
  CHECK(record_error(kShortPublic, 1024) == "");
  CHECK(record_error(kShortPublic, 1025) ==
        "the RSA key has 1024 bits, and must have 1025 to 16384");
  CHECK(record_error(kPublic, 2048) == "");
  CHECK(record_error(kPublic, 2049) == "the RSA key has 2048 bits, and must have 2049 to 16384");
  CHECK(record_error(unpaired_rsa_key(16384)) == "");
  CHECK(record_error(unpaired_rsa_key(16385)) ==
        "the RSA key has 16385 bits, and must have 1024 to 16384");
  const std::string full = kPublic + std::string(RsaKey::kMaxPemBytes - kPublic.size(), '\n');
  CHECK(record_error(full) == "");
  CHECK(record_error(full + '\n') ==
        "the PEM text of a key has at most 16384 bytes, and this has 16385");
}

TEST_CASE("a signature is good for its key, its hash and its message, and for no other") {
  const RsaKey key = parsed(kPublic), other = parsed(kOtherPublic);
  for (const Hash hash : {Hash::Sha1, Hash::Sha256, Hash::Sha512}) {
    const auto signature = made(kPrivate, hash, "message");
    const Digest right = digest(hash, "message");
    CHECK(signature.size() == 256);
    CHECK(key.verify(hash, right, signature));
    CHECK_FALSE(other.verify(hash, right, signature));
    CHECK_FALSE(key.verify(hash, digest(hash, "messagf"), signature));
    CHECK_FALSE(key.verify(hash, right, made(kOtherPrivate, hash, "message")));
    for (const Hash wrong : {Hash::Sha1, Hash::Sha256, Hash::Sha512}) {
      if (wrong != hash) CHECK_FALSE(key.verify(wrong, digest(wrong, "message"), signature));
    }
    for (std::size_t i = 0; i < signature.size(); i += 15) {
      auto changed = signature;
      changed[i] ^= 1;
      CHECK_FALSE(key.verify(hash, right, changed));
    }
  }
  const auto once = made(kShortPrivate, Hash::Sha512, "");
  CHECK(parsed(kShortPublic).verify(Hash::Sha512, digest(Hash::Sha512, ""), once));
}

TEST_CASE("bytes that can't be a signature of the key are none") {
  const RsaKey key = parsed(kPublic);
  const auto good = made(kPrivate, Hash::Sha1, "m");
  const Digest right = digest(Hash::Sha1, "m");
  Signature longer = good, padded = good, shorter = good;
  longer.push_back(0);
  padded.insert(padded.begin(), 0);
  shorter.pop_back();
  const Signature none, zeros(256, 0), most(256, 0xff), half(128, 1);
  for (const Signature& bytes : {longer, padded, shorter, none, zeros, most, half}) {
    CHECK_FALSE(key.verify(Hash::Sha1, right, bytes));
  }
}

TEST_CASE("an unpaired key reads like any other, and each is another") {
  const std::string one = unpaired_rsa_key(2048), two = unpaired_rsa_key(2048);
  CHECK(one != two);
  const RsaKey key = parsed(one);
  CHECK(key.bits() == 2048);
  const auto signature = made(kPrivate, Hash::Sha256, "m");
  CHECK_FALSE(key.verify(Hash::Sha256, digest(Hash::Sha256, "m"), signature));
}

TEST_CASE("threads verify with one key at once") {
  const RsaKey key = parsed(kPublic);
  const auto signature = made(kPrivate, Hash::Sha256, "m");
  std::atomic<int> good = 0;
  const auto work = [&] {
    for (int i = 0; i < 50; ++i) {
      good += key.verify(Hash::Sha256, digest(Hash::Sha256, i % 2 == 0 ? "m" : "n"), signature);
    }
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
  CHECK(good == 50);
}

TEST_CASE("what can't sign says so in a sentence without the key") {
  const std::string wanted = "to sign with RSA takes a private RSA key in PEM, not encrypted";
  for (const std::string& text : {std::string(), std::string("hush"), kPublic, kCertificate,
                                  kShortEncrypted, kEllipticPrivate}) {
    const auto signature = rsa_signature(secret(text), Hash::Sha1, "m");
    REQUIRE_FALSE(signature.ok());
    CHECK(signature.error() == wanted);
  }
  const auto long_text = rsa_signature(secret(std::string(16385, 'x')), Hash::Sha1, "m");
  REQUIRE_FALSE(long_text.ok());
  CHECK(long_text.error() == "the PEM text of a key has at most 16384 bytes");
}
