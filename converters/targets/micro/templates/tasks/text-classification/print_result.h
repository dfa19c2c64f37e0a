/* Prints the label of a text and its probability. */
#include "tfsqueeze.h"

static void print_result(const tfsqueeze_result *result, const char *text) {
  const float probability = result->probabilities[result->label];
  PRINT("%s: %s, %d per mille", text, classifier_labels[result->label],
        (int)(1000.0f * probability + 0.5f));
}
