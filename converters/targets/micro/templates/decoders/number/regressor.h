/* The number that the model's only int8 logit stands for, without floating-point libraries. */
#ifndef REGRESSOR_H_
#define REGRESSOR_H_

#include <stdint.h>

#include "regressor_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the number in the unit of the training data. */
double regressor_number(const int8_t *logits);

/* Returns the number as text with six digits, such as "12.5". */
const char *regressor_text(const int8_t *logits);

#ifdef __cplusplus
}
#endif

#endif
