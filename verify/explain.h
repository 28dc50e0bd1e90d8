#pragma once

// Why a signature does not match. Tries what clients are known to do differently from RFC 5849 on
// one request, and names what would have matched. Pure and slow: for people at a command line, not
// for requests under way. No sentence shows a secret, but the base string shows what was sent.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verify/judge.h"
#include "verify/rejection.h"
#include "verify/request.h"
#include "verify/secret.h"

namespace verify {

// Bounds of the search.
inline constexpr std::size_t kMaxChanges = 4;  // that are tried together
inline constexpr std::size_t kMaxPairedBytes =
    8 << 10;  // of a base string whose changes are tried together
inline constexpr std::size_t kMaxWork =
    500'000'000;  // bytes that are hashed in one stage, about: seconds
inline constexpr std::size_t kMaxLeftOut = 64;  // parameters that are left out one by one

// A URL that the client may have signed in place of the one that counts.
struct OtherUrl {
  std::string scheme, authority, path;  // the path whole, with what is before the target's
  std::string sentence;                 // what to change, and where
};

// What there is to look at. Views; must outlive the call.
struct Evidence {
  RequestView request;            // with the URL that counts; `form` if the body is one
  std::string_view host;          // the Host field as received; may be empty
  std::string_view body;          // whole, whatever it is
  std::string_view other_method;  // of a field such as X-HTTP-Method-Override; may be empty
  std::string_view fragment;      // of the URL that is called; may be empty
  using Members = std::vector<std::pair<std::string, std::string>>;
  Members members;                    // of a body that is a JSON object
  std::vector<Members> more_members;  // the same, written in other ways
  Members parts;                      // of a multipart body, those that are no files
  std::vector<OtherUrl> other_urls;
  std::optional<std::string_view> base_string;  // the client's own
};

// The secrets behind Keys: here they are tried in wrong ways too.
struct KnownSecrets {
  struct One {
    Secret secret;
    std::optional<std::int64_t> expires;
  };
  std::vector<One> client;  // newest first
  Secret token;             // empty: no token
};

// What a request is judged by.
struct Rules {
  Policy policy;
  Requirement requirement;
  Bounds bounds;
  std::int64_t now = 0;              // Unix seconds, when the request came
  std::size_t most_work = kMaxWork;  // of the search
  bool now_is_known = true;  // false: `now` is a guess, so that the timestamp is only remarked on
};

// A reason besides the signature for which the request is refused.
struct Finding {
  Reason reason{};
  std::string sentence;
};

// One thing that the client did in its own way.
struct Edit {
  std::string name;      // "form_left_out"
  std::string sentence;  // what it was, what to change, and where
};

// The changes that together would have matched.
struct NearMiss {
  std::vector<Edit> changes;
  std::string base_string;      // what was signed, or seems to be
  bool signature_fits = false;  // false: it is only the client's own base string that it makes
};

// Where two base strings part.
struct Difference {
  std::size_t at = 0;     // of the first byte that differs
  std::string part;       // "method", "URL", "parameters"; "form": it isn't a base string
  std::string parameter;  // whose it is, decoded; empty in the other parts
  std::string sentence;
};

struct Explanation {
  enum class Signature : std::uint8_t {
    NotChecked,  // the request can't be read that far, or its secrets aren't known
    Right,
    Wrong,
  };
  Signature signature = Signature::NotChecked;
  std::vector<Finding> findings;
  std::string base_string;  // that the gate makes; empty if there is none, as for PLAINTEXT
  std::vector<NearMiss> near_misses;     // of as few changes as can be
  std::optional<Difference> difference;  // from the client's own base string
  bool same_base_string = false;         // the client's own is the gate's
  std::vector<std::string> remarks;

  // How far the signature is from the right one: 0 if it is that or was not checked, else by how
  // many changes.
  std::size_t steps() const;
  // Whether somebody knows now what to do.
  bool cause_found() const;
};

Explanation explain(const Evidence& evidence, const Keys& keys, const KnownSecrets& secrets,
                    const Rules& rules);

}  // namespace verify
