// A floor of the replay ledger that is ahead of the clock.

#include "gateway/cli/explain.h"
#include "gateway/cli/time_text.h"

namespace gateway::cli {

std::optional<Cause> floor_cause(const store::SeenFloor& seen, const verify::Claim& claim,
                                 std::int64_t now, std::int64_t window_past_s) {
  if (!claim.has_nonce() || claim.seconds() > seen.floor) return std::nullopt;
  const bool ahead = seen.floor >= now;
  // Who sent it long ago was refused, or accepted, by another floor.
  if (!ahead && claim.seconds() < now - window_past_s) return std::nullopt;
  Cause out{std::string(verify::name(verify::Reason::TimestampRefused)), {}};
  out.sentence = "The gate refuses every oauth_timestamp up to " + log::format_time(seen.floor) +
                 ", the floor of its replay ledger" +
                 (ahead ? ", which is " + std::to_string(seen.floor - now) + " seconds from now"
                        : std::string()) +
                 ": it can't tell what it accepted up to then, because the machine's clock was "
                 "ahead or the ledger was lost. ";
  out.sentence +=
      ahead ? "The client can do nothing about it, and later requests are accepted; "
              "\"Clocks that were wrong\" in gateway/README.md says what to do before that."
            : "Requests that are signed now are accepted.";
  return out;
}

}  // namespace gateway::cli
