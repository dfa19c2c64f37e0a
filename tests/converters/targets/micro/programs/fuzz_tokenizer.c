/* For any bytes and any length of the output, the tokenizer stays within its arrays. */
#include "fuzz.h"
#include "tokenizer.h"
#include "tokenizer_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const size_t max_length = size ? data[0] : 0;
  const char *text = (const char *)data + (size ? 1 : 0);
  const size_t length = size ? size - 1 : 0;
  /* A buffer of exactly the length, so that the sanitizer sees a write past its end. */
  int32_t *ids = malloc(max_length ? max_length * sizeof *ids : 1);
  const size_t count = tokenizer_encode(text, length, ids, max_length);
  if (max_length < 2) {
    CHECK(count == 0);
  } else {
    CHECK(count >= 2 && count <= max_length);
    CHECK(ids[0] == TOKENIZER_CLS_ID && ids[count - 1] == TOKENIZER_SEP_ID);
    for (size_t i = count; i < max_length; i++) CHECK(ids[i] == TOKENIZER_PAD_ID);
  }
  /* Both halves as a pair, and the whole as words. */
  int32_t *types = malloc(max_length ? max_length * sizeof *types : 1);
  const size_t paired =
      tokenizer_encode_pair(text, length / 2, text + length / 2, length - length / 2, ids, types,
                            max_length);
  CHECK(max_length < 3 ? paired == 0 : paired >= 3 && paired <= max_length);
  for (size_t i = paired; max_length >= 3 && i < max_length; i++) {
    CHECK(ids[i] == TOKENIZER_PAD_ID && types[i] == 0);
  }
  size_t words = 0;
  tokenizer_word *places = malloc(max_length > 2 ? (max_length - 2) * sizeof *places : 1);
  const size_t tokens = tokenizer_encode_words(text, length, ids, max_length, places, &words);
  CHECK(max_length < 2 ? tokens == 0 : tokens >= 2 && tokens <= max_length);
  for (size_t i = 0; i < words; i++) {
    CHECK(places[i].start < places[i].end && places[i].end <= length);
    CHECK(places[i].position > 0 && places[i].position < tokens - 1);
  }
  /* The first half as a question, and the rest as its context: the first rows. */
  tokenizer_span *spans = malloc(max_length ? max_length * sizeof *spans : 1);
  size_t next = 0;
  for (int row = 0; row < 3 && (row == 0 || next); row++) {
    tokenizer_window window;
    const size_t first = next;
    next = tokenizer_encode_question(text, length / 2, text + length / 2, length - length / 2, first,
                                     ids, types, max_length, &window, spans);
    if (max_length < 5) break;
    CHECK(next == 0 || next > first);
    CHECK(window.position + window.count < max_length);
    for (size_t i = 0; i < window.count; i++) {
      CHECK(spans[i].start < spans[i].end && spans[i].end <= length - length / 2);
    }
  }
  free(spans);
  free(places);
  free(types);
  free(ids);
  return 0;
}
