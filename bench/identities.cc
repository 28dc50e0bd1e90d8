#include "bench/identities.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <ostream>
#include <string_view>
#include <unordered_map>

#include "conf/text_file.h"
#include "gateway/net/json.h"
#include "verify/crypto.h"

namespace bench {

namespace {

namespace json = gateway::json;
using Error = verify::Failure<std::string>;
using Step = verify::Result<verify::Done, std::string>;

constexpr std::size_t kKeyLength = 24;
constexpr std::size_t kSecretLength = 27;

// Null unless the field is there and a string.
const json::string* text(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value == nullptr ? nullptr : value->if_string();
}

bool flag(const json::object& object, std::string_view field, bool otherwise) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && value->is_bool() ? value->get_bool() : otherwise;
}

// A client's secret, or the newest of a rotation. Null for a client that has none.
const json::string* client_secret(const json::object& object) {
  if (const json::string* secret = text(object, "secret")) return secret;
  const json::value* several = object.if_contains("secrets");
  const json::array* list = several == nullptr ? nullptr : several->if_array();
  if (list == nullptr || list->empty()) return nullptr;
  const json::object* first = list->front().if_object();
  return first == nullptr ? nullptr : text(*first, "secret");
}

class Reader {
 public:
  // One line; the error is a sentence without the line's number.
  Step read(std::string_view line);
  std::vector<Identity> take() && { return std::move(identities_); }

 private:
  struct Client {
    verify::Secret secret;
    bool can_sign = false;
  };
  Step read_client(const json::object& object);
  Step read_token(const json::object& object);

  std::unordered_map<std::string, Client> clients_;
  std::vector<Identity> identities_;
};

Step Reader::read(std::string_view line) {
  json::error_code failed;
  const json::value parsed = json::parse(line, failed);
  const json::object* object = failed ? nullptr : parsed.if_object();
  if (object == nullptr) return Error("this is not a JSON object");
  const json::string* type = text(*object, "type");
  if (type == nullptr) return Error("the field \"type\" is missing");
  if (*type == "client") return read_client(*object);
  if (*type == "token") return read_token(*object);
  return verify::Done{};
}

Step Reader::read_client(const json::object& object) {
  const json::string* key = text(object, "key");
  if (key == nullptr) return Error("a client needs the field \"key\"");
  const json::string* secret = client_secret(object);
  Client client;
  client.can_sign = secret != nullptr && flag(object, "enabled", true);
  if (secret != nullptr) client.secret = verify::Secret(std::string_view(*secret));
  clients_.insert_or_assign(std::string(*key), std::move(client));
  return verify::Done{};
}

Step Reader::read_token(const json::object& object) {
  const json::string* key = text(object, "client");
  const json::string* token = text(object, "token");
  const json::string* secret = text(object, "secret");
  if (key == nullptr || token == nullptr || secret == nullptr) {
    return Error("a token needs the fields \"client\", \"token\" and \"secret\"");
  }
  const auto client = clients_.find(std::string(*key));
  if (client == clients_.end()) {
    return Error("no line before this one has the client \"" + std::string(*key) + "\"");
  }
  if (!client->second.can_sign || flag(object, "revoked", false)) return verify::Done{};
  identities_.push_back({client->first, client->second.secret, std::string(*token),
                         verify::Secret(std::string_view(*secret))});
  return verify::Done{};
}

}  // namespace

verify::Result<std::vector<Identity>, std::string> read_identities(std::istream& lines) {
  Reader reader;
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    const std::string_view other = conf::to_text(line);
    if (line.empty()) continue;
    const Step step = other.empty() ? reader.read(line) : Error("the text " + std::string(other));
    if (!step) return Error("line " + std::to_string(number) + ": " + step.error());
  }
  std::vector<Identity> identities = std::move(reader).take();
  if (identities.empty()) return Error("there is no token that can sign");
  return identities;
}

verify::Result<std::vector<Identity>, std::string> read_identities(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error("can't read " + path + ": " + std::strerror(errno));
  auto identities = read_identities(file);
  if (!identities) return Error(path + ": " + identities.error());
  return identities;
}

void write_keys(std::ostream& out, std::size_t clients, std::size_t tokens) {
  for (std::size_t i = 0; i < clients; ++i) {
    out << R"({"type":"user","name":"user-)" << i << "\"}\n";
  }
  for (std::size_t i = 0; i < clients; ++i) {
    const std::string key = verify::random_name(kKeyLength);
    out << R"({"type":"client","key":")" << key << R"(","secret":")"
        << verify::random_name(kSecretLength) << R"(","name":"client )" << i << "\"}\n";
    for (std::size_t j = 0; j < tokens; ++j) {
      const std::size_t user = (i * tokens + j) % clients;
      out << R"({"type":"token","client":")" << key << R"(","user":"user-)" << user
          << R"(","token":")" << verify::random_name(kKeyLength) << R"(","secret":")"
          << verify::random_name(kSecretLength) << "\"}\n";
    }
  }
}

verify::Result<verify::Done, std::string> write_keys(const std::string& path, std::size_t clients,
                                                     std::size_t tokens) {
  // The file holds secrets, if only those of a benchmark: it is made for its owner alone.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Error("can't write " + path + ": " + std::strerror(errno));
  ::close(fd);
  std::ofstream file(path);
  write_keys(file, clients, tokens);
  file.close();
  if (!file) return Error("can't write " + path + ": " + std::strerror(errno));
  return verify::Done{};
}

}  // namespace bench
