#pragma once

// The face of the credential store, one for each event loop: finds what is known of a client and a
// token, prepared for judging, and remembers those that were proven for as long as nothing in the
// store has changed. Strangers can put nothing into that memory and push nothing out of it. Every
// refusal costs one look into the store, also of a pair that is remembered: who is, must not show.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"
#include "store/credentials.h"
#include "store/usage.h"
#include "verify/judge.h"

namespace gateway::auth {

// Immutable; shared with requests under way while newer ones may see a newer one.
struct Credential {
  verify::Keys keys;
  std::string client, token;   // as claimed
  std::string user;            // empty without a known token
  std::string identity_lines;  // what the backend is told once the request is accepted
  // For counting which of `keys` matched; empty where nothing is counted.
  std::vector<store::KeyId> secret_ids, rsa_key_ids;
  std::uint64_t txn = 0;  // snapshot it was read in
};

// Builds the one from the other. What the client lacks, `dummy` stands in for. `usage` may be null.
// Pure.
std::shared_ptr<const Credential> prepare(const store::Found& found, const store::Client& dummy,
                                          std::string_view client, std::string_view token,
                                          const conf::Headers& headers, const store::Usage* usage);

// Bytes of memory that it takes, about.
std::size_t footprint(const Credential& credential);

class CredentialCache {
 public:
  inline static constexpr std::size_t kMostPairs = 32768;        // remembered, by one thread
  inline static constexpr std::size_t kMostBytes = 64ull << 20;  // of all of them

  using Found = verify::Result<std::shared_ptr<const Credential>, store::Error>;

  // All arguments outlive it. `usage`: null if nothing is counted.
  CredentialCache(const store::Credentials& store, store::Credentials::Reader& reader,
                  const conf::Headers& headers, const store::Usage* usage);

  // Access: what a user granted. Request: what the user is still asked for (RFC 5849 2.1). Renewed:
  // an access token whose end does not matter. Only the first are remembered.
  enum class TokenKind : std::uint8_t { Access, Request, Renewed };

  // What look_up() would return, if it is remembered and still true; null otherwise.
  std::shared_ptr<const Credential> remembered(std::string_view client, std::string_view token,
                                               TokenKind kind = TokenKind::Access) const;
  // From the store. `token` empty: the client alone.
  Found look_up(std::string_view client, std::string_view token,
                TokenKind kind = TokenKind::Access) const {
    return look_up(reader_, client, token, kind);
  }
  // The same with a reader of one's own: any thread.
  Found look_up(store::Credentials::Reader& reader, std::string_view client, std::string_view token,
                TokenKind kind) const;
  // Of an access token, or a client alone, whose request was proven.
  void remember(std::shared_ptr<const Credential> credential);
  std::size_t pairs() const { return pairs_; }  // remembered
  std::size_t bytes() const { return bytes_; }  // that they take

  // What the store has of them. Remembers nothing.
  static store::Result<store::Found> read(store::Credentials::Reader& reader,
                                          std::string_view client, std::string_view token,
                                          TokenKind kind);

 private:
  inline static constexpr std::size_t kWays = 8;
  inline static constexpr std::size_t kSets = kMostPairs / kWays;
  struct Slot {
    std::size_t hash = 0;
    std::size_t bytes = 0;
    std::shared_ptr<const Credential> credential;
  };
  void empty(Slot& slot);

  const store::Credentials& store_;
  store::Credentials::Reader& reader_;
  const conf::Headers& headers_;
  const store::Usage* usage_;
  std::vector<Slot> slots_;
  std::size_t next_victim_ = 0;   // in a set
  std::size_t next_emptied_ = 0;  // of all slots
  std::size_t pairs_ = 0, bytes_ = 0;
};

}  // namespace gateway::auth
