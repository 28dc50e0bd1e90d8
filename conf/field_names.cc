#include "conf/field_names.h"

#include <algorithm>

namespace conf {
namespace {

struct Known {
  std::string_view name;  // folded
  FieldRole role = FieldRole::Dropped;
};

constexpr Known kKnown[] = {
    // RFC 9110 7.6.1, the framing, and the id that the gate gives to a request.
    {"connection", FieldRole::Hop},
    {"content-length", FieldRole::Hop},
    {"http2-settings", FieldRole::Hop},
    {"keep-alive", FieldRole::Hop},
    {"proxy-authenticate", FieldRole::Hop},
    {"proxy-authorization", FieldRole::Hop},
    {"proxy-connection", FieldRole::Hop},
    {"te", FieldRole::Hop},
    {"trailer", FieldRole::Hop},
    {"transfer-encoding", FieldRole::Hop},
    {"upgrade", FieldRole::Hop},
    {"x-request-id", FieldRole::Hop},
    {"authorization", FieldRole::Judged},
    {"content-type", FieldRole::Judged},
    {"cookie", FieldRole::Judged},
    {"expect"},
    {"host"},
    {"proxy"},  // HTTP_PROXY of a CGI program: where its own requests go

    // Path and script name.
    {"document-uri"},
    {"original-uri"},
    {"original-url"},
    {"path-info"},
    {"path-translated"},
    {"query-string"},
    {"request-uri"},
    {"request-url"},
    {"script-filename"},
    {"script-name"},
    {"script-url"},
    {"unencoded-url"},
    {"x-envoy-original-path"},
    {"x-http-destinationurl"},
    {"x-http-path-override"},
    {"x-http-url-override"},
    {"x-ingress-path"},
    {"x-original-path"},
    {"x-original-request-uri"},
    {"x-original-uri"},
    {"x-original-url"},
    {"x-override-uri"},
    {"x-override-url"},
    {"x-path-info"},
    {"x-path-override"},
    {"x-path-prefix"},
    {"x-proxy-url"},
    {"x-replaced-path"},
    {"x-request-path"},
    {"x-request-uri"},
    {"x-request-url"},
    {"x-rewrite-path"},
    {"x-rewrite-uri"},
    {"x-rewrite-url"},
    {"x-script-name"},
    {"x-url-override"},
    {"x-waws-unencoded-url"},
    // What may be read from disk (Rack), and which checks were passed (Next.js).
    {"x-accel-mapping"},
    {"x-accel-redirect"},
    {"x-middleware-subrequest"},
    {"x-sendfile-type"},

    // Method.
    {"http-method"},
    {"http-method-override"},
    {"method-override"},
    {"request-method"},
    {"x-envoy-original-method"},
    {"x-http-method"},
    {"x-http-method-name"},
    {"x-http-method-overide"},  // misspelt so by some servers
    {"x-http-method-override"},
    {"x-http-override"},
    {"x-http-verb"},
    {"x-http-verb-override"},
    {"x-method"},
    {"x-method-override"},
    {"x-original-method"},
    {"x-override-method"},
    {"x-request-method"},
    {"x-rest-method"},
    {"x-verb-override"},

    // Host and scheme.
    {"front-end-https"},
    {"server-name"},
    {"server-port"},
    {"url-scheme"},
    {"x-appengine-https"},
    {"x-arr-ssl"},
    {"x-envoy-original-host"},
    {"x-host"},
    {"x-host-override"},
    {"x-http-host"},
    {"x-http-host-override"},
    {"x-http-scheme"},
    {"x-https"},
    {"x-original-host"},
    {"x-original-port"},
    {"x-original-proto"},
    {"x-original-scheme"},
    {"x-proto"},
    {"x-real-host"},
    {"x-real-port"},
    {"x-real-proto"},
    {"x-rewrite-host"},
    {"x-scheme"},
    {"x-url-scheme"},
    {"cloudfront-forwarded-proto"},

    // The client's address.
    {"ali-cdn-real-ip"},
    {"cdn-client-ip"},
    {"cdn-real-ip"},
    {"cdn-src-ip"},
    {"cf-connecting-ip"},
    {"cf-connecting-ipv6"},
    {"cf-pseudo-ipv4"},
    {"client-ip"},
    {"cloudfront-viewer-address"},
    {"cluster-client-ip"},
    {"do-connecting-ip"},
    {"fastly-client-ip"},
    {"fly-client-ip"},
    {"incap-client-ip"},
    {"proxy-client-ip"},
    {"real-ip"},
    {"remote-addr"},
    {"remote-host"},
    {"remote-ip"},
    {"remote-port"},
    {"true-client-ip"},
    {"wl-proxy-client-ip"},
    {"x-appengine-remote-addr"},
    {"x-appengine-user-ip"},
    {"x-azure-clientip"},
    {"x-azure-socketip"},
    {"x-client-addr"},
    {"x-client-ip"},
    {"x-client-port"},
    {"x-cluster-client-ip"},
    {"x-custom-ip-authorization"},
    {"x-envoy-external-address"},
    {"x-nf-client-connection-ip"},
    {"x-original-for"},
    {"x-original-forwarded-for"},
    {"x-original-ip"},
    {"x-original-remote-addr"},
    {"x-originating-ip"},
    {"x-proxyuser-ip"},
    {"x-real-client-ip"},
    {"x-real-ip"},
    {"x-remote-addr"},
    {"x-remote-address"},
    {"x-remote-host"},
    {"x-remote-ip"},
    {"x-remote-port"},
    {"x-source-ip"},
    {"x-true-client-ip"},
    {"x-true-ip"},
    {"x-user-ip"},
    {"x-vercel-forwarded-for"},

    // The user, as servers call whom they have proven themselves.
    {"auth-password"},
    {"auth-type"},
    {"auth-user"},
    {"logon-user"},
    {"remote-ident"},
    {"remote-user"},
    {"x-auth-request-email"},
    {"x-auth-request-groups"},
    {"x-auth-request-preferred-username"},
    {"x-auth-request-user"},
    {"x-authenticated-user"},
    {"x-goog-authenticated-user-email"},
    {"x-goog-authenticated-user-id"},
    {"x-logon-user"},
    {"x-ms-client-principal"},
    {"x-ms-client-principal-id"},
    {"x-ms-client-principal-name"},
    {"x-remote-user"},
    {"x-webauth-user"},
};

// Most fields are none of these: one probe tells, mostly without comparing a name.
constexpr std::size_t kSlots = 1024;
constexpr std::size_t slot_of(std::string_view name) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(folded(name[i])));
  };
  const std::size_t size = name.size();
  return (size * 37 + byte(size - 1) * 5 + byte(size / 2) * 71 + byte(2 * size / 3) * 149) % kSlots;
}

constexpr std::size_t kCount = std::size(kKnown);
struct Table {
  std::array<std::uint8_t, kSlots + 1> begin{};  // of a slot's names in `order`
  std::array<std::uint8_t, kCount> order{};      // of kKnown
};
static_assert(kCount < 256);

constexpr Table kTable = [] {
  Table table;
  std::array<std::uint8_t, kSlots> sizes{};
  for (const Known& known : kKnown) ++sizes[slot_of(known.name)];
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    table.begin[slot + 1] = static_cast<std::uint8_t>(table.begin[slot] + sizes[slot]);
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::size_t slot = slot_of(kKnown[i].name);
    table.order[table.begin[slot + 1] - sizes[slot]--] = static_cast<std::uint8_t>(i);
  }
  return table;
}();

FieldRole listed_role(std::string_view name) {
  if (name.empty()) return FieldRole::Other;
  const std::size_t slot = slot_of(name);
  for (std::size_t i = kTable.begin[slot]; i < kTable.begin[slot + 1]; ++i) {
    const Known& known = kKnown[kTable.order[i]];
    if (folds_to(name, known.name)) return known.role;
  }
  // Forwarded, X-Forwarded-Prefix, X-Forward-For, and whatever else proxies say so.
  const char first = folded(name[0]);
  const bool forwarded = (first == 'x' && (folds_to_begin(name, "x-forwarded") ||
                                           folds_to_begin(name, "x-forward-"))) ||
                         (first == 'f' && folds_to_begin(name, "forwarded"));
  return forwarded ? FieldRole::Dropped : FieldRole::Other;
}

}  // namespace

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& byte : out) byte = folded(byte);
  return out;
}

FieldRole role_of(std::string_view name) {
  const FieldRole role = listed_role(name);
  if (role != FieldRole::Other || name.empty() || folded(name[0]) != 'h') return role;
  const std::string_view rest = without_cgi_prefix(name);
  if (rest.size() == name.size() || listed_role(rest) == FieldRole::Other) return role;
  return FieldRole::Dropped;
}

}  // namespace conf
