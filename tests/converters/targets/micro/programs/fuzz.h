/* What every fuzz_*.c has. */
#ifndef FUZZ_H_
#define FUZZ_H_

#include <stdint.h>
#include <stdlib.h>

/* Ends the program, which libFuzzer reports, unless a condition holds. */
#define CHECK(condition) \
  do {                   \
    if (!(condition)) abort(); \
  } while (0)

#endif
