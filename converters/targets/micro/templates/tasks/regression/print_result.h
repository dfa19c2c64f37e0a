/* Prints the number of a text. */
#include "tfsqueeze.h"

static void print_result(const tfsqueeze_result *result, const char *text) {
  PRINT("%s: %s", text, result->text);
}
