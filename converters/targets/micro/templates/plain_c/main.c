/* Runs the model on a text. */
#include <stdio.h>

#define PRINT(...) ((void)printf(__VA_ARGS__), (void)putchar('\n'))
#include "print_result.h"

$example
static int32_t arena[NETWORK_ARENA_BYTES / 4];
static tfsqueeze_result result;

int main(void) {
  if (tfsqueeze_init(arena, sizeof arena)) return 1;
  if (tfsqueeze_self_test(&result)) return 2;
  if ($function($arguments, &result)) return 3;
  print_result(&result, text);
  return 0;
}
