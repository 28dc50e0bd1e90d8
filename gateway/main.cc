#include "gateway/cli/run.h"
#include "gateway/serve.h"

int main(int argc, char** argv) { return gateway::cli::run(argc, argv, gateway::serve); }
