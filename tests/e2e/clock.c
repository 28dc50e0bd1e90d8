/* The wall clock, set ahead by so many seconds as the file of CLOCK_OFFSET says (a native long, which may change):
   loaded into a program before its libraries. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile const long *ahead;

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("CLOCK_OFFSET");
  int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  void *seen = file < 0 ? MAP_FAILED : mmap(0, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
  if (seen != MAP_FAILED) ahead = seen;
  if (file >= 0) close(file);
}

int clock_gettime(clockid_t id, struct timespec *out) {
  int code = (int)syscall(SYS_clock_gettime, id, out);
  if (code == 0 && id == CLOCK_REALTIME && ahead) out->tv_sec += *ahead;
  return code;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
