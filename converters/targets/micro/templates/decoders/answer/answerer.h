/* The answer to a question from the model's int8 logits, without floating-point libraries. */
#ifndef ANSWERER_H_
#define ANSWERER_H_

#include <stddef.h>
#include <stdint.h>

#include "answerer_tables.h"
#include "tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A part of a context that may be the answer. */
typedef struct {
  /* Its first byte in the context, and the byte after its last one. */
  size_t start;
  size_t end;
  /* The sum of its two logits, in units of ANSWERER_UNIT. */
  int64_t score;
} answerer_candidate;

/* The best candidates of the rows so far, best first, and the score of "no answer". */
typedef struct {
  answerer_candidate candidates[ANSWERER_CANDIDATES];
  size_t count;
  int64_t no_answer_score;
} answerer_search;

/* Adds the candidates of a row. The first row of a context, whose window->first is 0, begins a new
 * search.
 *
 * start_logits, end_logits: a number for each token of the row.
 * window, spans: what tokenizer_encode_question told of the row. */
void answerer_add(answerer_search *search, const int8_t *start_logits, const int8_t *end_logits,
                  const tokenizer_window *window, const tokenizer_span *spans);

/* Returns 1 if the best candidate is the answer, and 0 if there is none. */
int answerer_has_answer(const answerer_search *search);

/* Returns the probability of the best candidate, or of "no answer" if there is no answer: the
 * softmax of the scores of all candidates. */
float answerer_probability(const answerer_search *search);

#ifdef __cplusplus
}
#endif

#endif
