/* WordPiece tokenization for microcontrollers, without heap and global state.
 *
 * A text gets the same token ids as in training. The stack takes about 1 KB. */
#ifndef TOKENIZER_H_
#define TOKENIZER_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Encodes a text as `[CLS] text [SEP]`, truncated and padded to max_length token ids.
 *
 * text: UTF-8; invalid bytes are skipped, and no terminating 0 is needed.
 * length: the size of the text in bytes.
 * ids: the output, of max_length elements.
 *
 * Returns the number of ids before the padding. Returns 0 and writes nothing if max_length is
 * below 2. */
size_t tokenizer_encode(const char *text, size_t length, int32_t *ids, size_t max_length);

#ifdef __cplusplus
}
#endif

#endif
