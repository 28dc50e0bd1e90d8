#include "store/records.h"

#include <doctest/doctest.h>

TEST_CASE("a token's id is not the token") { CHECK(store::token_id("t").size() == 32); }
