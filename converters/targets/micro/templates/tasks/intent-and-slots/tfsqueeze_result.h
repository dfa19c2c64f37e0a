/* The intent and the slots of a command. */
#ifndef TFSQUEEZE_RESULT_H_
#define TFSQUEEZE_RESULT_H_

#include "classifier.h"
#include "tagger.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  /* The index of the intent in classifier_labels. */
  int intent;
  /* The probability of each intent. */
  float probabilities[CLASSIFIER_LABELS];
  /* The words of the command, as many as fit, and the index of the tag of each in tagger_tags. */
  tokenizer_word words[TAGGER_MAX_WORDS];
  tagger_tag tags[TAGGER_MAX_WORDS];
  size_t word_count;
  /* The slots. */
  tagger_span spans[TAGGER_MAX_WORDS];
  size_t span_count;
} tfsqueeze_result;

/* Decodes what the network computed last, given the words of the command. */
void tfsqueeze_decode(tfsqueeze_result *result);

#ifdef __cplusplus
}
#endif

#endif
