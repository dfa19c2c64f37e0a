/* What check.c needs of the program of a task. */
#ifndef CHECK_H_
#define CHECK_H_

#include <stdint.h>
#include <stdio.h>

/* The number of the model's logits. */
extern const uint32_t check_logits;

/* Writes what the exported decoder makes of int8 logits. */
void check_decoder(const int8_t *logits, FILE *output);

#endif
