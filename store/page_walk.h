#pragma once

// Whether a file that is shorter than LMDB says has all that is used of it all the same. For
// env_open.cc alone.
//
// LMDB counts pages at the end that a transaction took and gave back before it wrote them, so a
// file may rightly be shorter. Only going through all tables tells that from one that was cut, and
// who reads a page that is missing is told so by a signal.

struct MDB_env;

namespace store {

// Reads every page that a table or the list of free pages uses. One thread at a time.
bool has_all_pages(MDB_env* env);

}  // namespace store
