/* Runs the exported tokenizer and decoder on a file of inputs, on a host or a Cortex-M.
 *
 * input.bin: records; a uint32 (the host's and the device's order are both little-endian) with
 * the length of a text and the text, or 0xFFFFFFFF and check_logits logits.
 * output.bin: for a text its MODEL_MAX_LENGTH ids, int32; for logits what check_decoder writes. */
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

#include "model_data.h"
#include "tokenizer.h"

#define LOGITS 0xFFFFFFFFu

int main(void) {
  FILE *input = fopen("input.bin", "rb");
  FILE *output = fopen("output.bin", "wb");
  uint32_t length;
  if (!input || !output) return 2;
  while (fread(&length, sizeof length, 1, input) == 1) {
    const int is_text = length != LOGITS;
    if (!is_text) length = check_logits;
    /* A buffer of exactly the length, so that sanitizers see a read past its end. */
    char *record = malloc(length ? length : 1);
    if (!record || fread(record, 1, length, input) != length) return 3;
    if (is_text) {
      int32_t ids[MODEL_MAX_LENGTH];
      tokenizer_encode(record, length, ids, MODEL_MAX_LENGTH);
      fwrite(ids, sizeof ids, 1, output);
    } else {
      check_decoder((const int8_t *)record, output);
    }
    free(record);
  }
  return fclose(output) ? 4 : 0;
}
