/* The vector of a text. */
#ifndef TFSQUEEZE_RESULT_H_
#define TFSQUEEZE_RESULT_H_

#include "embedder.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  /* For embedder_cosine and embedder_search. */
  int8_t vector[EMBEDDER_CHANNELS];
} tfsqueeze_result;

/* Decodes what the network computed last. */
void tfsqueeze_decode(tfsqueeze_result *result);

#ifdef __cplusplus
}
#endif

#endif
