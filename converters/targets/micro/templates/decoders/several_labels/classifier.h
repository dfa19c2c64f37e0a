/* Any number of labels for the model's int8 logits, without floating-point libraries. */
#ifndef CLASSIFIER_H_
#define CLASSIFIER_H_

#include <stdint.h>

#include "classifier_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All arrays have CLASSIFIER_LABELS elements, in the order of classifier_labels. */

/* Returns 1 if the text has the label of an index, that is if the label's probability reaches the
 * label's threshold; otherwise 0. */
int classifier_has_label(const int8_t *logits, int label);

/* Converts int8 logits to real values. */
void classifier_dequantize(const int8_t *logits, float *values);

/* Computes the probability of each label: the sigmoid of its real value. */
void classifier_sigmoid(const int8_t *logits, float *probabilities);

#ifdef __cplusplus
}
#endif

#endif
