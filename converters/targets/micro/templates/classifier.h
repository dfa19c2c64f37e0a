/* From the model's int8 logits to labels and probabilities, without floating-point libraries. */
#ifndef CLASSIFIER_H_
#define CLASSIFIER_H_

#include <stdint.h>

#include "classifier_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All arrays have CLASSIFIER_LABELS elements; their order is that of classifier_labels. */

/* The index of the highest logit, the first of equals. */
int classifier_argmax(const int8_t *logits);

/* Real values of the logits. */
void classifier_dequantize(const int8_t *logits, float *values);

/* Probabilities, the softmax of the real values. */
void classifier_softmax(const int8_t *logits, float *probabilities);

#ifdef __cplusplus
}
#endif

#endif
