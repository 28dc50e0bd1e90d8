#pragma once

// The grammar of each family of commands. The options live as long as the parser.

#include "gateway/cli/parser.h"
#include "gateway/cli/place.h"
#include "gateway/cli/program.h"

namespace gateway::cli {

void declare_client(Command root, const World& world);
void declare_user(Command root, const World& world);
void declare_token(Command root, const World& world);
void declare_sign(Command root, const World& world);
void declare_explain(Command root, const World& world);
void declare_transfer(Command root, const World& world);
void declare_gateway(Command root, const World& world);  // serve and check

// --store and --config, and --json.
void declare_place(Command& command, Where& where, bool& json);

// Lets the command run `function` with the options, which it keeps alive.
template <class Options, class... Arguments>
void runs(Command& command, const std::shared_ptr<Options>& options,
          Outcome<Done> (*function)(const Options&, Console&, Arguments...), const World& world) {
  command.runs([options, function, &world] {
    if constexpr (sizeof...(Arguments) == 0) {
      return function(*options, world.console);
    } else {
      return function(*options, world.console, world.clock);
    }
  });
}

}  // namespace gateway::cli
