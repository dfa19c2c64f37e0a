/* Writes the three best matches of a vector: their texts, int32, and cosines, float32. */
#include "check.h"
#include "embedder.h"

const uint32_t check_logits = EMBEDDER_CHANNELS;

void check_decoder(const int8_t *logits, FILE *output) {
  embedder_match matches[3];
  if (embedder_search(logits, matches, 3) != 3) return;
  for (int i = 0; i < 3; i++) {
    const int32_t text = matches[i].text;
    fwrite(&text, sizeof text, 1, output);
  }
  for (int i = 0; i < 3; i++) fwrite(&matches[i].cosine, sizeof matches[i].cosine, 1, output);
}
