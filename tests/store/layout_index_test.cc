#include "store/layout.h"
#include "tests/store/support.h"

// How the indexes of tokens and request tokens are spelled.

namespace store {

TEST_CASE("entries of an index by time stand in its order, and name time and record") {
  const std::string longest(255, 't');
  CHECK(time_index_entry(1, longest).size() <= 511);
  CHECK(time_index_entry(255, "z") < time_index_entry(256, "a"));
  const std::string bytes = time_index_entry(1'700'000'000, longest);
  const TimeIndexEntry entry = must(parse_time_index(bytes));
  CHECK(entry.time == 1'700'000'000);
  CHECK(entry.name == longest);
  CHECK(kind_of(parse_time_index("1234567")) == Kind::Unavailable);
}

TEST_CASE("an index entry of a user names client and token, at their longest too") {
  for (const std::string& client : {std::string("K"), std::string(255, 'k')})
    for (const std::string& token : {std::string("T"), std::string(255, 't')}) {
      const std::string value = user_index_value(client, token);
      CHECK(value.size() <= 511);
      CHECK(value.starts_with(user_index_prefix(client)));
      const UserIndexEntry entry = must(parse_user_index(value));
      CHECK(entry.client == client);
      CHECK(entry.token == token);
    }
  CHECK_FALSE(user_index_value("KK", "T").starts_with(user_index_prefix("K")));
  CHECK(kind_of(parse_user_index("")) == Kind::Unavailable);
  CHECK(kind_of(parse_user_index("\x02K")) == Kind::Unavailable);
}

}  // namespace store
