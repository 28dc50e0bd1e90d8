#include "verify/password.h"

#include <doctest/doctest.h>

#include <ostream>
#include <string>

using namespace verify;

namespace {

// Made with hashlib.scrypt and hashlib.pbkdf2_hmac from the password "correct horse"; salts are the
// bytes 0 to 15, and the text "Na7Cl".
const std::string kPassword = "correct horse";
const std::string kOurs =
    "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc";
const std::string kOursWeak =
    "$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$JbN2hANm9NOw4h5BRHZnbjzQ6Jr0QwNWojTOC2WgIbU";
const std::string kWerkzeugScrypt =
    "scrypt:32768:8:1$Na7Cl$6911e74a90b2580ff5acff787a2cac0fa16b9d341150d24d501248180bb5c2c8"
    "9f08b645daa1a90d51d1649538f25a60c50d279d760357de29e1d2ce45123592";
const std::string kSmallScrypt =
    "$Na7Cl$b3ec79ded8242dec931537e4167b3eb9522483634ccc7954d7da7c3446faf13d"
    "b72c6e36aa01dbecc06bd02db27ae6487b968a0488f22b7a2a5d61c02c7fb2b7";
const std::string kSha1Key = "$Na7Cl$7566a9f47d9d64c0dc52969b86ef6bbaf6134115";
const std::string kSha256Key =
    "$Na7Cl$b5620c36607e7689e9acded585ee387300a943dc71b7867e4b5bb672a3352712";
const std::string kSha512Key =
    "$Na7Cl$9577605b11c9f68137b237e2371b993316f3dc99eefc980ddddc7b88c72e65be"
    "b7b8247ca56c70ae7f4c73c929c2a0941b87c0380fd27b551a83e046a50491d1";

}  // namespace

TEST_CASE("hashes made elsewhere are right for their password and wrong for another") {
  struct Row {
    std::string hash;
    PasswordCheck wanted;
  };
  const Row rows[] = {
      {kOurs, PasswordCheck::Right},
      {kOursWeak, PasswordCheck::RightButRehash},
      {kWerkzeugScrypt, PasswordCheck::RightButRehash},
      {"scrypt:16:8:1" + kSmallScrypt, PasswordCheck::RightButRehash},
      {"pbkdf2:sha1:1000" + kSha1Key, PasswordCheck::RightButRehash},
      {"pbkdf2:sha256:1000" + kSha256Key, PasswordCheck::RightButRehash},
      {"pbkdf2:sha512:1000" + kSha512Key, PasswordCheck::RightButRehash},
  };
  for (const Row& row : rows) {
    CAPTURE(row.hash);
    CHECK(is_password_hash(row.hash));
    CHECK(check_password(kPassword, row.hash) == row.wanted);
    CHECK(check_password("correct horsf", row.hash) == PasswordCheck::Wrong);
    CHECK(check_password("", row.hash) == PasswordCheck::Wrong);
  }
  CHECK(check_password(kPassword, "pbkdf2:sha256:1001" + kSha256Key) == PasswordCheck::Wrong);
}

TEST_CASE("a new hash is right, salted, and in our own format") {
  const std::string hash = hash_password("p\xc3\xa4ss");
  CHECK(hash.starts_with("$scrypt$ln=15,r=8,p=1$"));
  CHECK(is_password_hash(hash));
  CHECK(check_password("p\xc3\xa4ss", hash) == PasswordCheck::Right);
  CHECK(check_password("pass", hash) == PasswordCheck::Wrong);
  CHECK(hash_password("p\xc3\xa4ss") != hash);
}

TEST_CASE("costs are taken up to their bound and refused beyond it") {
  const std::string ours = "$AAECAwQFBgcICQoLDA0ODw$XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc";
  struct Row {
    std::string hash;
    bool taken;
  };
  const Row rows[] = {
      {"$scrypt$ln=17,r=8,p=1" + ours, true},
      {"$scrypt$ln=18,r=8,p=1" + ours, false},
      {"$scrypt$ln=15,r=32,p=1" + ours, true},
      {"$scrypt$ln=15,r=33,p=1" + ours, false},
      {"$scrypt$ln=15,r=8,p=4" + ours, true},
      {"$scrypt$ln=15,r=8,p=5" + ours, false},
      {"$scrypt$ln=1,r=1,p=1" + ours, true},
      {"$scrypt$ln=0,r=1,p=1" + ours, false},
      {"$scrypt$ln=1,r=0,p=1" + ours, false},
      {"$scrypt$ln=1,r=1,p=0" + ours, false},
      {"$scrypt$ln=64,r=8,p=1" + ours, false},
      {"$scrypt$ln=15,r=18446744073709551615,p=1" + ours, false},
      {"scrypt:131072:8:1" + kSmallScrypt, true},
      {"scrypt:262144:8:1" + kSmallScrypt, false},
      {"scrypt:32769:8:1" + kSmallScrypt, false},
      {"scrypt:1:8:1" + kSmallScrypt, false},
      {"scrypt:0:8:1" + kSmallScrypt, false},
      {"pbkdf2:sha256:5000000" + kSha256Key, true},
      {"pbkdf2:sha256:5000001" + kSha256Key, false},
      {"pbkdf2:sha256:1" + kSha256Key, true},
      {"pbkdf2:sha256:0" + kSha256Key, false},
      {"pbkdf2:sha256:-1" + kSha256Key, false},
      {"pbkdf2:sha256:18446744073709551616" + kSha256Key, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.hash);
    CHECK(is_password_hash(row.hash) == row.taken);
  }
}

TEST_CASE("salts are taken up to 128 bytes") {
  CHECK(is_password_hash("pbkdf2:sha1:1$" + std::string(128, 's') + kSha1Key.substr(6)));
  CHECK_FALSE(is_password_hash("pbkdf2:sha1:1$" + std::string(129, 's') + kSha1Key.substr(6)));
  CHECK_FALSE(is_password_hash("pbkdf2:sha1:1$" + kSha1Key.substr(6)));
}

TEST_CASE("what is no hash is no hash, and no password is right for it") {
  const std::string rows[] = {
      "",
      "correct horse",
      "$scrypt$",
      "$scrypt$ln=15,r=8,p=1$",
      "$scrypt$ln=15,r=8,p=1$$",
      "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$",
      "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw==$XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc",
      "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc=",
      "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$XGYmKKxO",
      "$scrypt$r=8,ln=15,p=1$AAECAwQFBgcICQoLDA0ODw$XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc",
      "$scrypt$ln= 15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc",
      "pbkdf2:md5:1000$salt$d41d8cd98f00b204e9800998ecf8427e",
      "pbkdf2:sha256$salt$00",
      "pbkdf2:sha256:1000" + kSha1Key,
      "pbkdf2:sha1:1000" + kSha1Key + "00",
      "pbkdf2:sha1:1000" + kSha1Key.substr(0, kSha1Key.size() - 1) + "g",
      "pbkdf2:sha1:1000" + kSha1Key.substr(0, kSha1Key.size() - 1),
      "scrypt:32768:8$salt$00",
      "sha256$salt$00",
      "plain$$correct horse",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK_FALSE(is_password_hash(row));
  }
  CHECK(check_password(kPassword, "plain$$correct horse") == PasswordCheck::Wrong);
  CHECK(check_password("", "") == PasswordCheck::Wrong);
}

TEST_CASE("checking a password takes the same work whatever the hash, and with none") {
  const std::string hashes[] = {
      kOurs,
      kOursWeak,
      kWerkzeugScrypt,
      "scrypt:16:8:1" + kSmallScrypt,
      "scrypt:16384:8:5" + kSmallScrypt,
      "scrypt:131072:8:1" + kSmallScrypt,
      "$scrypt$ln=10,r=16,p=3$AAECAwQFBgcICQoLDA0ODw$XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc",
      "pbkdf2:sha1:1000" + kSha1Key,
      "pbkdf2:sha256:600000" + kSha256Key,
      "pbkdf2:sha512:210000" + kSha512Key,
      "plain$$correct horse",
      "",
  };
  PasswordWork most = own_work();
  for (const std::string& hash : hashes) most = most_of(most, work_of(hash));
  CHECK(most == PasswordWork{1 << 20, {1000, 600'000, 210'000}});
  for (const std::string& hash : hashes) {
    CAPTURE(hash);
    const PasswordWork done = work_done(hash, most);
    CHECK(done.rounds == most.rounds);
    CHECK(done.scrypt <= most.scrypt);
    CHECK(most.scrypt - done.scrypt < most.scrypt / 1000);
    // Where no hash but our own is in the store, nothing is added to that.
    if (work_of(hash) == own_work()) CHECK(work_done(hash, own_work()) == own_work());
  }
}

TEST_CASE("what is added to the work changes no verdict") {
  const PasswordWork more{1 << 19, {10, 20, 30}};
  CHECK(check_password(kPassword, kOurs, more) == PasswordCheck::Right);
  CHECK(check_password("correct horsf", kOurs, more) == PasswordCheck::Wrong);
  const std::string imported = "pbkdf2:sha256:1000" + kSha256Key;
  CHECK(check_password(kPassword, imported, more) == PasswordCheck::RightButRehash);
  CHECK(check_password("correct horsf", imported, more) == PasswordCheck::Wrong);
  CHECK(check_password(kPassword, "", more) == PasswordCheck::Wrong);
  CHECK(check_password("", "", more) == PasswordCheck::Wrong);
}
