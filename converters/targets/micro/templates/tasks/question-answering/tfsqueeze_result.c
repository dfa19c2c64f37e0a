#include "tfsqueeze_result.h"

void tfsqueeze_decode(tfsqueeze_result *result) {
  const answerer_search *const search = &result->search;
  answerer_add(&result->search, network_start_logits(), network_end_logits(), &result->window,
               result->spans);
  result->has_answer = answerer_has_answer(search);
  result->start = result->has_answer ? search->candidates[0].start : 0;
  result->end = result->has_answer ? search->candidates[0].end : 0;
  result->probability = answerer_probability(search);
}
