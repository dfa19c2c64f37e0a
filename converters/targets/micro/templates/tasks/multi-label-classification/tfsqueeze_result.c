#include "tfsqueeze_result.h"

#include <string.h>

#include "network.h"

void tfsqueeze_decode(tfsqueeze_result *result) {
  memcpy(result->logits, network_logits(), sizeof result->logits);
  classifier_sigmoid(result->logits, result->probabilities);
  for (int label = 0; label < CLASSIFIER_LABELS; label++) {
    result->has_label[label] = (uint8_t)classifier_has_label(result->logits, label);
  }
}
