/* The number of a text. */
#ifndef TFSQUEEZE_RESULT_H_
#define TFSQUEEZE_RESULT_H_

#include <stdint.h>

#include "regressor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int8_t logit;
  /* In the unit of the training data. */
  double number;
  /* The same with six digits, such as "12.5". */
  const char *text;
} tfsqueeze_result;

/* Decodes what the network computed last. */
void tfsqueeze_decode(tfsqueeze_result *result);

#ifdef __cplusplus
}
#endif

#endif
