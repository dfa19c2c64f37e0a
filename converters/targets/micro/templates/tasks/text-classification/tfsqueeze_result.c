#include "tfsqueeze_result.h"

#include <string.h>

#include "network.h"

void tfsqueeze_decode(tfsqueeze_result *result) {
  memcpy(result->logits, network_logits(), sizeof result->logits);
  result->label = classifier_argmax(result->logits);
  classifier_softmax(result->logits, result->probabilities);
}
