/* Prints the intent and the slots of a command. */
#include "tfsqueeze.h"

static void print_result(const tfsqueeze_result *result, const char *text) {
  PRINT("%s: %s, %d per mille", text, classifier_labels[result->intent],
        (int)(1000.0f * result->probabilities[result->intent] + 0.5f));
  for (size_t i = 0; i < result->span_count; i++) {
    const tagger_span *const span = &result->spans[i];
    PRINT("%s: bytes %d to %d, %d per mille", tagger_types[span->type], (int)span->start,
          (int)span->end, (int)(1000.0f * span->probability + 0.5f));
  }
}
