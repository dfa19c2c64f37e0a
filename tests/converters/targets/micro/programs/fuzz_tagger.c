/* For any logits and words, the tagger gives valid tags and spans of these words, and stays within
 * its arrays. */
#include <string.h>

#include "fuzz.h"
#include "tagger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1 + TAGGER_MAX_WORDS) return 0;
  const size_t word_count = data[0] % (TAGGER_MAX_WORDS + 1);
  /* Buffers of exactly their length, so that the sanitizer sees what is past their ends. */
  tokenizer_word *words = malloc(word_count * sizeof *words + 1);
  tagger_tag *tags = malloc(word_count * sizeof *tags + 1);
  tagger_span *spans = malloc(word_count * sizeof *spans + 1);
  size_t tokens = 0;
  for (size_t i = 0; i < word_count; i++) {
    /* A word has one to three tokens. */
    words[i].position = tokens;
    words[i].start = 2 * i;
    words[i].end = 2 * i + 1;
    tokens += 1 + data[1 + i] % 3;
  }
  int8_t *logits = malloc(tokens * TAGGER_TAGS + 1);
  const size_t rest = size - 1 - TAGGER_MAX_WORDS;
  memset(logits, 0, tokens * TAGGER_TAGS);
  memcpy(logits, data + 1 + TAGGER_MAX_WORDS,
         rest < tokens * TAGGER_TAGS ? rest : tokens * TAGGER_TAGS);
  const size_t count = tagger_spans(logits, words, word_count, tags, spans);
  CHECK(count <= word_count);
  for (size_t i = 0; i < word_count; i++) {
    CHECK(tags[i] < TAGGER_TAGS);
    const int may_begin = tagger_begins[tags[i]] == tags[i];
    const int continues = i > 0 && tagger_types_of_tags[tags[i - 1]] == tagger_types_of_tags[tags[i]];
    CHECK(may_begin || continues);
  }
  for (size_t i = 0; i < count; i++) {
    CHECK(spans[i].start < spans[i].end && spans[i].end < 2 * word_count);
    CHECK(i == 0 || spans[i].start > spans[i - 1].end);
    CHECK(spans[i].type >= 0 && spans[i].type < TAGGER_TYPES);
    CHECK(spans[i].probability >= 0.0f && spans[i].probability <= 1.0001f);
  }
  free(logits);
  free(spans);
  free(tags);
  free(words);
  return 0;
}
