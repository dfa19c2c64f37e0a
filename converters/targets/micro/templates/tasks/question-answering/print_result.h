/* Prints the place of the answer to a question. */
#include "tfsqueeze.h"

static void print_result(const tfsqueeze_result *result, const char *question) {
  const int per_mille = (int)(1000.0f * result->probability + 0.5f);
  if (!result->has_answer) {
    PRINT("%s: no answer, %d per mille", question, per_mille);
    return;
  }
  PRINT("%s: bytes %d to %d, %d per mille", question, (int)result->start, (int)result->end,
        per_mille);
}
