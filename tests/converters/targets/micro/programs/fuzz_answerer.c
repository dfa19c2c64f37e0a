/* For any logits and rows of a context, the candidates are in order and within the context. */
#include "answerer.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  answerer_search search;
  size_t first = 0, end = 0;
  /* Each row takes its position, the number of its tokens, its step, and the logits. */
  while (size >= 3) {
    const size_t position = 1 + data[0] % 8, count = data[1] % 200, step = 1 + data[2] % 64;
    const size_t length = position + count;
    data += 3;
    size -= 3;
    if (size < 2 * length) break;
    int8_t *logits = malloc(2 * length);
    tokenizer_span *spans = malloc(count * sizeof *spans + 1);
    for (size_t i = 0; i < 2 * length; i++) logits[i] = (int8_t)data[i];
    for (size_t i = 0; i < count; i++) {
      spans[i].start = 3 * (first + i);
      spans[i].end = 3 * (first + i) + 2;
    }
    const tokenizer_window window = {first, position, count};
    answerer_add(&search, logits, logits + length, &window, spans);
    free(spans);
    free(logits);
    data += 2 * length;
    size -= 2 * length;
    if (3 * (first + count) > end) end = 3 * (first + count);
    first += step;
    CHECK(search.count <= ANSWERER_CANDIDATES);
    for (size_t i = 0; i < search.count; i++) {
      CHECK(search.candidates[i].start < search.candidates[i].end);
      CHECK(search.candidates[i].end <= end);
      CHECK(i == 0 || search.candidates[i].score <= search.candidates[i - 1].score);
    }
    const int has_answer = answerer_has_answer(&search);
    CHECK(has_answer == 0 || search.count > 0);
    const float probability = answerer_probability(&search);
    CHECK(probability >= 0.0f && probability <= 1.0001f);
  }
  return 0;
}
