/* Runs an exported network on token ids.
 *
 * input.bin: NETWORK_MAX_LENGTH ids for each text, int32; output.bin: OUTPUTS numbers, int8. */
#include <stdio.h>

#include "network.h"

static int32_t memory[NETWORK_ARENA_WORDS];

int main(void) {
  FILE *input = fopen("input.bin", "rb");
  FILE *output = fopen("output.bin", "wb");
  if (!input || !output) return 2;
  while (fread(network_ids(memory), sizeof(int32_t), NETWORK_MAX_LENGTH, input) ==
         NETWORK_MAX_LENGTH) {
    fwrite(network_run(memory), 1, OUTPUTS, output);
  }
  return fclose(output) ? 3 : 0;
}
