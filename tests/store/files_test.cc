#include "store/files.h"

#include <sys/stat.h>

#include <array>

#include "tests/store/support.h"

namespace store {

namespace fs = std::filesystem;

TEST_CASE("file systems of the network are told from local ones by their type") {
  const std::array<std::uint64_t, 16> network{0x6969,     0x517b,     0xff534d42, 0xfe534d42,
                                              0x5346414f, 0x6b414653, 0x73757245, 0x564c,
                                              0x01021997, 0x00c36400, 0x01161970, 0x7461636f,
                                              0x0bd00bd0, 0x47504653, 0x19830326, 0xaad7aaea};
  for (const std::uint64_t type : network) CHECK(is_network_file_system(type));
  const std::array<std::uint64_t, 8> local{0xef53,     0x58465342, 0x9123683e, 0x01021994,
                                           0x794c7630, 0x2fc12fc1, 0x65735546, 0xf2f52010};
  for (const std::uint64_t type : local) CHECK_FALSE(is_network_file_system(type));
}

TEST_CASE("a path that does not exist yet is judged by the folder above it") {
  const TempDir dir;
  CHECK(refuse_network_file_system(dir / "a/b/c").ok());
}

TEST_CASE("a folder is made with what is above it, for its owner alone") {
  const TempDir dir;
  must(make_folder(dir / "a/b/"));
  struct stat found {};
  REQUIRE(::stat((dir / "a/b").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0700);
  CHECK(make_folder(dir / "a/b").ok());
  overwrite(dir / "file", "");
  CHECK(kind_of(make_folder(dir / "file")) == Kind::Unavailable);
}

TEST_CASE("a new file has mode 0600 and its folder's owner and group, an old one keeps its own") {
  const TempDir dir;
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::chown(dir.path().c_str(), 12345, 23456) == 0);
  must(make_file(dir / "new", dir.path()));
  must(make_folder(dir / "folder", dir.path()));
  for (const char* name : {"new", "folder"}) {
    struct stat found {};
    REQUIRE(::stat((dir / name).c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == (name[0] == 'n' ? 0600 : 0700));
    if (root) CHECK(found.st_uid == 12345);
    if (root) CHECK(found.st_gid == 23456);
  }
  overwrite(dir / "old", "x");
  REQUIRE(::chmod((dir / "old").c_str(), 0640) == 0);
  must(make_file(dir / "old", dir.path()));
  struct stat found {};
  REQUIRE(::stat((dir / "old").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0640);
  CHECK(found.st_uid == ::geteuid());
  CHECK(bytes_of(dir / "old") == "x");
}

TEST_CASE("a dangling link is not followed when a file is made") {
  const TempDir dir;
  fs::create_symlink(dir / "elsewhere", dir / "link");
  static_cast<void>(make_file(dir / "link", dir.path()));
  CHECK_FALSE(fs::exists(dir / "elsewhere"));
}

TEST_CASE("a folder is locked by one handle at a time, until it closes") {
  const TempDir dir;
  FileHandle first = must(lock_folder(dir.path(), false));
  CHECK(kind_of(lock_folder(dir.path(), false)) == Kind::Busy);
  FileHandle moved = std::move(first);
  CHECK(kind_of(lock_folder(dir.path(), false)) == Kind::Busy);
  moved.close();
  CHECK(lock_folder(dir.path(), true).ok());
}

TEST_CASE("disk that is set aside is allocated, and what is written stays") {
  const TempDir dir;
  overwrite(dir / "f", "abc");
  must(set_aside(dir / "f", 1 << 20));
  struct stat found {};
  REQUIRE(::stat((dir / "f").c_str(), &found) == 0);
  CHECK(found.st_size == 1 << 20);
  CHECK(found.st_blocks * 512 >= 1 << 20);
  must(set_aside(dir / "f", 4096));
  CHECK(fs::file_size(dir / "f") == 1 << 20);
  CHECK(bytes_of(dir / "f").substr(0, 3) == "abc");
}

TEST_CASE("a copy has another identity than the file, and a missing file has none") {
  const TempDir dir;
  overwrite(dir / "f", "abc");
  const auto before = must(identity(dir / "f"));
  fs::copy_file(dir / "f", dir / "copy");
  overwrite(dir / "f", "abcd");
  fs::rename(dir / "f", dir / "g");
  REQUIRE(before.has_value());
  CHECK(before == must(identity(dir / "g")));
  CHECK(before != must(identity(dir / "copy")));
  CHECK(before != FileIdentity{});
  CHECK_FALSE(must(identity(dir / "f")).has_value());
}

}  // namespace store
