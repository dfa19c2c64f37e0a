/* The answer to a question. */
#ifndef TFSQUEEZE_RESULT_H_
#define TFSQUEEZE_RESULT_H_

#include "answerer.h"
#include "network.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  /* 0 if the context has no answer. */
  int has_answer;
  /* The answer's first byte in the context, and the byte after its last one; 0 without an answer. */
  size_t start;
  size_t end;
  /* The probability of the answer, or of there being none. */
  float probability;
  /* The best candidates. */
  answerer_search search;
  /* The part of the context in the row that the network computed last, and the places of its
   * tokens. */
  tokenizer_window window;
  tokenizer_span spans[NETWORK_MAX_LENGTH];
} tfsqueeze_result;

/* Decodes what the network computed last, given the window and the spans of the row, and sets the
 * answer of all rows of the context so far. */
void tfsqueeze_decode(tfsqueeze_result *result);

#ifdef __cplusplus
}
#endif

#endif
