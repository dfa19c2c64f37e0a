/* Runs a file of rows, on a host or an emulated Cortex-M.
 *
 * input.bin: for each row a byte. After 0 there are the ids of each input, int32
 * [NETWORK_MAX_LENGTH]; after 1 the texts of the row, each with its length before it, uint32 (the
 * host's and the device's order are both little-endian).
 * output.bin: for each row its outputs, int8$output_docs. */
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

static int32_t arena[NETWORK_ARENA_BYTES / 4];
static tfsqueeze_result result;

/* Reads a text into a buffer of exactly its length, so that sanitizers see a read past its end. */
static char *read_text(FILE *input, uint32_t *length) {
  if (fread(length, sizeof *length, 1, input) != 1) exit(4);
  char *text = malloc(*length ? *length : 1);
  if (!text || fread(text, 1, *length, input) != *length) exit(5);
  return text;
}

int main(void) {
  FILE *input = fopen("input.bin", "rb");
  FILE *output = fopen("output.bin", "wb");
  uint8_t has_texts;
  if (!input || !output) return 2;
  if (tfsqueeze_init(arena, sizeof arena)) return 3;
  while (fread(&has_texts, sizeof has_texts, 1, input) == 1) {
    if (has_texts) {
$run_texts
    } else {
$read_ids
      if (network_run()) return 7;
    }
$write_outputs
$write_spans
  }
  return fclose(output) ? 8 : 0;
}
