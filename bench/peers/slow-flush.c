/* Every flush to the disk takes 2 ms longer, as on a laptop: cc -shared -fPIC -o slow-flush.so slow-flush.c -ldl */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static void wait_2ms(void) {
  struct timespec left = {0, 2000000};
  nanosleep(&left, 0);
}

int fsync(int file) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_2ms();
  return real(file);
}

int fdatasync(int file) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  wait_2ms();
  return real(file);
}
