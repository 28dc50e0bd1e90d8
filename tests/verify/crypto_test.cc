#include "verify/crypto.h"
#include "verify/keyed_hash.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace verify;

namespace {

std::string bytes(std::size_t count, int value) {
  return std::string(count, static_cast<char>(value));
}

std::string counting(int first, int last) {
  std::string out;
  for (int i = first; i <= last; ++i) out += static_cast<char>(i);
  return out;
}

std::span<const unsigned char> span_of(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

// SipHash-2-4 with 128 bits, written from its paper, to compare the real one with.
class Sip {
 public:
  explicit Sip(const std::string& key)
      : v_{word(key, 0) ^ 0x736f6d6570736575, word(key, 8) ^ 0x646f72616e646f6d ^ 0xee,
           word(key, 0) ^ 0x6c7967656e657261, word(key, 8) ^ 0x7465646279746573} {}

  std::string hash(std::string message) {
    const std::size_t size = message.size();
    message.resize(size / 8 * 8 + 7);
    message += static_cast<char>(size);
    for (std::size_t i = 0; i < message.size(); i += 8) {
      v_[3] ^= word(message, i);
      rounds(2);
      v_[0] ^= word(message, i);
    }
    v_[2] ^= 0xee;
    rounds(4);
    std::string out = text(v_[0] ^ v_[1] ^ v_[2] ^ v_[3]);
    v_[1] ^= 0xdd;
    rounds(4);
    return out + text(v_[0] ^ v_[1] ^ v_[2] ^ v_[3]);
  }

 private:
  static std::uint64_t word(const std::string& bytes, std::size_t at) {
    std::uint64_t out = 0;
    for (std::size_t i = 8; i-- > 0;) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
    return out;
  }
  static std::string text(std::uint64_t value) {
    std::string out;
    for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
    return out;
  }
  static std::uint64_t turn(std::uint64_t x, int by) { return x << by | x >> (64 - by); }
  void rounds(int count) {
    for (; count > 0; --count) {
      v_[0] += v_[1], v_[2] += v_[3];
      v_[1] = turn(v_[1], 13) ^ v_[0], v_[3] = turn(v_[3], 16) ^ v_[2];
      v_[0] = turn(v_[0], 32);
      v_[2] += v_[1], v_[0] += v_[3];
      v_[1] = turn(v_[1], 17) ^ v_[2], v_[3] = turn(v_[3], 21) ^ v_[0];
      v_[2] = turn(v_[2], 32);
    }
  }
  std::uint64_t v_[4];
};

std::string framed(const std::vector<std::string_view>& parts) {
  std::string out;
  for (std::string_view part : parts) {
    for (int i = 0; i < 8; ++i) out += static_cast<char>(std::uint64_t{part.size()} >> (8 * i));
    out += part;
  }
  return out;
}

}  // namespace

TEST_CASE("HMAC gives the published values of RFC 2202 and RFC 4231") {
  struct Row {
    std::string key, message, sha1, sha256, sha512;
  };
  const Row rows[] = {
      {bytes(20, 0x0b), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
       "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
       "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
      {"Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
       "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
       "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
      {bytes(20, 0xaa), bytes(50, 0xdd), "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
       "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
       "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
      {counting(1, 25), bytes(50, 0xcd), "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
       "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
       "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
      {bytes(80, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First",
       "aa4ae5e15272d00e95705637ce8a3b55ed402112",
       "6953025ed96f0c09f80a96f78e6538dbe2e7b820e3dd970e7ddd39091b32352f",
       "132c9ebc32531071f6c4d9e8842291e9403e5940f813170a3ba3a0dd6c055c8b"
       "8ca587b24c56c47f3c1f2fb8ee8f9fbc8d92deed0f83426be3e8a2e9056778b3"},
      {bytes(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First",
       "90d0dace1c1bdc957339307803160335bde6df2b",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
       "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
       "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
      {bytes(131, 0xaa),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key "
       "needs to be hashed before being used by the HMAC algorithm.",
       "217e44bb08b6e06a2d6c30f3cb9f537f97c63356",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
       "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
       "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    CHECK(to_hex(HmacKey(Hash::Sha1, row.key).sign(row.message).view()) == row.sha1);
    CHECK(to_hex(HmacKey(Hash::Sha256, row.key).sign(row.message).view()) == row.sha256);
    CHECK(to_hex(HmacKey(Hash::Sha512, row.key).sign(row.message).view()) == row.sha512);
  }
}

TEST_CASE(
    "HMAC follows its definition for every key length around a block, and keys may sign again") {
  for (const Hash hash : {Hash::Sha1, Hash::Sha256, Hash::Sha512}) {
    const std::size_t block = hash == Hash::Sha512 ? 128 : 64;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, block - 1, block, block + 1}) {
      const std::string key(size, 'k');
      std::string padded = key;
      if (size > block) {
        const Digest shorter = digest(hash, key);
        padded.assign(reinterpret_cast<const char*>(shorter.bytes.data()), shorter.size);
      }
      padded.resize(block);
      std::string inner = padded, outer = padded;
      for (char& c : inner) c = static_cast<char>(c ^ 0x36);
      for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
      const HmacKey hmac(hash, key);
      for (const std::string& message :
           {std::string(), std::string(1, 'm'), std::string(500, 'm')}) {
        const Digest first = digest(hash, inner + message);
        const Digest wanted = digest(
            hash,
            outer + std::string(reinterpret_cast<const char*>(first.bytes.data()), first.size));
        CAPTURE(size);
        CHECK(to_hex(hmac.sign(message).view()) == to_hex(wanted.view()));
      }
    }
  }
}

TEST_CASE("digests are the well-known ones of the empty text") {
  CHECK(to_hex(digest(Hash::Sha1, "").view()) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(to_hex(digest(Hash::Sha256, "").view()) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(digest(Hash::Sha512, "").view()) ==
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

TEST_CASE("the SipHash that the next case trusts gives the published values") {
  const std::string key = counting(0, 15);
  const std::pair<int, std::string> rows[] = {
      {0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},
      {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},  {8, "3b62a9ba6258f5610f83e264f31497b4"},
      {15, "5493e99933b0a8117e08ec0f97cfc3d9"}, {63, "5150d1772f50834a503e069a973fbd7c"}};
  for (const auto& [size, hex] : rows) {
    CHECK(to_hex(span_of(Sip(key).hash(counting(0, size - 1)))) == hex);
  }
}

TEST_CASE("a keyed hash is SipHash-2-4-128 of the first part and of all, each after its length") {
  KeyedHash::Key key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<unsigned char>(i);
  KeyedHash hash(key);
  const std::string long_part(300, 'x');
  const std::vector<std::vector<std::string_view>> rows = {{""},
                                                           {"a"},
                                                           {"a", ""},
                                                           {"", "a"},
                                                           {"ab", "c"},
                                                           {"a", "bc"},
                                                           {"client", "token", "nonce"},
                                                           {long_part, "1234567", "12345678"},
                                                           {"a"}};
  std::set<std::string> seen;
  for (const auto& parts : rows) {
    const KeyedHash::Both made = hash(parts);
    CHECK(to_hex(made.all) == to_hex(span_of(Sip(counting(0, 15)).hash(framed(parts)))));
    CHECK(to_hex(made.first) == to_hex(span_of(Sip(counting(0, 15)).hash(framed({parts[0]})))));
    seen.insert(to_hex(made.all));
  }
  CHECK(seen.size() == rows.size() - 1);  // the last row is one that was there before

  key[0] = 1;
  KeyedHash other(key);
  const std::vector<std::string_view> parts = {"a"};
  CHECK(other(parts).all != hash(parts).all);
  KeyedHash moved(std::move(other));
  CHECK(moved(parts).all == KeyedHash(key)(parts).all);
}

TEST_CASE("base64 goes there and back, and has one spelling for each value") {
  const std::pair<std::string, std::string> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"},
                                                      {"\xfb\xff", "+/8="}};
  for (const auto& [plain, encoded] : rows) {
    CAPTURE(encoded);
    CHECK(to_base64(span_of(plain)) == encoded);
    std::array<unsigned char, 6> out{};
    const auto size = from_base64(encoded, out);
    REQUIRE(size.has_value());
    CHECK(std::string(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*size)) == plain);
  }
  for (const std::string text :
       {"Zg", "Zg=", "Zg===", "=", "==", "====", "A===", "Z===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v",
        "Zm9-", "Zm9_", "Zm=v", "Z=9v", "Zg==Zg==", "Zm\xc3v"}) {
    CAPTURE(text);
    std::array<unsigned char, 16> out{};
    CHECK_FALSE(from_base64(text, out).has_value());
  }
}

TEST_CASE("base64 fills what it is given to the last byte and not beyond") {
  std::array<unsigned char, 6> six{};
  CHECK(from_base64("Zm9vYmFy", six) == 6u);
  CHECK_FALSE(from_base64("Zm9vYmFy", std::span(six).first(5)).has_value());
  CHECK_FALSE(from_base64("Zm9vYmFyZg==", six).has_value());
}

TEST_CASE("equality looks at every byte and at the length") {
  CHECK(equal_in_constant_time(span_of(""), span_of("")));
  CHECK(equal_in_constant_time(span_of("abc"), span_of("abc")));
  CHECK_FALSE(equal_in_constant_time(span_of("abc"), span_of("abd")));
  CHECK_FALSE(equal_in_constant_time(span_of("abc"), span_of("xbc")));
  CHECK_FALSE(equal_in_constant_time(span_of("abc"), span_of("ab")));
  CHECK_FALSE(equal_in_constant_time(span_of(""), span_of("a")));
}

TEST_CASE("random names have the length asked for, letters and digits alone, and differ") {
  std::set<std::string> seen;
  std::set<char> letters;
  for (int i = 0; i < 200; ++i) {
    const std::string name = random_name(27);
    CHECK(name.size() == 27);
    seen.insert(name);
    letters.insert(name.begin(), name.end());
  }
  CHECK(seen.size() == 200);
  CHECK(letters.size() == 62);
  for (char c : letters) CHECK(std::isalnum(static_cast<unsigned char>(c)) != 0);
  CHECK(random_name(0).empty());
  CHECK(random_name(1).size() == 1);
  CHECK(random_name(300).size() == 300);
}

TEST_CASE("wiping leaves zeros") {
  std::string text = "secret";
  wipe(text.data(), text.size());
  CHECK(text == std::string(6, '\0'));
}
