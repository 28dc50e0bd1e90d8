#include "conf/load.h"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "conf/document.h"
#include "conf/quoting.h"
#include "conf/reader.h"
#include "conf/sections.h"

namespace conf {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;

}  // namespace

Loaded load(std::string_view toml) {
  const auto document = parse_document(toml);
  if (const auto* mistake = std::get_if<Error>(&document)) return std::vector{*mistake};
  Settings settings;
  Mistakes mistakes;
  Reader root(*std::get_if<Node>(&document), "", mistakes);
  read_server(root, settings);
  const bool realms_are_known = read_oauth(root, settings);
  read_provider(root, settings);
  read_login(root, settings);
  check_allowed_names(root, settings);
  read_routes(root, settings, realms_are_known);
  root.finish();
  if (mistakes.size() > 0) return std::move(mistakes).in_order();
  return settings;
}

Loaded load_file(const std::string& path) {
  const auto fail = [](std::string sentence) {
    return std::vector{Error{{}, std::move(sentence)}};
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kLargestFile + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad() || (file.fail() && !file.eof())) {
    const int error = errno;
    return fail("can't read the file: " +
                (error ? std::generic_category().message(error) : std::string("unknown error")));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kLargestFile) return fail("the file is larger than 1 MiB");
  return load(text);
}

std::string to_string(const std::string& file, const Error& mistake) {
  std::string out = escaped(file) + ":";
  if (mistake.where.line > 0) {
    out += std::to_string(mistake.where.line) + ":" + std::to_string(mistake.where.column) + ":";
  }
  return out + " " + mistake.sentence;
}

}  // namespace conf
