/* Runs the exported tokenizer and classifier on a file of inputs, on a host or a Cortex-M.
 *
 * input.bin: records; a uint32 (the host's and the device's order are both little-endian) with
 * the length of a text and the text, or 0xFFFFFFFF and CLASSIFIER_LABELS logits.
 * output.bin: for a text its MODEL_MAX_LENGTH ids, int32; for logits the label, int32, and the
 * real values and the probabilities, float32. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "classifier.h"
#include "model_data.h"
#include "tokenizer.h"

#define LOGITS 0xFFFFFFFFu

int main(void) {
  FILE *input = fopen("input.bin", "rb");
  FILE *output = fopen("output.bin", "wb");
  uint32_t length;
  if (!input || !output) return 2;
  while (fread(&length, sizeof length, 1, input) == 1) {
    if (length == LOGITS) {
      int8_t logits[CLASSIFIER_LABELS];
      float values[CLASSIFIER_LABELS], probabilities[CLASSIFIER_LABELS];
      if (fread(logits, sizeof logits, 1, input) != 1) return 3;
      const int32_t label = classifier_argmax(logits);
      classifier_dequantize(logits, values);
      classifier_softmax(logits, probabilities);
      fwrite(&label, sizeof label, 1, output);
      fwrite(values, sizeof values, 1, output);
      fwrite(probabilities, sizeof probabilities, 1, output);
      continue;
    }
    /* A buffer of exactly the length, so that sanitizers see a read past its end. */
    char *text = malloc(length ? length : 1);
    int32_t ids[MODEL_MAX_LENGTH];
    if (!text || fread(text, 1, length, input) != length) return 4;
    tokenizer_encode(text, length, ids, MODEL_MAX_LENGTH);
    fwrite(ids, sizeof ids, 1, output);
    free(text);
  }
  return fclose(output) ? 5 : 0;
}
