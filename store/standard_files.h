#pragma once

// What every program here does first: makes sure that the descriptors 0, 1 and 2 are open.
// Otherwise the next file that is opened takes such a number, and what is written to standard
// output or standard error goes into it.

#include <fcntl.h>

#include <cerrno>

namespace store {

// What is closed is opened so that reading and writing fail as they did. False if that can't be
// had: the program must end then, without a word.
inline bool open_standard_files() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    if (::open("/", O_PATH | O_DIRECTORY) != descriptor) return false;
  }
  return true;
}

}  // namespace store
