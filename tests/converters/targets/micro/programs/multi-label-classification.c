/* Writes which labels the text has, int32, and the real values and the probabilities, float32. */
#include "check.h"
#include "classifier.h"

const uint32_t check_logits = CLASSIFIER_LABELS;

void check_decoder(const int8_t *logits, FILE *output) {
  float values[CLASSIFIER_LABELS], probabilities[CLASSIFIER_LABELS];
  for (int label = 0; label < CLASSIFIER_LABELS; label++) {
    const int32_t has_label = classifier_has_label(logits, label);
    fwrite(&has_label, sizeof has_label, 1, output);
  }
  classifier_dequantize(logits, values);
  classifier_sigmoid(logits, probabilities);
  fwrite(values, sizeof values, 1, output);
  fwrite(probabilities, sizeof probabilities, 1, output);
}
