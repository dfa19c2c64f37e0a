/* For any vector and any number of matches, the best texts come first. */
#include "embedder.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1 + EMBEDDER_CHANNELS) return 0;
  const size_t capacity = data[0] % (EMBEDDER_TEXTS + 3);
  int8_t vector[EMBEDDER_CHANNELS];
  embedder_match *matches = malloc(capacity * sizeof *matches + 1);
  for (size_t i = 0; i < EMBEDDER_CHANNELS; i++) vector[i] = (int8_t)data[1 + i];
  const size_t count = embedder_search(vector, matches, capacity);
  CHECK(count == (capacity < EMBEDDER_TEXTS ? capacity : EMBEDDER_TEXTS));
  for (size_t i = 0; i < count; i++) {
    CHECK(matches[i].text >= 0 && matches[i].text < EMBEDDER_TEXTS);
    CHECK(matches[i].cosine >= -1.0001f && matches[i].cosine <= 1.0001f);
    CHECK(i == 0 || matches[i].cosine <= matches[i - 1].cosine);
  }
  free(matches);
  return 0;
}
