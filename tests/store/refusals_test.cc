#include "store/refusals.h"

#include <sys/stat.h>

#include <thread>

#include "tests/store/support.h"

// What is kept of refused requests, and what becomes of the file in bad hands.

namespace store {

namespace {

KeptRefusal a_refusal(int number) {
  KeptRefusal out;
  out.request_id = "id-" + std::to_string(number);
  out.time = 1'700'000'000 + number;
  out.reason = "signature_invalid";
  out.scheme = "https";
  out.authority = "api.example.com";
  out.url_reason = "external_url";
  out.request = "GET /api/" + std::to_string(number) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  return out;
}

std::unique_ptr<Refusals> open_refusals(const TempDir& dir, std::uint32_t count) {
  return must(Refusals::open(dir.path(), count));
}

void keep(Refusals& refusals, int from, int to) {
  for (int i = from; i <= to; ++i) must(refusals.keep(a_refusal(i)));
}

// The numbers of those that are found, in rising order.
std::vector<int> kept(const TempDir& dir, int up_to = 20) {
  std::vector<int> out;
  for (int i = 0; i <= up_to; ++i) {
    const KeptRefusal expected = a_refusal(i);
    const auto found = find_refusal(dir.path(), expected.request_id);
    if (!found) CHECK(found.error().kind == Kind::NotFound);
    if (!found) continue;
    CHECK(*found == expected);
    out.push_back(i);
  }
  return out;
}

using Numbers = std::vector<int>;

}  // namespace

TEST_CASE("a kept refusal is found by its request id with all that was kept") {
  const TempDir dir;
  KeptRefusal whole = a_refusal(1);
  whole.detail = "d";
  whole.path_prefix = "/v1";
  whole.body = KeptBody::Held;
  whole.truncated = true;
  whole.signed_removed = true;
  KeptRefusal bare;
  bare.request_id = "bare";
  bare.reason = "nonce_used";
  bare.body = KeptBody::Passing;
  const auto refusals = open_refusals(dir, 3);
  must(refusals->keep(whole));
  must(refusals->keep(bare));
  CHECK(must(find_refusal(dir.path(), "id-1")) == whole);
  CHECK(must(find_refusal(dir.path(), "bare")) == bare);
  for (const char* other : {"", "id-", "id-11", "ID-1"})
    CHECK(kind_of(find_refusal(dir.path(), other)) == Kind::NotFound);
}

TEST_CASE("where nothing was ever kept, nothing is found and no file is made") {
  const TempDir dir;
  CHECK(kind_of(find_refusal(dir.path(), "id-1")) == Kind::NotFound);
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("the last N are kept, and one more drops the oldest without a trace") {
  const TempDir dir;
  const auto refusals = open_refusals(dir, 3);
  keep(*refusals, 1, 3);
  CHECK(kept(dir) == Numbers{1, 2, 3});
  KeptRefusal longest = a_refusal(4);
  longest.request += std::string(3000, 'x') + "the end of four";
  must(refusals->keep(longest));
  CHECK(kept(dir, 3) == Numbers{2, 3});
  keep(*refusals, 5, 7);
  CHECK(kept(dir) == Numbers{5, 6, 7});
  CHECK(std::filesystem::file_size(dir / "refusals") <= 3 * kRefusalBytes);
  const std::string bytes = bytes_of(dir / "refusals");
  CHECK(bytes.find("id-7") != std::string::npos);
  CHECK(bytes.find("the end of four") == std::string::npos);
}

TEST_CASE("a refusal of 64 KiB is kept whole, and a longer one cut at its end") {
  const TempDir dir;
  const auto refusals = open_refusals(dir, 2);
  KeptRefusal long_one = a_refusal(1);
  long_one.request = std::string(200'000, 'r');
  long_one.detail = std::string(5000, 'd');
  must(refusals->keep(long_one));
  keep(*refusals, 2, 2);
  const KeptRefusal cut = must(find_refusal(dir.path(), "id-1"));
  CHECK(cut.truncated);
  CHECK(cut.detail == std::string(1024, 'd'));
  CHECK(cut.request.size() > kRefusalBytes - 4096);
  CHECK(must(find_refusal(dir.path(), "id-2")) == a_refusal(2));
  // What was cut to fit fits, and one byte more does not.
  KeptRefusal fits = cut;
  fits.truncated = false;
  must(refusals->keep(fits));
  CHECK(must(find_refusal(dir.path(), "id-1")) == fits);
  fits.request += 'r';
  must(refusals->keep(fits));
  CHECK(must(find_refusal(dir.path(), "id-1")) == cut);
}

TEST_CASE("what is kept survives the process, and the ring goes on where it was") {
  const TempDir dir;
  keep(*open_refusals(dir, 3), 1, 4);
  CHECK(kept(dir) == Numbers{2, 3, 4});
  keep(*open_refusals(dir, 3), 5, 5);
  CHECK(kept(dir) == Numbers{3, 4, 5});
}

TEST_CASE("with another count the newest stay, as many as fit") {
  struct Case {
    std::uint32_t before, after;
    Numbers then, and_two_more;
  };
  const std::vector<Case> cases{
      {3, 5, {6, 7, 8}, {6, 7, 8, 9, 10}}, {5, 2, {7, 8}, {9, 10}},
      {5, 4, {5, 6, 7, 8}, {7, 8, 9, 10}}, {5, 1, {8}, {10}},
      {8, 3, {6, 7, 8}, {8, 9, 10}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.before);
    CAPTURE(c.after);
    const TempDir dir;
    keep(*open_refusals(dir, c.before), 1, 8);
    const auto refusals = open_refusals(dir, c.after);
    CHECK(kept(dir) == c.then);
    CHECK(std::filesystem::file_size(dir / "refusals") <= c.after * kRefusalBytes);
    keep(*refusals, 9, 10);
    CHECK(kept(dir) == c.and_two_more);
  }
}

TEST_CASE("the file is for the owner of the store alone, and no link is followed") {
  const TempDir dir;
  open_refusals(dir, 1);
  struct stat found {};
  REQUIRE(::stat((dir / "refusals").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  std::filesystem::rename(dir / "refusals", dir / "elsewhere");
  std::filesystem::create_symlink(dir / "elsewhere", dir / "refusals");
  CHECK(kind_of(Refusals::open(dir.path(), 1)) == Kind::Unavailable);
  CHECK(kind_of(find_refusal(dir.path(), "id-1")) == Kind::Unavailable);
}

TEST_CASE("a damaged byte costs at most the refusal it stands in") {
  const TempDir dir;
  keep(*open_refusals(dir, 3), 1, 3);
  const std::string whole = bytes_of(dir / "refusals");
  for (std::size_t at : {0, 3, 4, 11, 12, 15, 16, 40, 60, 63, 64, 70, 100, 150}) {
    CAPTURE(at);
    std::string bytes = whole;
    bytes[kRefusalBytes + at] = static_cast<char>(bytes[kRefusalBytes + at] ^ 0x41);
    overwrite(dir / "refusals", bytes);
    CHECK(kept(dir) == Numbers{1, 3});
    keep(*open_refusals(dir, 3), 4, 4);
    CHECK(kept(dir).back() == 4);
    CHECK(kept(dir).size() >= 2);
  }
}

TEST_CASE("a file that is cut, empty or no such file is begun anew") {
  const TempDir dir;
  keep(*open_refusals(dir, 3), 1, 3);
  const std::string whole = bytes_of(dir / "refusals");
  struct Case {
    std::string bytes;
    Numbers left;
  };
  const std::vector<Case> cases{{"", {}},
                                {"x", {}},
                                {std::string(300'000, 'j'), {}},
                                {std::string(300'000, '\0'), {}},
                                {whole.substr(0, kRefusalBytes + 100), {1}},
                                {whole.substr(0, kRefusalBytes + 30), {1}},
                                {whole.substr(1), {}}};
  for (const Case& c : cases) {
    CAPTURE(c.bytes.size());
    overwrite(dir / "refusals", c.bytes);
    CHECK(kept(dir) == c.left);
    const auto refusals = open_refusals(dir, 3);
    CHECK(kept(dir) == c.left);
    keep(*refusals, 4, 6);
    CHECK(kept(dir) == Numbers{4, 5, 6});
  }
}

TEST_CASE("a full disk is said, and what was kept before is still found") {
  const TempDir dir;
  const auto refusals = open_refusals(dir, 3);
  keep(*refusals, 1, 1);
  KeptRefusal long_one = a_refusal(2);
  long_one.request = std::string(60'000, 'r');
  FileSizeLimit limit(kRefusalBytes + 4096);
  const auto full = refusals->keep(long_one);
  limit.lift();
  CHECK(kind_of(full) == Kind::Full);
  CHECK(kept(dir) == Numbers{1});
  keep(*refusals, 2, 2);
  CHECK(kept(dir) == Numbers{1, 2});
}

TEST_CASE("what is read while the ring goes round is whole or not there") {
  const TempDir dir;
  const auto refusals = open_refusals(dir, 2);
  keep(*refusals, 1, 2);
  std::atomic<bool> done = false;
  Pipe found_some;
  Child reader([&] {
    bool any = false;
    for (int i = 0; i < 2000; ++i)
      for (int n = 1; n <= 4; ++n) {
        const auto found = find_refusal(dir.path(), "id-" + std::to_string(n));
        if (found && found->request != std::string(1000u * static_cast<unsigned>(n), 'r') &&
            *found != a_refusal(n))
          return 1;
        if (!found && found.error().kind != Kind::NotFound) return 2;
        any = any || found;
      }
    if (any) found_some.send("x");
    return 0;
  });
  std::thread writer([&] {
    for (int i = 0; !done; ++i) {
      KeptRefusal one = a_refusal(1 + i % 4);
      one.request = std::string(1000u * static_cast<unsigned>(1 + i % 4), 'r');
      if (!refusals->keep(one)) return;
    }
  });
  const int status = reader.wait();
  done = true;
  writer.join();
  CHECK(status == 0);
  found_some.close_writer();
  CHECK_FALSE(found_some.receive(1).empty());
}

TEST_CASE("a process killed while it keeps leaves a file that the next goes on with") {
  const TempDir dir;
  for (int round = 0; round < 5; ++round) {
    Pipe ready;
    Child child([&] {
      const auto refusals = open_refusals(dir, 4);
      keep(*refusals, 1, 4);
      ready.send("x");
      for (int i = 0;; ++i) must(refusals->keep(a_refusal(i % 10)));
      return 0;
    });
    CHECK(ready.receive(1) == "x");
    child.kill();
    CHECK(kept(dir).size() >= 3);
  }
  const auto refusals = open_refusals(dir, 4);
  keep(*refusals, 11, 14);
  CHECK(kept(dir) == Numbers{11, 12, 13, 14});
}

}  // namespace store
