// What the example prints.
#ifndef PRINT_PREDICTION_H_
#define PRINT_PREDICTION_H_

#include <cstdint>

#include "classifier.h"
#include "tensorflow/lite/micro/micro_log.h"

// Prints the labels that a text has by its int8 logits, with their probabilities.
inline void PrintPrediction(const int8_t* logits) {
  float probabilities[CLASSIFIER_LABELS];
  classifier_sigmoid(logits, probabilities);
  bool has_any = false;
  for (int label = 0; label < CLASSIFIER_LABELS; label++) {
    if (!classifier_has_label(logits, label)) continue;
    MicroPrintf("%s: %d per mille", classifier_labels[label],
                static_cast<int>(1000.0f * probabilities[label] + 0.5f));
    has_any = true;
  }
  if (!has_any) MicroPrintf("no label");
}

#endif
