/* The tags and spans of a text. */
#ifndef TFSQUEEZE_RESULT_H_
#define TFSQUEEZE_RESULT_H_

#include "tagger.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  /* The words of the text, as many as fit, and the index of the tag of each in tagger_tags. */
  tokenizer_word words[TAGGER_MAX_WORDS];
  tagger_tag tags[TAGGER_MAX_WORDS];
  size_t word_count;
  /* What the tags tell, such as named entities. */
  tagger_span spans[TAGGER_MAX_WORDS];
  size_t span_count;
} tfsqueeze_result;

/* Decodes what the network computed last, given the words of the text. */
void tfsqueeze_decode(tfsqueeze_result *result);

#ifdef __cplusplus
}
#endif

#endif
