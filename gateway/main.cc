#include "gateway/cli/run.h"
#include "gateway/server/serve.h"
#include "store/standard_files.h"

int main(int argc, char** argv) {
  if (!store::open_standard_files()) return 1;
  return gateway::cli::run(argc, argv, gateway::server::serve);
}
