#pragma once

// Clients, users, access tokens and request tokens in one LMDB environment (<store>/credentials),
// with synced commits and without WRITEMAP. Several processes may have it open at once; what one
// commits, the next read of every other sees. Request tokens live here because what spends one
// stores an access token in the same transaction. The price: every commit, so every step of a dance
// too, makes the caches of Found read anew what they are asked for next (microseconds each).
//
// Threads: a Credentials may be used from any thread. A Reader belongs to one thread. A Change
// (write transaction) belongs to the thread that began it, and there is one at a time among all
// processes: begin() waits for it, so it must not be called on an event loop.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/error.h"
#include "store/records.h"
#include "verify/password.h"

namespace store {

struct CredentialsOptions {
  std::filesystem::path path;             // the store's folder
  std::uint64_t map_size = 256ull << 30;  // bytes; smaller ones are tried if it can't be had
  bool create = false;  // make a store that is missing (folder, environments, ledger mark)
  std::uint64_t ledger_size = 0;  // bytes of disk set aside for a ledger made with the store; 0: as
                                  // few as can be, Ledger::open() sets the rest aside
};

// What one read transaction saw. A missing client, token or user is filled from the store's dummy
// record of that kind, with *_known false, so that unknown and known cost the same reads.
struct Found {
  std::uint64_t txn = 0;  // mdb_txn_id of the snapshot
  bool client_known = false;
  bool token_known = false;  // a token was asked for and exists
  Client client;
  Token token;  // dummy when none was asked for
  bool user_enabled = false;
};

// Likewise for the request token with which a client signs its exchange.
struct FoundRequestToken {
  std::uint64_t txn = 0;
  bool client_known = false;
  bool token_known = false;
  Client client;
  RequestToken token;  // perhaps another client's; expired, decided and spent ones too
};

class Credentials {
 public:
  // Refuses network file systems, stores of a newer layout, folders that can't be read. Clears
  // stale readers of killed processes.
  static Result<std::unique_ptr<Credentials>> open(const CredentialsOptions& options);
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  // Number of the last committed transaction; one read of shared memory, may run ahead of a
  // snapshot. A Found holds as long as this equals its txn.
  std::uint64_t last_txn() const;

  // Whose secret and RSA key stand in for those that a client does not have, so that a signature is
  // verified all the same. Never changes.
  const Client& dummy_client() const;

  class Reader {
   public:
    ~Reader();
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;

    // Microseconds. `token` absent or empty: the client alone.
    Result<Found> find(std::string_view client, std::optional<std::string_view> token);
    // Likewise; two reads.
    Result<FoundRequestToken> find_request_token(std::string_view client, std::string_view token);
    Result<Client> client(std::string_view key);  // NotFound
    Result<User> user(std::string_view name);
    // The most that checking the password of any user takes: what checking that of every name is
    // made to take.
    Result<verify::PasswordWork> password_work();
    Result<Token> token(std::string_view token);
    // Expired, decided and spent ones too, until they are swept.
    Result<RequestToken> request_token(std::string_view token);

    // In key order, inside one snapshot, until `each` returns false. `each` must not use this
    // Reader.
    Result<Done> each_client(const std::function<bool(const Client&)>& each);
    Result<Done> each_user(const std::function<bool(const User&)>& each);
    Result<Done> each_token(const std::function<bool(const Token&)>& each);
    // All three kinds from one and the same snapshot, clients and users before tokens: for export.
    Result<Done> each_record(const std::function<bool(const Client&)>& client,
                             const std::function<bool(const User&)>& user,
                             const std::function<bool(const Token&)>& token);
    // Tokens of one client, or of one user.
    Result<Done> each_token_of_client(std::string_view client,
                                      const std::function<bool(const Token&)>& each);
    Result<Done> each_token_of_user(std::string_view user,
                                    const std::function<bool(const Token&)>& each);

    std::uint64_t reads() const;  // records looked up since made: for tests that count

   private:
    friend class Credentials;
    struct State;
    explicit Reader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  Result<Reader> reader() const;

  // One write transaction: all or nothing. Dropped without commit() it changes nothing.
  class Change {
   public:
    ~Change();
    Change(Change&&) noexcept;
    Change& operator=(Change&&) noexcept;

    enum class Mode : std::uint8_t { Insert, Replace };  // Insert: an existing key is Error::Exists
    // Each checks record_error() first (Invalid), and that what a token names exists (NotFound).
    Result<Done> put(const Client& client, Mode mode);
    Result<Done> put(const User& user, Mode mode);
    Result<Done> put(const Token& token, Mode mode);  // Replace moves the index entries too
    Result<Client> client(std::string_view key);      // as this transaction sees it
    Result<User> user(std::string_view name);
    Result<Token> token(std::string_view token);
    // Removing one ends its tokens and request tokens in the same transaction. Returns how many
    // tokens went.
    Result<std::uint64_t> remove_client(std::string_view key);
    Result<std::uint64_t> remove_user(std::string_view name);
    // Marks tokens revoked (they stay, so that the reason in the log is true). Returns how many
    // were live. Several of them: request tokens that a user has authorized for this client, and
    // that could still become tokens, go.
    Result<std::uint64_t> revoke_token(std::string_view token);  // NotFound if there is none
    Result<std::uint64_t> revoke_tokens(std::string_view client,
                                        std::optional<std::string_view> user);
    Result<Done> commit();

   private:
    friend class Credentials;
    friend struct ChangeAccess;  // for the steps in request_tokens.h
    struct State;
    explicit Change(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  Result<Change> begin();

  // Notes what Reader::password_work() returns, in a store whose users were all put by programs
  // that didn't. For who serves; waits for other writers only if there is such a thing to note.
  Result<Done> measure_passwords();

  // A consistent, compacted copy of the credentials into an empty or missing folder while others
  // read and write; never the ledger. A store opened from a copy starts with a floor (see
  // ledger.h).
  Result<Done> backup(const std::filesystem::path& folder) const;

 private:
  struct State;
  explicit Credentials(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace store
