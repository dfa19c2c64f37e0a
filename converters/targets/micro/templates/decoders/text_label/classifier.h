/* Labels and probabilities of the model's int8 logits, without floating-point libraries. */
#ifndef CLASSIFIER_H_
#define CLASSIFIER_H_

#include <stdint.h>

#include "classifier_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All arrays have CLASSIFIER_LABELS elements, in the order of classifier_labels. */

/* Returns the index of the highest logit; of equal ones, the first. */
int classifier_argmax(const int8_t *logits);

/* Converts int8 logits to real values. */
void classifier_dequantize(const int8_t *logits, float *values);

/* Computes the probabilities: the softmax of the real values. */
void classifier_softmax(const int8_t *logits, float *probabilities);

#ifdef __cplusplus
}
#endif

#endif
