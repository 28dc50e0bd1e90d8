#pragma once

// Untrusted text within a sentence. Characters that turn the direction of what follows them would
// turn the sentence around, and so would a name in a script that runs the other way. Pure.

#include <string>
#include <string_view>

namespace gateway::pages {

// UTF-8 as it is, but that its directional embeddings, overrides and isolates (Unicode Annex 9)
// end within it: what it leaves open is closed at its end, what it closes without having opened it
// is left out. Line and paragraph separators, which end them too, become spaces.
std::string sealed(std::string_view text);

// The same as one object of the sentence around it, whose direction doesn't matter to that: between
// FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE.
std::string isolated(std::string_view text);

// Whether any of it runs from right to left, or turns a direction.
bool may_turn(std::string_view text);

}  // namespace gateway::pages
