#include "tfsqueeze_result.h"

#include "network.h"

void tfsqueeze_decode(tfsqueeze_result *result) {
  result->span_count = tagger_spans(network_logits(), result->words, result->word_count,
                                    result->tags, result->spans);
}
