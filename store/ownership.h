#pragma once

// Whose new files are, and which files are not the store's own. Functions may be called from any
// thread.

#include <filesystem>

#include "store/error.h"

namespace store {

// Gives an open file or folder to owner and group of `like`: exactly for root, as far as allowed
// for others. `made` names it in sentences.
Result<Done> own_like(int descriptor, const std::filesystem::path& made,
                      const std::filesystem::path& like);

// Refuses what is there and is no file, or no folder, of itself: what a link leads to is not the
// store's, and whoever may write into the store's folder could make one. Nothing there is fine.
Result<Done> refuse_link_for_file(const std::filesystem::path& file);
Result<Done> refuse_link_for_folder(const std::filesystem::path& folder);

}  // namespace store
