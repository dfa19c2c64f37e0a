/* Prints the spans of a text. */
#include "tfsqueeze.h"

static void print_result(const tfsqueeze_result *result, const char *text) {
  for (size_t i = 0; i < result->span_count; i++) {
    const tagger_span *const span = &result->spans[i];
    PRINT("%s: bytes %d to %d, %d per mille", tagger_types[span->type], (int)span->start,
          (int)span->end, (int)(1000.0f * span->probability + 0.5f));
  }
  if (!result->span_count) PRINT("%s: no span", text);
}
