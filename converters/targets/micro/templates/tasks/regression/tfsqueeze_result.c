#include "tfsqueeze_result.h"

#include "network.h"

void tfsqueeze_decode(tfsqueeze_result *result) {
  result->logit = network_logits()[0];
  result->number = regressor_number(&result->logit);
  result->text = regressor_text(&result->logit);
}
