#include "classifier.h"

int classifier_has_label(const int8_t *logits, int label) {
  return logits[label] >= classifier_lowest_logits[label];
}

void classifier_dequantize(const int8_t *logits, float *values) {
  for (int i = 0; i < CLASSIFIER_LABELS; i++) {
    values[i] = CLASSIFIER_SCALE * (float)(logits[i] - CLASSIFIER_ZERO_POINT);
  }
}

void classifier_sigmoid(const int8_t *logits, float *probabilities) {
  for (int i = 0; i < CLASSIFIER_LABELS; i++) {
    probabilities[i] = classifier_probabilities[logits[i] + 128];
  }
}
