#include "store/ledger.h"

#include "tests/store/support.h"

namespace store {

TEST_CASE("what was Fresh once is Replayed after a close and after a crash") {
  const TempDir dir;
  open_store(dir / "s");
  LedgerOptions options;
  options.path = dir / "s";
  options.size = 4 << 20;
  options.boot_id = "boot 1";
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    const auto ledger = must(Ledger::open(options, 1000));
    CHECK(ledger->floor() == 0);
    LedgerClaim claim;
    claim.key = ledger->keyer()(1000, "K", "T", "n");
    must(ledger->claim({&claim, 1}, 1000));
    CHECK(claim.verdict == (round == 0 ? Verdict::Fresh : Verdict::Replayed));
    CHECK(ledger->entries() == 1);
    CHECK(ledger->mark() == 1005);
    if (round == 0) must(ledger->close());
  }
}

}  // namespace store
