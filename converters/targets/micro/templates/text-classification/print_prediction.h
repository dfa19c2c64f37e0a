// What the example prints.
#ifndef PRINT_PREDICTION_H_
#define PRINT_PREDICTION_H_

#include <cstdint>

#include "classifier.h"
#include "tensorflow/lite/micro/micro_log.h"

// Prints the label of int8 logits and its probability.
inline void PrintPrediction(const int8_t* logits) {
  float probabilities[CLASSIFIER_LABELS];
  classifier_softmax(logits, probabilities);
  const int label = classifier_argmax(logits);
  MicroPrintf("%s: %d per mille", classifier_labels[label],
              static_cast<int>(1000.0f * probabilities[label] + 0.5f));
}

#endif
