#include "tfsqueeze.h"

#include <string.h>

#include "tokenizer.h"

static int32_t *memory;

int tfsqueeze_init(int32_t *arena, size_t words) {
  if (!arena || words < NETWORK_ARENA_WORDS) return -1;
  memory = arena;
  return 0;
}

int tfsqueeze_classify(const char *text, size_t length, tfsqueeze_result *result) {
  if (!memory) return -1;
  tokenizer_encode(text, length, network_ids(memory), NETWORK_MAX_LENGTH);
  memcpy(result->logits, network_run(memory), sizeof result->logits);
  result->label = classifier_argmax(result->logits);
  classifier_softmax(result->logits, result->probabilities);
  return 0;
}
