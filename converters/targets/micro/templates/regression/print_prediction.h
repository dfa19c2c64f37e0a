// What the example prints.
#ifndef PRINT_PREDICTION_H_
#define PRINT_PREDICTION_H_

#include <cstdint>

#include "regressor.h"
#include "tensorflow/lite/micro/micro_log.h"

// Prints the number of an int8 logit.
inline void PrintPrediction(const int8_t* logits) { MicroPrintf("%s", regressor_text(logits)); }

#endif
