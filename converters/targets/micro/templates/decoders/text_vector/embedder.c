#include "embedder.h"

/* Returns the product of two vectors, in steps of the scale. */
static int32_t product(const int8_t *first, const int8_t *second) {
  int32_t sum = 0;
  for (int i = 0; i < EMBEDDER_CHANNELS; i++) {
    sum += (first[i] - EMBEDDER_ZERO_POINT) * (second[i] - EMBEDDER_ZERO_POINT);
  }
  return sum;
}

/* Returns the square root of a number from 1 by Newton's method, without a library. */
static float square_root(float x) {
  float root = x;
  float smaller = 0.5f * (root + 1.0f);
  while (smaller < root) {
    root = smaller;
    smaller = 0.5f * (root + x / root);
  }
  return root;
}

float embedder_cosine(const int8_t *first, const int8_t *second) {
  const int32_t first_square = product(first, first);
  const int32_t second_square = product(second, second);
  if (first_square == 0 || second_square == 0) return 0.0f;
  return (float)product(first, second) /
         (square_root((float)first_square) * square_root((float)second_square));
}

size_t embedder_search(const int8_t *vector, embedder_match *matches, size_t capacity) {
  size_t count = 0;
  for (int text = 0; text < EMBEDDER_TEXTS; text++) {
    const float cosine = embedder_cosine(vector, embedder_vectors[text]);
    if (count == capacity && (count == 0 || !(cosine > matches[count - 1].cosine))) continue;
    if (count < capacity) count++;
    size_t place = count - 1;
    for (; place > 0 && cosine > matches[place - 1].cosine; place--) {
      matches[place] = matches[place - 1];
    }
    matches[place].text = text;
    matches[place].cosine = cosine;
  }
  return count;
}
