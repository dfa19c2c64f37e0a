/* Classifies a file of texts, on a host or an emulated Cortex-M.
 *
 * input.bin: for each text its length, uint32 (the host's and the device's order are both
 * little-endian), and the text.
 * output.bin: for each text its logits, int8 [CLASSIFIER_LABELS]. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tfsqueeze.h"

/* converters/cortex_m/count_instructions.c counts the instructions between two marks. */
#ifdef __arm__
#define MARK() __asm__ volatile("dbg #7" ::: "memory")
#else
#define MARK() (void)0
#endif

static int32_t arena[NETWORK_ARENA_WORDS];

int main(void) {
  FILE *input = fopen("input.bin", "rb");
  FILE *output = fopen("output.bin", "wb");
  tfsqueeze_result result;
  uint32_t length;
  if (!input || !output) return 2;
  if (tfsqueeze_init(arena, NETWORK_ARENA_WORDS)) return 3;
  while (fread(&length, sizeof length, 1, input) == 1) {
    /* A buffer of exactly the length, so that sanitizers see a read past its end. */
    char *text = malloc(length ? length : 1);
    if (!text || fread(text, 1, length, input) != length) return 4;
    MARK();
    if (tfsqueeze_classify(text, length, &result)) return 5;
    MARK();
    fwrite(result.logits, sizeof result.logits, 1, output);
    free(text);
  }
  return fclose(output) ? 6 : 0;
}
