/* $description: tokenizer, network and decoding, without heap.
 *
 *     $arena
 *     static tfsqueeze_result result;
 *     if (tfsqueeze_init(arena, sizeof arena)) return;
 *     if ($function($call, &result)) return;
 */
#ifndef TFSQUEEZE_H_
#define TFSQUEEZE_H_

#include <stddef.h>
#include <stdint.h>

#include "network.h"
#include "tfsqueeze_result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets the memory that the network computes in.$arena_use
 *
 * arena: aligned to $alignment bytes.
 * bytes: its size, at least NETWORK_ARENA_BYTES.
 *
 * Returns 0, or -1 if the memory is too small or not aligned$init_error. */
int tfsqueeze_init(void *arena, size_t bytes);

/* $summary
 *
$parameter_docs
 * result: the output.
 *
 * Returns 0, or -1 before tfsqueeze_init has succeeded$run_error. */
int $function($parameters, tfsqueeze_result *result);

/* Compares the token ids and the outputs of the texts in golden.c with those of Python's kernels.
 *
 * result: memory for a result.
 *
 * Returns how many texts differ, or -1 before tfsqueeze_init has succeeded. With the kernels of a
 * vendor, which may round in another way, only the token ids need to be equal. */
int tfsqueeze_self_test(tfsqueeze_result *result);

#ifdef __cplusplus
}
#endif

#endif
