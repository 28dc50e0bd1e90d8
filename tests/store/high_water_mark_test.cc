#include "store/high_water_mark.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/store/support.h"
#include "verify/crypto.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSlot = 256, kSecond = 4096;

HighWaterMarkState a_state() {
  HighWaterMarkState out;
  out.mark = 0x0102;
  out.floor = 0x0304;
  out.clean = true;
  out.ledger = {0x0506, 0x0708};
  out.closed = 0x090a;
  out.boot_id = "boot";
  return out;
}

// With the checksum made to fit, as a program would have written it.
std::string sealed(std::string slot) {
  const std::string body = slot.substr(0, kSlot - 16);
  const verify::Digest digest = verify::digest(verify::Hash::Sha256, body);
  return body + std::string(digest.bytes.begin(), digest.bytes.begin() + 16);
}

std::string with_slot(std::string file, std::size_t at, const std::string& slot) {
  return file.replace(at, kSlot, slot);
}

}  // namespace

TEST_CASE("the mark file is written byte for byte as ever") {
  const TempDir dir;
  must(HighWaterMark::create(dir / "mark", a_state()));
  const std::string bytes = bytes_of(dir / "mark");
  REQUIRE(bytes.size() == kSecond + kSlot);
  const auto hex = [&](std::size_t from, std::size_t count) {
    return verify::to_hex({reinterpret_cast<const unsigned char*>(bytes.data()) + from, count});
  };
  for (const std::size_t at : {std::size_t{0}, kSecond}) {
    CHECK(hex(at, 5) == "504d524b02");
    CHECK(hex(at + 5, 8) == (at == 0 ? "0000000000000002" : "0000000000000001"));
    CHECK(hex(at + 13, 33) ==
          "0000000000000102"
          "0000000000000304"
          "01"
          "0000000000000506"
          "0000000000000708");
    // After 16 bytes of the file's own identity; then comes the time of the write.
    CHECK(hex(at + 62, 5) == "04626f6f74");
    CHECK(hex(at + 75, 9) == "000000000000090a00");
    CHECK(bytes.substr(at, kSlot) == sealed(bytes.substr(at, kSlot)));
  }
}

TEST_CASE("what is written to the mark is read again, write after write") {
  const TempDir dir;
  HighWaterMarkState state = a_state();
  {
    HighWaterMark file = must(HighWaterMark::create(dir / "mark", state));
    CHECK(file.state() == state);
  }
  for (int round = 0; round < 5; ++round) {
    auto file = must(HighWaterMark::open(dir / "mark"));
    REQUIRE(file.has_value());
    CHECK(file->state() == state);
    state.mark += 1 + round;
    state.clean = !state.clean;
    state.boot_id = std::string(static_cast<std::size_t>(round) * 16, 'b');
    must(file->write(state));
    CHECK(file->state() == state);
  }
}

TEST_CASE(
    "a write to the mark that is torn at any byte leaves the state before it or the new one") {
  const TempDir dir;
  HighWaterMarkState first = a_state(), second = a_state();
  second.mark = 0x7fff;
  second.boot_id = "another boot";
  HighWaterMark file = must(HighWaterMark::create(dir / "mark", first));
  const std::string before = bytes_of(dir / "mark");
  must(file.write(second));
  const std::string after = bytes_of(dir / "mark");
  const std::size_t slot = before.substr(0, kSlot) == after.substr(0, kSlot) ? kSecond : 0;
  for (std::size_t whole = 0; whole <= kSlot; ++whole) {
    CAPTURE(whole);
    overwrite(dir / "mark",
              with_slot(before, slot,
                        after.substr(slot, whole) + before.substr(slot + whole, kSlot - whole)));
    const auto torn = must(HighWaterMark::open(dir / "mark"));
    REQUIRE(torn.has_value());
    CHECK((torn->state() == first || torn->state() == second));
    if (whole == kSlot) CHECK(torn->state() == second);
  }
}

TEST_CASE("a mark that is missing, cut short, damaged in both slots or a copy is none") {
  const TempDir dir;
  CHECK_FALSE(must(HighWaterMark::open(dir / "mark")).has_value());
  must(HighWaterMark::create(dir / "mark", a_state()));
  const std::string good = bytes_of(dir / "mark");
  for (const std::string& bad :
       {std::string(), good.substr(0, kSlot - 1), std::string(good.size(), '\0'),
        with_slot(with_slot(good, 0, std::string(kSlot, 'x')), kSecond, std::string(kSlot, 'x'))}) {
    overwrite(dir / "mark", bad);
    CHECK_FALSE(must(HighWaterMark::open(dir / "mark")).has_value());
  }
  overwrite(dir / "mark", good);
  CHECK(must(HighWaterMark::open(dir / "mark")).has_value());
  fs::copy_file(dir / "mark", dir / "copy");
  CHECK_FALSE(must(HighWaterMark::open(dir / "copy")).has_value());
  fs::rename(dir / "mark", dir / "moved");
  CHECK(must(HighWaterMark::open(dir / "moved")).has_value());
}

TEST_CASE("any byte of a mark's slot that changes by itself makes the slot void") {
  const TempDir dir;
  must(HighWaterMark::create(dir / "mark", a_state()));
  const std::string good = bytes_of(dir / "mark");
  const std::string blank = with_slot(good, kSecond, std::string(kSlot, '\0'));
  for (std::size_t at = 0; at < kSlot; ++at) {
    std::string bad = blank;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    overwrite(dir / "mark", bad);
    CHECK_FALSE(must(HighWaterMark::open(dir / "mark")).has_value());
  }
}

TEST_CASE("a mark of a newer version is refused, not replaced") {
  const TempDir dir;
  must(HighWaterMark::create(dir / "mark", a_state()));
  std::string bytes = bytes_of(dir / "mark");
  std::string slot = bytes.substr(0, kSlot);
  slot[4] = 3;
  overwrite(dir / "mark", with_slot(bytes, 0, sealed(slot)));
  CHECK(kind_of(HighWaterMark::open(dir / "mark")) == Kind::Newer);
}

TEST_CASE("a mark that can't be written is an error, and the state stays") {
  const TempDir dir;
  HighWaterMark file = must(HighWaterMark::create(dir / "mark", a_state()));
  HighWaterMarkState next = a_state();
  next.mark = 0x9999;
  {
    const FileSizeLimit none(0);
    const auto written = file.write(next);
    none.lift();
    CHECK(kind_of(written) == Kind::Full);
  }
  CHECK(file.state() == a_state());
  CHECK(must(HighWaterMark::open(dir / "mark"))->state() == a_state());
  must(file.write(next));
  CHECK(must(HighWaterMark::open(dir / "mark"))->state() == next);
}

TEST_CASE("a mark is made in place of an old one, for its owner alone") {
  const TempDir dir;
  overwrite(dir / "mark", "junk");
  fs::permissions(dir / "mark", fs::perms::all);
  must(HighWaterMark::create(dir / "mark", a_state()));
  struct stat found {};
  REQUIRE(::stat((dir / "mark").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  CHECK(must(HighWaterMark::open(dir / "mark"))->state() == a_state());
}

}  // namespace store
