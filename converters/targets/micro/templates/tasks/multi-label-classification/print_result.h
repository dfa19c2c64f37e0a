/* Prints the labels of a text and their probabilities. */
#include "tfsqueeze.h"

static void print_result(const tfsqueeze_result *result, const char *text) {
  int labels = 0;
  for (int label = 0; label < CLASSIFIER_LABELS; label++) {
    if (!result->has_label[label]) continue;
    PRINT("%s: %s, %d per mille", text, classifier_labels[label],
          (int)(1000.0f * result->probabilities[label] + 0.5f));
    labels++;
  }
  if (!labels) PRINT("%s: no label", text);
}
