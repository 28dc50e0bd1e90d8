#include "store/credentials.h"

#include "tests/store/support.h"

namespace store {

TEST_CASE("what one change commits the next find sees") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  auto reader = must(store->reader());
  const Found before = must(reader.find("K", "T"));
  CHECK_FALSE(before.client_known);
  CHECK_FALSE(before.token_known);
  CHECK(before.txn == store->last_txn());
  put(*store, a_client());
  put(*store, a_user());
  put(*store, a_token());
  CHECK(before.txn != store->last_txn());
  const Found after = must(reader.find("K", "T"));
  CHECK(after.txn == store->last_txn());
  CHECK(after.client_known);
  CHECK(after.token_known);
  CHECK(after.user_enabled);
  CHECK(after.client == a_client());
  CHECK(after.token == a_token());
}

}  // namespace store
