#include "gateway/cli/place.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "conf/load.h"
#include "conf/quoting.h"
#include "verify/crypto.h"
#include "verify/rsa.h"

namespace gateway::cli {

Outcome<conf::Settings> load_settings(const std::string& file, Console& console) {
  conf::Loaded loaded = conf::load_file(file);
  if (auto* settings = std::get_if<conf::Settings>(&loaded)) return std::move(*settings);
  for (const conf::Error& mistake : std::get<std::vector<conf::Error>>(loaded)) {
    console.err << conf::to_string(file, mistake) << '\n';
  }
  return Failure(Error{});
}

Outcome<Place> open_place(const Where& where, Access access, Console& console) {
  if (where.store.has_value() == where.config.has_value()) {
    return misused("give either --store DIR or --config FILE, to say which store");
  }
  Place place;
  store::CredentialsOptions options;
  options.create = access == Access::Write;
  if (access == Access::Write) console.may_have_changed = true;
  if (where.store) {
    options.path = *where.store;
  } else {
    auto settings = load_settings(*where.config, console);
    if (!settings) return settings.failure();
    options.path = settings->store.path;
    options.map_size = settings->store.map_size;
    options.ledger_size = settings->store.ledger_size;
    place.settings = *std::move(settings);
  }
  if (options.path.empty()) return misused("--store needs the name of a folder");
  auto opened = store::Credentials::open(options);
  if (!opened) return refused(opened.error());
  place.folder = options.path;
  place.credentials = *std::move(opened);
  return place;
}

Outcome<Done> check_realms(const Place& place, const std::vector<std::string>& realms) {
  if (!place.settings) return Done{};
  std::vector<std::string_view> known;
  for (const conf::Realm& realm : place.settings->oauth.realms) known.push_back(realm.name);
  for (const std::string& realm : realms) {
    if (std::find(known.begin(), known.end(), realm) != known.end()) continue;
    return refused("oauth.realms of the configuration lacks the realm " + conf::quoted(realm) +
                   conf::suggestion(realm, known));
  }
  return Done{};
}

Outcome<int> least_rsa_bits(const Where& where, const std::optional<std::string>& asked,
                            Console& console) {
  if (!where.config) {
    if (!asked) return 2048;
    int bits = 0;
    const char* const end = asked->data() + asked->size();
    const auto read = std::from_chars(asked->data(), end, bits);
    if (read.ec == std::errc() && read.ptr == end && bits >= verify::RsaKey::kMinBits &&
        bits <= verify::RsaKey::kMaxBits) {
      return bits;
    }
    return misused("--rsa-min-bits takes a number from " +
                   std::to_string(verify::RsaKey::kMinBits) + " to " +
                   std::to_string(verify::RsaKey::kMaxBits) + ", not " + conf::quoted(*asked));
  }
  if (asked) return misused("--rsa-min-bits goes with --store; a configuration says it itself");
  const auto settings = load_settings(*where.config, console);
  if (!settings) return settings.failure();
  return static_cast<int>(settings->oauth.rsa_min_bits);
}

std::string new_name(const Place& place) {
  constexpr std::size_t kLength = 27;  // of 62 letters and digits: 160 bits
  if (!place.settings) return verify::random_name(kLength);
  const conf::OAuth& oauth = place.settings->oauth;
  return verify::random_name(
      std::clamp<std::size_t>(kLength, oauth.key_length_min, oauth.key_length_max));
}

}  // namespace gateway::cli
