#pragma once

// A shop with a client, a user and a token, and requests for explain to look at.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/cli/harness.h"
#include "verify/crypto.h"
#include "verify/percent.h"

namespace tests {

using Words = std::vector<std::string>;

inline const std::string kClientSecret = "client+secret";
inline const std::string kTokenSecret = "token/secret";
inline const std::string kKey = "client%2Bsecret&token%2Fsecret";
inline const std::string kStamp = std::to_string(kNow);
inline const std::string kOwn =
    "oauth_consumer_key%3DK%26oauth_nonce%3Dn%26oauth_signature_method%3DHMAC-SHA1"
    "%26oauth_timestamp%3D" +
    kStamp + "%26oauth_token%3DT";

inline std::string base(const std::string& url, const std::string& parameters = kOwn,
                        const std::string& method = "GET") {
  return method + "&" + verify::percent_encode(url) + "&" + parameters;
}

// The Authorization field of a client that signs `base_string`.
inline std::string field(const std::string& base_string, const std::string& key = kKey) {
  const auto mac = verify::HmacKey(verify::Hash::Sha1, key).sign(base_string);
  return "OAuth oauth_consumer_key=\"K\", oauth_token=\"T\", oauth_signature_method=\"HMAC-SHA1\", "
         "oauth_timestamp=\"" +
         kStamp + "\", oauth_nonce=\"n\", oauth_signature=\"" +
         verify::percent_encode(verify::to_base64(mac.view())) + "\"";
}

inline std::string dump(const std::string& target, const std::string& authorization,
                        const std::string& more = "", const std::string& method = "GET") {
  return method + " " + target +
         " HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: " + authorization + "\r\n" + more +
         "\r\n";
}

class Desk : public Shell {
 public:
  Desk() {
    on_store({"client", "add", "--name", "Shop", "--key", "K", "--secret", kClientSecret, "--realm",
              "email"});
    on_store({"user", "add", "alice"});
    on_store({"token", "issue", "--client", "K", "--user", "alice", "--token", "T", "--secret",
              kTokenSecret, "--realm", "email"});
  }

  std::string configure(const std::string& listen, const std::string& route = "") {
    const std::string rest = route.empty() ? "path = \"/*\"\nrealms = [\"email\"]\n" : route;
    return write("portcullis.toml",
                 "[listen]\n" + listen + "\n[store]\npath = \"" + store() +
                     "\"\nmap_size = \"64MiB\"\nledger_size = \"1MiB\"\n[oauth]\nrealms = "
                     "[\"email\", \"address\"]\n[[upstream]]\nname = \"api\"\nservers = "
                     "[\"http://127.0.0.1:9000\"]\n[[route]]\nupstream = \"api\"\n" +
                     rest)
        .string();
  }
  std::string external(const std::string& url = "https://api.example.com",
                       const std::string& route = "") {
    return configure("external_url = \"" + url + "\"", route);
  }

  Ran http(const std::string& request, const std::string& config, const Words& more = {}) {
    Words words{"explain", "--http", "-", "--config", config};
    words.insert(words.end(), more.begin(), more.end());
    return checked(run(words, request));
  }
  Ran curl(const std::string& command, const std::string& config) {
    return checked(run({"explain", "--curl", "-", "--config", config}, command));
  }
  Ran by_store(const std::string& kind, const std::string& request) {
    return checked(on_store({"explain", kind, "-"}, request));
  }

 private:
  // Whatever is asked, no secret is told.
  static Ran checked(Ran ran) {
    for (const std::string& secret : {kClientSecret, kTokenSecret}) {
      CHECK_FALSE(has(ran.out + ran.err, secret));
      CHECK_FALSE(has(ran.out + ran.err, verify::percent_encode(secret)));
    }
    return ran;
  }
};

}  // namespace tests
