#include "tagger.h"

/* Below any sum of scores. */
#define IMPOSSIBLE (INT64_MIN / 4)

/* Returns the index of the highest sum; of equal ones, the first. */
static tagger_tag highest(const int64_t *sums) {
  int best = 0;
  for (int tag = 1; tag < TAGGER_TAGS; tag++) {
    if (sums[tag] > sums[best]) best = tag;
  }
  return (tagger_tag)best;
}

void tagger_decode(const int8_t *logits, const tokenizer_word *words, size_t word_count,
                   tagger_tag *tags) {
  int64_t sums[TAGGER_TAGS], next[TAGGER_TAGS];
  /* The best tag of the word before, for a tag that may follow any. The tag of an I- that follows
   * a B- or I- of its type alone is one of these two: a bit says whether it is the I-. */
  tagger_tag before[TAGGER_MAX_WORDS];
  uint8_t follows_itself[TAGGER_MAX_WORDS][(TAGGER_TAGS + 7) / 8];
  if (word_count == 0) return;
  for (size_t word = 0; word < word_count; word++) {
    const int8_t *row = logits + words[word].position * TAGGER_TAGS;
    if (word) before[word] = highest(sums);
    for (int tag = 0; tag < TAGGER_TAGS; tag++) {
      const int begin = tagger_begins[tag];
      int64_t sum;
      if (word == 0) {
        sum = begin == tag ? 0 : IMPOSSIBLE;
      } else if (begin == tag) {
        sum = sums[before[word]];
      } else {
        const int itself =
            sums[tag] > sums[begin] || (sums[tag] == sums[begin] && tag < begin);
        const uint8_t bit = (uint8_t)(1u << tag % 8);
        uint8_t *bits = &follows_itself[word][tag / 8];
        *bits = (uint8_t)(itself ? *bits | bit : *bits & ~bit);
        sum = sums[itself ? tag : begin];
      }
      next[tag] = sum + tagger_scores[row[tag] + 128];
    }
    for (int tag = 0; tag < TAGGER_TAGS; tag++) sums[tag] = next[tag];
  }
  tagger_tag tag = highest(sums);
  for (size_t word = word_count - 1; word > 0; word--) {
    tags[word] = tag;
    if (tagger_begins[tag] == tag) {
      tag = before[word];
    } else if (!(follows_itself[word][tag / 8] >> tag % 8 & 1)) {
      tag = tagger_begins[tag];
    }
  }
  tags[0] = tag;
}

/* Returns the probability of a tag: the softmax of a token's logits. */
static float probability(const int8_t *row, int tag) {
  int8_t most = row[0];
  float sum = 0.0f;
  for (int i = 1; i < TAGGER_TAGS; i++) {
    if (row[i] > most) most = row[i];
  }
  for (int i = 0; i < TAGGER_TAGS; i++) sum += tagger_exponentials[most - row[i]];
  return tagger_exponentials[most - row[tag]] / sum;
}

size_t tagger_spans(const int8_t *logits, const tokenizer_word *words, size_t word_count,
                    tagger_tag *tags, tagger_span *spans) {
  size_t count = 0;
  size_t words_of_span = 0;
  int previous = -1;
  tagger_decode(logits, words, word_count, tags);
  for (size_t word = 0; word < word_count; word++) {
    const int tag = tags[word];
    const int type = tagger_types_of_tags[tag];
    if (type >= 0) {
      const float share = probability(logits + words[word].position * TAGGER_TAGS, tag);
      if (tagger_continues[tag] && type == previous) {
        tagger_span *span = &spans[count - 1];
        span->end = words[word].end;
        span->probability += (share - span->probability) / (float)++words_of_span;
      } else {
        const tagger_span span = {words[word].start, words[word].end, type, share};
        spans[count++] = span;
        words_of_span = 1;
      }
    }
    previous = type;
  }
  return count;
}
