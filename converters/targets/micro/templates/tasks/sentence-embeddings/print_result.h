/* Prints the texts in flash that are nearest to a text. */
#include "tfsqueeze.h"

static void print_result(const tfsqueeze_result *result, const char *text) {
  embedder_match matches[3];
  const size_t count = embedder_search(result->vector, matches, 3);
  for (size_t i = 0; i < count; i++) {
    const float cosine = matches[i].cosine;
    PRINT("%s: %s, cosine %d per mille", text, embedder_texts[matches[i].text],
          (int)(1000.0f * cosine + (cosine < 0.0f ? -0.5f : 0.5f)));
  }
  if (!count) PRINT("%s: a vector of %d numbers", text, EMBEDDER_CHANNELS);
}
