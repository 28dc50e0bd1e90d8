#include "bench/verification.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "bench/instructions.h"

namespace {

class Folder {
 public:
  Folder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "portcullis-verification-XXXXXX";
};

}  // namespace

TEST_CASE("what is measured is verified: whole or in steps, and a replay or a change is refused") {
  using bench::Verification;
  const Folder folder;
  auto made = Verification::make(folder.path());
  REQUIRE(made.ok());
  Verification& verification = **made;
  for (int batch = 0; batch < 3; ++batch) {
    verification.sign();
    CHECK(verification.verify());
    CHECK_FALSE(verification.verify());  // all of it is in the ledger
  }
  verification.sign();
  for (std::size_t step = 0; step < Verification::kSteps; ++step) {
    CHECK(verification.take(static_cast<Verification::Step>(step)));
  }
  CHECK_FALSE(verification.take(Verification::Step::Ledger));
  CHECK(verification.refuses());
}

TEST_CASE("a store that can't be made is told in a sentence") {
  const auto made = bench::Verification::make("/dev/null/folder");
  REQUIRE_FALSE(made.ok());
  CHECK_FALSE(made.error().empty());
}

TEST_CASE("more work takes more instructions, where they are counted") {
  auto counter = bench::Instructions::open();
  if (!counter) return;
  volatile unsigned sum = 0;
  const auto spin = [&](unsigned times) {
    counter->start();
    for (unsigned i = 0; i < times; ++i) sum = sum + i;
    counter->stop();
    return counter->count();
  };
  const auto few = spin(1'000);
  CHECK(few > 1'000);
  CHECK(spin(100'000) > 50 * few);
}
