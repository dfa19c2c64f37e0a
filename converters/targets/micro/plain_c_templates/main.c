/* Classifies a text; prints the label and its probability. */
#include <stdio.h>

#include "tfsqueeze.h"

static const char text[] = $text;
static int32_t arena[NETWORK_ARENA_WORDS];

int main(void) {
  tfsqueeze_result result;
  if (tfsqueeze_init(arena, NETWORK_ARENA_WORDS)) return 1;
  if (tfsqueeze_classify(text, sizeof text - 1, &result)) return 1;
  const int per_mille = (int)(1000.0f * result.probabilities[result.label] + 0.5f);
  printf("%s: %d per mille\n", classifier_labels[result.label], per_mille);
  return 0;
}
