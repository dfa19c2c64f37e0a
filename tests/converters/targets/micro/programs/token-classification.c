/* Writes the tags of CHECK_WORDS words, int32, whose first tokens are 0, 1 and so on. */
#include "check.h"
#include "tagger.h"

enum { CHECK_WORDS = TAGGER_MAX_WORDS };

const uint32_t check_logits = CHECK_WORDS * TAGGER_TAGS;

void check_decoder(const int8_t *logits, FILE *output) {
  tokenizer_word words[CHECK_WORDS];
  tagger_tag tags[CHECK_WORDS];
  for (size_t i = 0; i < CHECK_WORDS; i++) {
    words[i].start = words[i].end = words[i].position = i;
  }
  tagger_decode(logits, words, CHECK_WORDS, tags);
  for (size_t i = 0; i < CHECK_WORDS; i++) {
    const int32_t tag = tags[i];
    fwrite(&tag, sizeof tag, 1, output);
  }
}
