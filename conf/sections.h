#pragma once

// The tables of portcullis.toml, each read into its part of the settings. One thread; mistakes go
// to the reader's list.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/reader.h"
#include "conf/settings.h"

namespace conf {

// Reads the table under `key` of `parent`, if it is there, with `read(Reader&)`, and then reports
// what nobody asked for.
template <class Read>
void section(Reader& parent, std::string_view key, Read read) {
  const Node* node = parent.take(key, Node::Kind::Table, "a table");
  if (!node) return;
  Reader reader(*node, parent.name(key), parent.mistakes());
  read(reader);
  reader.finish();
}

// [listen], [admin], [log], [store], [headers], [limits], [timeouts]
void read_server(Reader& root, Settings& settings);

// [oauth]; false if the list of realms has
// mistakes, so that it can't be held against the routes.
bool read_oauth(Reader& root, Settings& settings);
// [provider] and [login]; [listen] and [oauth] must have been read.
void read_provider(Reader& root, Settings& settings);
void read_login(Reader& root, Settings& settings);
// headers.allow_names against what else the file says; all of the above must have been read.
void check_allowed_names(Reader& root, const Settings& settings);

// [[upstream]] and [[route]], and what they must have in common with the rest, which must have been
// read.
void read_routes(Reader& root, Settings& settings, bool realms_are_known);

}  // namespace conf
