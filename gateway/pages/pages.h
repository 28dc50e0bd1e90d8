#pragma once

// The pages that people see: sign-in, consent, the code for clients without a callback, errors,
// what was granted, sign-out. Each is a function of what it shows, to HTML. Immutable once loaded,
// hence safe from any thread.

#include <string>
#include <string_view>
#include <vector>

#include "gateway/pages/template.h"
#include "gateway/pages/texts.h"
#include "verify/result.h"

namespace gateway::pages {

// What every page needs.
struct Frame {
  std::string_view style_nonce;   // of the Content-Security-Policy sent with it
  std::string_view user;          // who is signed in; empty: nobody
  std::string_view sign_out_url;  // with a user; empty: this gate can't sign them out
};

struct SignIn {
  std::string_view action, csrf;
  std::string_view next;      // where to go afterwards
  std::string_view client;    // on whose behalf; empty: nobody's
  std::string_view username;  // as typed before
  enum class Problem { None, Failed, Throttled, Stale } problem = Problem::None;
  std::string_view seconds;  // with Throttled
};

struct RealmLine {
  std::string_view name;
  std::string_view description;  // empty: the name stands for itself
};

struct Consent {
  std::string_view action, csrf, oauth_token;
  std::string_view client, description;  // the client's name, and what it says of itself
  std::string_view host;                 // of its callback; empty: it gets a code
  std::vector<RealmLine> realms;
};

struct Grant {
  std::string_view client;  // its name
  std::string_view key, csrf;
  std::vector<RealmLine> realms;
};

class Pages {
 public:
  static Pages defaults();

  // The defaults, with the files NAME.mustache of a folder in their place and the texts of a TOML
  // file; either may be empty. One sentence that names the file if one of them won't do: it can't
  // be read, has a template_error() or an unknown key, or lacks what scripts and password managers
  // rely on.
  static verify::Result<Pages, std::string> load(const std::string& folder,
                                                 const std::string& texts);

  std::string sign_in(const Frame& frame, const SignIn& page) const;
  std::string consent(const Frame& frame, const Consent& page) const;
  std::string code(const Frame& frame, std::string_view client, std::string_view code) const;
  // `error`: a word of [errors] in the texts; any other is shown as "unknown".
  std::string error(const Frame& frame, std::string_view error, std::string_view request_id) const;
  std::string grants(const Frame& frame, std::string_view action, const std::vector<Grant>& grants,
                     std::string_view revoked) const;
  std::string sign_out(const Frame& frame, std::string_view action, std::string_view csrf) const;
  std::string signed_out(const Frame& frame) const;

 private:
  std::string show(std::string_view name, const Frame& frame, std::string title,
                   TemplateFields fields) const;
  Templates templates_;
  Texts texts_;
};

// The Content-Security-Policy of a page: nothing but its own style and the operator's images. A
// form may go to the gate itself and, since browsers apply it to the redirect that follows, to
// `callback_origin` ("https://app.example", "myapp:", or empty).
std::string content_security_policy(std::string_view style_nonce, std::string_view callback_origin);

}  // namespace gateway::pages
