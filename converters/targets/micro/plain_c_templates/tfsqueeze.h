/* Classifies texts: tokenizer, network and labels, without interpreter, heap and libraries.
 *
 *     static int32_t arena[NETWORK_ARENA_WORDS];
 *     tfsqueeze_result result;
 *     tfsqueeze_init(arena, NETWORK_ARENA_WORDS);
 *     tfsqueeze_classify(text, strlen(text), &result);
 */
#ifndef TFSQUEEZE_H_
#define TFSQUEEZE_H_

#include <stddef.h>
#include <stdint.h>

#include "classifier.h"
#include "network.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  /* In the order of classifier_labels. */
  int8_t logits[CLASSIFIER_LABELS];
  float probabilities[CLASSIFIER_LABELS];
  /* The index of the highest logit. */
  int label;
} tfsqueeze_result;

/* Sets the memory that the network computes in. Between two classifications it may serve for
 * something else.
 *
 * words: its size in numbers of 4 bytes, at least NETWORK_ARENA_WORDS.
 *
 * Returns 0, or -1 if the memory is too small. */
int tfsqueeze_init(int32_t *arena, size_t words);

/* Classifies a text.
 *
 * text: UTF-8; invalid bytes are skipped, and no terminating 0 is needed.
 * length: the size of the text in bytes.
 *
 * Returns 0, or -1 before tfsqueeze_init has succeeded. */
int tfsqueeze_classify(const char *text, size_t length, tfsqueeze_result *result);

#ifdef __cplusplus
}
#endif

#endif
