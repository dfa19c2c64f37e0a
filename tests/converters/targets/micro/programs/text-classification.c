/* Writes the label, int32, and the real values and the probabilities, float32. */
#include "check.h"
#include "classifier.h"

const uint32_t check_logits = CLASSIFIER_LABELS;

void check_decoder(const int8_t *logits, FILE *output) {
  const int32_t label = classifier_argmax(logits);
  float values[CLASSIFIER_LABELS], probabilities[CLASSIFIER_LABELS];
  classifier_dequantize(logits, values);
  classifier_softmax(logits, probabilities);
  fwrite(&label, sizeof label, 1, output);
  fwrite(values, sizeof values, 1, output);
  fwrite(probabilities, sizeof probabilities, 1, output);
}
