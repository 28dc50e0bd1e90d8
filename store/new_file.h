#pragma once

// A file that gets its name when it is whole and synced. Until then it has none, and goes with the
// process, however that ends. Where the file system has no such files it has a temporary name,
// which goes with the object or by the signals that end a program.
//
// Threads: one at a time, and one NewFile with a temporary name at a time.

#include <csignal>
#include <filesystem>
#include <string>

#include "store/error.h"
#include "store/files.h"

namespace store {

class NewFile {
 public:
  enum class Kind : bool { Nameless, Temporary };

  // In a folder that exists, mode 0600.
  static Result<NewFile> make(const std::filesystem::path& folder, Kind kind = Kind::Nameless);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  int get() const { return file_.get(); }
  // Under which this process can open it once more.
  std::filesystem::path path() const;

  enum class Taken : bool { Refuse, Replace };
  // `name` is on the same file system. Syncs the file, then its folder. Exists if the name is taken
  // and stays so; a link is replaced, or refused, and never followed.
  Result<Done> publish(const std::filesystem::path& name, Taken taken);

 private:
  NewFile(FileHandle file, std::string temporary)
      : file_(std::move(file)), temporary_(std::move(temporary)) {}
  bool give_temporary_name(const std::filesystem::path& folder);

  FileHandle file_;
  std::string temporary_;  // empty: none
};

// Signals that end a program wait for as long as one lives: for a few steps that belong together.
class Undisturbed {
 public:
  Undisturbed();
  ~Undisturbed();
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;

 private:
  sigset_t before_;
};

// The folder, or the nearest one above it that exists.
std::filesystem::path nearest_folder(const std::filesystem::path& folder);

}  // namespace store
