#include "classifier.h"

int classifier_argmax(const int8_t *logits) {
  int best = 0;
  for (int i = 1; i < CLASSIFIER_LABELS; i++) {
    if (logits[i] > logits[best]) best = i;
  }
  return best;
}

void classifier_dequantize(const int8_t *logits, float *values) {
  for (int i = 0; i < CLASSIFIER_LABELS; i++) {
    values[i] = CLASSIFIER_SCALE * (float)(logits[i] - CLASSIFIER_ZERO_POINT);
  }
}

void classifier_softmax(const int8_t *logits, float *probabilities) {
  const int highest = logits[classifier_argmax(logits)];
  float sum = 0.0f;
  for (int i = 0; i < CLASSIFIER_LABELS; i++) {
    probabilities[i] = classifier_exponentials[highest - logits[i]];
    sum += probabilities[i];
  }
  for (int i = 0; i < CLASSIFIER_LABELS; i++) probabilities[i] /= sum;
}
