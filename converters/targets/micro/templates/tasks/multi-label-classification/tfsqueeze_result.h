/* The labels of a text. */
#ifndef TFSQUEEZE_RESULT_H_
#define TFSQUEEZE_RESULT_H_

#include <stdint.h>

#include "classifier.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  /* In the order of classifier_labels. */
  int8_t logits[CLASSIFIER_LABELS];
  float probabilities[CLASSIFIER_LABELS];
  /* 1 for the labels that the text has, else 0. */
  uint8_t has_label[CLASSIFIER_LABELS];
} tfsqueeze_result;

/* Decodes what the network computed last. */
void tfsqueeze_decode(tfsqueeze_result *result);

#ifdef __cplusplus
}
#endif

#endif
