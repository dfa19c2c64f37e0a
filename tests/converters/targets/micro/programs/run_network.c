/* Runs an exported network on token ids.
 *
 * input.bin: NETWORK_MAX_LENGTH ids for each text, int32; output.bin: its logits, int8. */
#include <stdio.h>

#include "network.h"

static int32_t memory[NETWORK_ARENA_BYTES / 4];

int main(void) {
  FILE *input = fopen("input.bin", "rb");
  FILE *output = fopen("output.bin", "wb");
  if (!input || !output || network_init(memory, sizeof memory)) return 2;
  while (fread(network_input_ids(), sizeof(int32_t), NETWORK_MAX_LENGTH, input) ==
         NETWORK_MAX_LENGTH) {
    if (network_run()) return 3;
    fwrite(network_logits(), 1, NETWORK_LOGITS_SIZE, output);
  }
  return fclose(output) ? 4 : 0;
}
