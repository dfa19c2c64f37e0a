/* Writes the best answer and its probability for the logits of starts and ends of a row whose tokens
 * are of the context but for the first one, and whose token i is the bytes from i to i + 1. */
#include "answerer.h"
#include "check.h"

enum { CHECK_LENGTH = 12 };

const uint32_t check_logits = 2 * CHECK_LENGTH;

void check_decoder(const int8_t *logits, FILE *output) {
  tokenizer_window window = {0, 1, CHECK_LENGTH - 1};
  tokenizer_span spans[CHECK_LENGTH];
  answerer_search search;
  for (size_t i = 0; i < CHECK_LENGTH; i++) {
    spans[i].start = i;
    spans[i].end = i + 1;
  }
  answerer_add(&search, logits, logits + CHECK_LENGTH, &window, spans);
  /* The same tokens once more, with the logits of the row in turn, as another row. */
  window.first = 1;
  answerer_add(&search, logits + CHECK_LENGTH, logits, &window, spans);
  const int has_answer = answerer_has_answer(&search);
  const int32_t place[3] = {has_answer, (int32_t)search.candidates[0].start,
                            (int32_t)search.candidates[0].end};
  const float probability = answerer_probability(&search);
  fwrite(place, sizeof place, 1, output);
  fwrite(&probability, sizeof probability, 1, output);
}
