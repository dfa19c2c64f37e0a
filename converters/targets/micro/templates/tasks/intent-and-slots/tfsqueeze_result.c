#include "tfsqueeze_result.h"

#include "network.h"

void tfsqueeze_decode(tfsqueeze_result *result) {
  result->intent = classifier_argmax(network_intent_logits());
  classifier_softmax(network_intent_logits(), result->probabilities);
  result->span_count = tagger_spans(network_slot_logits(), result->words, result->word_count,
                                    result->tags, result->spans);
}
