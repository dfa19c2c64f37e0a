/* Tags and spans of the words of a text, without floating-point libraries. */
#ifndef TAGGER_H_
#define TAGGER_H_

#include <stddef.h>
#include <stdint.h>

#include "tagger_tables.h"
#include "tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A span of a text, such as a named entity or a slot. */
typedef struct {
  /* Its first byte in the text, and the byte after its last one. */
  size_t start;
  size_t end;
  /* The index of its type in tagger_types. */
  int type;
  /* The mean, over its words, of the probability of the tag that the word has. */
  float probability;
} tagger_span;

/* Finds the most probable sequence of tags in which each I- continues a span (Viterbi).
 *
 * logits: TAGGER_TAGS numbers for each token.
 * words: the words of the text, of which tokenizer_encode_words found at most TAGGER_MAX_WORDS.
 * word_count: their number.
 * tags: the output, an index of a tag for each word. The stack takes TAGGER_STACK_BYTES. */
void tagger_decode(const int8_t *logits, const tokenizer_word *words, size_t word_count,
                   tagger_tag *tags);

/* Finds the spans that the tags of tagger_decode tell.
 *
 * tags: an array for word_count tags, which it fills.
 * spans: the output, at most word_count.
 *
 * Returns the number of spans. */
size_t tagger_spans(const int8_t *logits, const tokenizer_word *words, size_t word_count,
                    tagger_tag *tags, tagger_span *spans);

#ifdef __cplusplus
}
#endif

#endif
