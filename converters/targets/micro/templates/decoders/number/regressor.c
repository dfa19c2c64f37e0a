#include "regressor.h"

double regressor_number(const int8_t *logits) { return regressor_numbers[logits[0] + 128]; }

const char *regressor_text(const int8_t *logits) { return regressor_texts[logits[0] + 128]; }
