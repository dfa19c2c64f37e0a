/* Vectors of texts: how alike they are, and which of the texts in flash is nearest. */
#ifndef EMBEDDER_H_
#define EMBEDDER_H_

#include <stddef.h>
#include <stdint.h>

#include "embedder_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A text of embedder_texts and its cosine to the vector that was searched for. */
typedef struct {
  int text;
  float cosine;
} embedder_match;

/* Returns the cosine of two vectors of EMBEDDER_CHANNELS numbers as the model gives them. */
float embedder_cosine(const int8_t *first, const int8_t *second);

/* Finds the texts in flash whose vectors are nearest to a vector.
 *
 * matches: the output, best first.
 * capacity: the size of the output.
 *
 * Returns the number of matches: capacity, or that of all texts if it is smaller. */
size_t embedder_search(const int8_t *vector, embedder_match *matches, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
