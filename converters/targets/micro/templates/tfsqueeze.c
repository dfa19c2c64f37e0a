#include "tfsqueeze.h"

#include <string.h>

#include "golden.h"
#include "tokenizer.h"

int tfsqueeze_init(void *arena, size_t bytes) { return network_init(arena, bytes); }

int $function($parameters, tfsqueeze_result *result) {
  int32_t *const input_ids = network_input_ids();
  if (!input_ids) return -1;
  $encode
  $run
  return 0;
}

int tfsqueeze_self_test(tfsqueeze_result *result) {
  int differing = 0;
  for (int i = 0; i < GOLDEN_TEXTS; i++) {
    const golden_text *const golden = &golden_texts[i];
    int32_t *const input_ids = network_input_ids();
    if (!input_ids) return -1;
    $encode_golden
    /* The network overwrites the ids. */
    int is_equal = !memcmp(input_ids, golden->input_ids, sizeof golden->input_ids);
    if (network_run()) return -1;
$compare_outputs
    differing += !is_equal;
  }
  return differing;
}
